"""Speaking while the device speaks, and engines that fail while it does."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    Conversation,
    conversation,
    noise,
    settings,
)
from tests.tone_words import VOCABULARY, order_audible
from xtalk_edge.audio.format import RATE_HZ, db_to_gain
from xtalk_edge.events import (
    ASRResultFinal,
    ButtonPressed,
    ErrorOccurred,
    TTSHeld,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSResumed,
    TTSStopped,
    TurnASRStartRequested,
    TurnLLMAgentStartRequested,
    VADSpeechStart,
)
from xtalk_edge.managers.agent import APOLOGY

LONG = "abcdefghij " * 10
"""Five seconds of the steady voice."""

STEADY = {"type": "tests.scripted:SteadyTTS"}


async def speaking(talk: Conversation, *, for_s: float = 1.0) -> None:
    """Ask something and let the device answer for a while."""
    await talk.ask()
    await talk.until(TTSPlaybackStarted)
    await asyncio.sleep(for_s)


def names_since(talk: Conversation, start: object) -> list[str]:
    index = next(i for i, event in enumerate(talk.events) if event is start)
    return [type(event).__name__ for event in talk.events[index:]]


@on_virtual_clock
async def test_an_interruption_stops_the_reply_and_is_answered() -> None:
    config = settings(
        texts=["the time", "no, the date"],
        replies=["It is noon, and it will soon be one, and two, and three.", "Monday."],
    )
    async with conversation(config) as talk:
        await speaking(talk)
        said = talk.say("no I meant the date")
        paused = await talk.until(TTSPaused)
        assert talk.clock_s < said.start_s + 0.3
        stopped = await talk.until(TTSStopped)
        assert stopped.turn_id == paused.turn_id
        assert stopped.reason == "interrupted"
        assert talk.clock_s < said.start_s + 0.7
        assert "It is noon, and it will soon be one, and two".startswith(stopped.text)
        assert len(stopped.text.split()) >= 3
        await talk.appliance.bus.drained()
        assert talk.appliance.agent.history()[-1] == {
            "role": "assistant",
            "content": stopped.text,
        }
        await talk.until(TTSPlaybackFinished, text="Monday.")
        contents = [message["content"] for message in talk.appliance.agent.history()]
        assert contents == ["the time", stopped.text, "no, the date", "Monday."]
        assert not talk.all_of(TTSResumed, ErrorOccurred)
        names = names_since(talk, paused)
        assert names.index("TTSPaused") < names.index("TTSStopped")


@on_virtual_clock
async def test_a_stopped_reply_fades_and_is_silent_at_once() -> None:
    config = settings(texts=["go on", "stop it now"], replies=[LONG], tts=STEADY)
    async with conversation(config) as talk:
        await speaking(talk)
        talk.appliance.bus.publish(ButtonPressed())
        stopped = await talk.until(TTSStopped, reason="button")
        await asyncio.sleep(1)
        played = talk.played()
    last = int(np.flatnonzero(played)[-1])
    assert abs(last / RATE_HZ - stopped.at_s) < 0.05
    # A fade of 5 ms, and nothing loud behind it.
    fade = played[last - 79 : last + 1].astype(int)
    assert np.abs(np.diff(fade)).max() < 8000 / 50


@on_virtual_clock
async def test_a_cough_lowers_the_voice_and_no_word_is_lost_or_repeated() -> None:
    words = VOCABULARY[:20]
    config = settings(
        texts=["go on"],
        replies=[" ".join(words) + "."],
        tts={"type": "tests.tone_words:ToneWordsTTS"},
    )
    async with conversation(config) as talk:
        await speaking(talk)
        talk.say(noise(0.15))
        await talk.until(TTSPaused)
        await talk.until(TTSResumed)
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text.removesuffix(".").split() == words
        assert order_audible(talk.played(), VOCABULARY) == words
        assert not talk.all_of(TTSStopped)


@on_virtual_clock
async def test_lowering_changes_the_level_and_not_one_sample_else() -> None:
    config = settings(texts=["go on"], replies=[LONG], tts=STEADY, turn={"duck_db": -15.0})
    async with conversation(config) as talk:
        await speaking(talk)
        talk.say(noise(0.15))
        await talk.until(TTSResumed)
        await talk.until(TTSPlaybackFinished)
        played = talk.played().astype(int)
    sound = np.flatnonzero(played)
    assert len(sound) == sound[-1] - sound[0] + 1 == 100 * 800
    levels = played[sound]
    assert levels.max() == 8000
    assert levels.min() == pytest.approx(8000 * db_to_gain(-15), abs=2)
    # A ramp of 20 ms: 320 steps.
    assert np.abs(np.diff(levels)).max() <= 8000 / 320 + 1
    assert (levels[:1600] == 8000).all()
    assert (levels[-1600:] == 8000).all()


@on_virtual_clock
async def test_a_reply_that_ends_lowered_leaves_the_next_one_loud() -> None:
    # The talker goes on without words until the reply is over.
    config = settings(
        texts=["go on", "", "again"],
        replies=["abcdefghijklmnop.", "abcd."],
        tts=STEADY,
        turn={"barge_in": "duck-only"},
    )
    async with conversation(config) as talk:
        await speaking(talk, for_s=0.2)
        talk.say(noise(3.0))
        await talk.until(TTSPaused)
        await talk.until(TTSPlaybackFinished)
        await talk.until(ASRResultFinal, text="")
        await talk.ask()
        started = await talk.until(TTSPlaybackStarted)
        await talk.until(TTSPlaybackFinished)
        played = talk.played()
    assert (played[round((started.at_s + 0.05) * RATE_HZ) :][:800] == 8000).all()


@on_virtual_clock
async def test_the_stop_word_stops_and_is_not_answered() -> None:
    config = settings(texts=["go on", "stop", "the time"], replies=[LONG], tts=STEADY)
    async with conversation(config) as talk:
        await speaking(talk)
        said = talk.say("stop")
        stopped = await talk.until(TTSStopped)
        assert stopped.reason == "stop word"
        assert talk.clock_s < said.start_s + 0.5
        await talk.until(ASRResultFinal, text="stop")
        await talk.until_state("attending")
        assert len(talk.all_of(TurnLLMAgentStartRequested)) == 1
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")


@on_virtual_clock
async def test_barge_in_may_be_off() -> None:
    config = settings(
        texts=["go on", "me too"], replies=[LONG], tts=STEADY, turn={"barge_in": "off"}
    )
    async with conversation(config) as talk:
        await speaking(talk)
        talk.say("but I want to say something")
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == LONG.strip()
        assert len(talk.all_of(VADSpeechStart)) > 1
        assert not talk.all_of(TTSPaused, TTSStopped)
        await asyncio.sleep(1)
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")
        played = talk.played()[: round(finished.at_s * RATE_HZ)]
    assert set(played[np.flatnonzero(played)]) == {8000}


@on_virtual_clock
async def test_barge_in_may_only_lower_the_voice() -> None:
    config = settings(
        texts=["go on", "me too"], replies=[LONG], tts=STEADY, turn={"barge_in": "duck-only"}
    )
    async with conversation(config) as talk:
        await speaking(talk)
        talk.say("but I want to say something")
        await talk.until(TTSPaused)
        await talk.until(TTSResumed)
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == LONG.strip()
        assert not talk.all_of(TTSStopped)


@on_virtual_clock
async def test_a_reply_may_be_stopped_before_it_was_thought_of() -> None:
    config = settings(texts=["go on", "the time"], replies=["Never said."], agent={"word_s": 5.0})
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TurnLLMAgentStartRequested)
        talk.appliance.bus.publish(ButtonPressed())
        stopped = await talk.until(TTSStopped)
        assert (stopped.text, stopped.reason) == ("", "button")
        assert talk.states()[-1] == "attending"
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")
        assert not any(
            message["content"].startswith("Never") for message in talk.appliance.agent.history()
        )


@on_virtual_clock
async def test_a_reply_stopped_at_once_leaves_the_last_one_alone() -> None:
    config = settings(texts=["one", "two", "three"], replies=["First reply."])
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackFinished)
        await talk.ask()

        def press(_event: object) -> None:
            talk.appliance.bus.publish(ButtonPressed())

        subscription = talk.appliance.subscribe_event(ASRResultFinal, press)
        await talk.until(TTSStopped, text="")
        talk.appliance.unsubscribe_event(subscription)
        await talk.appliance.bus.drained()
        assert talk.appliance.agent.history()[:2] == [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "First reply."},
        ]
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")


@on_virtual_clock
async def test_two_interruptions_in_a_row_are_told_apart() -> None:
    config = settings(
        texts=["one", "two", "three"],
        replies=["Alpha beta gamma delta epsilon zeta.", "Eta theta iota kappa lambda.", "Mu."],
    )
    async with conversation(config) as talk:
        await speaking(talk, for_s=0.8)
        talk.say("no no I meant that")
        first = await talk.until(TTSStopped)
        await talk.until(TTSPlaybackStarted)
        talk.say("no no I meant this")
        second = await talk.until(TTSStopped)
        await talk.until(TTSPlaybackFinished, text="Mu.")
        assert "Alpha beta gamma delta epsilon zeta.".startswith(first.text)
        assert "Eta theta iota kappa lambda.".startswith(second.text)
        assert first.text
        assert first.turn_id < second.turn_id
        history = talk.appliance.agent.history()
        assert [message["content"] for message in history if message["role"] == "assistant"] == [
            text for text in (first.text, second.text, "Mu.") if text
        ]


@on_virtual_clock
async def test_buttons_in_a_row_never_leave_it_stuck() -> None:
    config = settings(texts=["again"] * 20, replies=[LONG] * 10, tts=STEADY, mode="button")
    random = np.random.default_rng(5)
    async with conversation(config) as talk:
        for _ in range(8):
            talk.appliance.bus.publish(ButtonPressed())
            talk.say("what time is it")
            await asyncio.sleep(random.uniform(0.0, 3.0))
        await talk.until_state("asleep", within_s=60)
        assert not talk.all_of(ErrorOccurred)


@on_virtual_clock
async def test_an_agent_with_nothing_to_say_is_silent_and_attends() -> None:
    config = settings(texts=["one", "two", "three"], replies=["", LONG, ""], tts=STEADY)
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="")
        await talk.until_state("attending")
        # After an interruption there are frames in the ring that will never be played.
        await speaking(talk)
        talk.say("what was that I did not get it")
        await talk.until(TTSStopped)
        await talk.until(TTSPlaybackFinished, text="")
        await talk.until_state("attending")
        assert not talk.all_of(ErrorOccurred)


@on_virtual_clock
async def test_the_device_apologises_for_its_agent() -> None:
    config = settings(texts=["one", "two"], replies=["It is ! noon."])
    async with conversation(config) as talk:
        await talk.ask()
        error = await talk.until(ErrorOccurred)
        assert (error.error_type, error.component) == ("llm_stream_error", "agent")
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == f"It is {APOLOGY}"
        await talk.until_state("attending")
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")


@pytest.mark.parametrize(("mode", "said"), [("always", []), ("button", ["Pardon?"])])
@on_virtual_clock
async def test_a_failing_recogniser_understands_nothing(mode: str, said: list[str]) -> None:
    config = settings(texts=["!", "the time"], mode=mode, turn={"ask_again": "Pardon?"})
    async with conversation(config) as talk:
        talk.appliance.bus.publish(ButtonPressed())
        await asyncio.sleep(0.1)
        await talk.ask()
        error = await talk.until(ErrorOccurred)
        assert (error.error_type, error.component) == ("asr_error", "asr")
        await asyncio.sleep(4)
        assert [event.text for event in talk.all_of(TTSPlaybackFinished)] == said
        assert talk.states()[-1] == "attending"
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")


@on_virtual_clock
async def test_a_recogniser_that_fails_at_once_hears_the_rest() -> None:
    async with conversation(settings(texts=["!!", "the time"])) as talk:
        await talk.ask()
        await talk.until(ErrorOccurred)
        await talk.until(ASRResultFinal, text="the time")
        await talk.until(TTSPlaybackFinished, text="Okay.")


@pytest.mark.parametrize(
    ("reply", "heard", "letters"),
    [
        ("Good abcd. This fails! Good efgh.", "Good abcd. Good efgh.", 16),
        ("This fails!", "", 0),
        ("All is well, but half-failure here.", "All is well,", 9 + 1),
    ],
)
@on_virtual_clock
async def test_a_failing_voice_leaves_out_what_it_cannot_say(
    reply: str, heard: str, letters: int
) -> None:
    config = settings(texts=["one", "two"], replies=[reply, "Fine."], tts=STEADY)
    async with conversation(config) as talk:
        await talk.ask()
        error = await talk.until(ErrorOccurred)
        assert (error.error_type, error.component) == ("tts_error", "tts")
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == heard
        assert np.count_nonzero(talk.played()) == 800 * letters
        await talk.until_state("attending")
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Fine.")


@on_virtual_clock
async def test_a_wordless_sound_over_a_thinking_device_changes_nothing() -> None:
    config = settings(
        texts=["one", ""],
        replies=["It is noon."],
        agent={"word_s": 0.5},
        turn={"think_ahead": False},
    )
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TurnLLMAgentStartRequested)
        await asyncio.sleep(0.1)
        talk.say(noise(0.15))
        await talk.until(TTSPlaybackFinished, text="It is noon.")
        assert len(talk.all_of(TurnASRStartRequested)) == 2
        assert not talk.all_of(TTSStopped)


@on_virtual_clock
async def test_a_reply_that_stood_still_for_nothing_goes_on_with_every_word() -> None:
    words = VOCABULARY[:20]
    config = settings(
        texts=["go on", ""],
        replies=[" ".join(words) + "."],
        tts={"type": "tests.tone_words:ToneWordsTTS"},
    )
    async with conversation(config) as talk:
        await speaking(talk)
        said = talk.say(noise(1.0))
        await talk.until(TTSHeld)
        assert talk.clock_s < said.start_s + 0.7
        await asyncio.sleep(0.1)
        held_from = round(talk.clock_s * RATE_HZ)
        await talk.until(TTSResumed)
        held_until = round(talk.clock_s * RATE_HZ)
        finished = await talk.until(TTSPlaybackFinished)
        played = talk.played()
        assert finished.text.removesuffix(".").split() == words
        assert not talk.all_of(TTSStopped)
    assert not played[held_from:held_until].any()
    assert order_audible(played, VOCABULARY) == words


@on_virtual_clock
async def test_a_reply_that_stood_still_ends_there_when_words_come() -> None:
    config = settings(
        texts=["go on", "no, the date"], replies=[LONG, "Monday."], tts=STEADY,
        turn={"verify_ms": 800},
    )  # fmt: skip
    async with conversation(config) as talk:
        await speaking(talk)
        talk.say("no I meant the date of the day after tomorrow")
        await talk.until(TTSHeld)
        await asyncio.sleep(0.1)
        heard = len(talk.played())
        stopped = await talk.until(TTSStopped)
        silent = talk.played()[heard:]
        assert LONG.startswith(stopped.text)
        await talk.until(TTSPlaybackStarted)
        started = talk.clock_s
        await talk.until(TTSPlaybackFinished, text="Monday.")
        played = talk.played()
    assert not silent.any()
    assert (played[round((started + 0.05) * RATE_HZ) :][:800] == 8000).all()
