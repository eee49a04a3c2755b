"""A device that interprets: what is certain is answered while the talker still talks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    REAL_EARS,
    Conversation,
    conversation,
    noise,
    settings,
    speech,
)
from tests.tiny_punctuation import write_punctuation
from xtalk_edge.audio.format import Samples
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ASRStableSegmentReady,
    ButtonPressed,
    ErrorOccurred,
    InterpretingLagged,
    LatencyMetricsUpdated,
    LLMAgentResponseFinish,
    SpeechRequested,
    StopWordDetected,
    TranscriptionRefined,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnASRFlushRequested,
    TurnASRStartRequested,
    TurnLLMAgentStartRequested,
    WakeWordDetected,
)
from xtalk_edge.managers.agent import APOLOGY

SENTENCES = ("turn on the kitchen light", "what time is it", "set a timer for ten minutes")
TEXT = "we begin at nine today and then the garden is shown to all who came so early"


def interpreter(
    text: str = TEXT, *, on: dict[str, Any] | None = None, **sections: dict[str, Any]
) -> Config:
    """Return settings of an interpreter that is told what to hear, and says it again."""
    base: dict[str, Any] = {
        "asr": {"type": "tests.scripted:DictatedASR", "text": text},
        "agent": {"type": "tests.scripted:RepeatingAgent"},
        "tts": {"type": "tests.scripted:SteadyTTS"},
        "interpret": {"on": True, "held_words": 2, "segment_words": 4} | (on or {}),
    }
    return settings(**(base | sections))


def talk_of(words: int) -> Samples:
    """Return the sound of somebody who says so many words of `DictatedASR`, one in 0.3 s."""
    return noise(0.3 * words + 0.05)


def segments(talk: Conversation) -> list[str]:
    return [event.text for event in talk.all_of(ASRStableSegmentReady)]


async def all_said(talk: Conversation) -> None:
    """Wait until nobody speaks and nothing is to be said any more."""
    await talk.appliance.settled()


@on_virtual_clock
async def test_every_word_is_answered_once_while_the_talker_still_talks():
    async with conversation(interpreter()) as talk:
        said = talk.say(talk_of(17), after_s=0.5)
        await talk.until(ASRResultFinal)
        await all_said(talk)
        assert segments(talk) == [
            "we begin at nine",
            "today and then the",
            "garden is shown to",
            "all who came so early",
        ]
        whole = talk.all_of(TranscriptionRefined)
        assert [event.text for event in whole] == [TEXT]
        heard = [event.text for event in talk.all_of(TTSPlaybackFinished)]
        assert heard == segments(talk)
        # No answer waits for the end of the talk, and none is lowered or cut by it.
        began = talk.room.started_at_s or 0.0
        first, second = talk.all_of(TTSPlaybackStarted)[:2]
        assert first.at_s - began < said.start_s + 0.3 * 4 + 1.0
        assert second.at_s - began < said.end_s
        assert not talk.all_of(TTSPaused, TTSStopped)
        assert [line["content"] for line in talk.appliance.agent.history()][::2] == segments(talk)


@on_virtual_clock
async def test_each_piece_has_its_latency():
    async with conversation(interpreter()) as talk:
        talk.say(talk_of(9), after_s=0.5)
        await talk.until(ASRResultFinal)
        await all_said(talk)
        turns = [event.turn_id for event in talk.all_of(ASRStableSegmentReady)]
        measured = talk.all_of(LatencyMetricsUpdated)
        assert [event.turn_id for event in measured] == turns
        for event in measured:
            assert event.voice_to_voice_ms is not None
            assert 0 < event.voice_to_voice_ms < 5000


@on_virtual_clock
async def test_silence_hands_on_the_rest():
    async with conversation(interpreter("good morning")) as talk:
        said = talk.say(talk_of(2), after_s=0.5)
        ready = await talk.until(ASRStableSegmentReady)
        assert ready.text == "good morning"
        assert ready.end_sample / 16_000 < said.end_s + 0.2
        assert ready.at_s - (talk.room.started_at_s or 0.0) < said.end_s + 0.8
        await talk.until(TTSPlaybackFinished)
        await all_said(talk)
        assert segments(talk) == ["good morning"]


@on_virtual_clock
async def test_a_request_hands_on_what_was_said_so_far():
    async with conversation(interpreter(on={"segment_words": 50})) as talk:
        talk.say(talk_of(12), after_s=0.5)
        await talk.until(TurnASRStartRequested)
        await asyncio.sleep(1.5)
        talk.appliance.bus.publish(TurnASRFlushRequested(reason="a key"))
        ready = await talk.until(ASRStableSegmentReady)
        assert TEXT.startswith(ready.text)
        assert ready.at_s - (talk.room.started_at_s or 0.0) < 2.5
        await talk.until(ASRStableSegmentReady)
        await all_said(talk)
        assert TEXT.startswith(" ".join(segments(talk)))


@on_virtual_clock
async def test_a_talk_without_end_is_cut_between_words_and_goes_on():
    config = interpreter(" ".join(map(str, range(100, 140))), turn={"max_turn_s": 3.0})
    async with conversation(config) as talk:
        talk.say(talk_of(30), after_s=0.5)
        for _ in range(3):
            await talk.until(ASRResultFinal)
        await all_said(talk)
        numbers = " ".join(segments(talk)).split()
        assert numbers == list(map(str, range(100, 100 + len(numbers))))
        # Each cut may cost the recogniser a part of a word.
        assert len(numbers) >= 27


def test_sentences_end_where_the_punctuation_model_ends_them(tmp_path: Path) -> None:
    model = str(write_punctuation(tmp_path))
    text = "turn on the light then close the door what is it we may go now"

    @on_virtual_clock
    async def talk_with_marks() -> None:
        config = interpreter(
            text, on={"segment_words": 50}, punctuation={"type": "sherpa", "model": model}
        )
        async with conversation(config) as talk:
            talk.say(talk_of(15), after_s=0.5)
            ready = await talk.until(ASRStableSegmentReady)
            assert ready.text == "turn on the light,"
            assert not talk.all_of(ASRResultFinal)
            await talk.until(ASRResultFinal)
            await all_said(talk)
            assert segments(talk)[1:3] == ["then close the door.", "What is it?"]
            assert " ".join(segments(talk)[3:]) == "we may go now"

    talk_with_marks()


@on_virtual_clock
async def test_stop_ends_it_at_once_and_the_wake_phrase_begins_it_again():
    async with conversation(interpreter()) as talk:
        talk.say(talk_of(17), after_s=0.5)
        await talk.until(TTSPlaybackStarted)
        head = talk.appliance.capture.head
        talk.appliance.bus.publish(StopWordDetected(phrase="stop", at_sample=head, probability=0.9))
        await talk.until_state("asleep")
        stopped = await talk.until(TTSStopped)
        assert stopped.reason == "stop word"
        assert TEXT.startswith(stopped.text)
        before = len(talk.all_of(ASRStableSegmentReady))
        await asyncio.sleep(6)
        assert len(talk.all_of(ASRStableSegmentReady)) == before
        assert not talk.all_of(TTSPlaybackFinished)
        head = talk.appliance.capture.head
        talk.appliance.bus.publish(WakeWordDetected(phrase="hey", at_sample=head))
        talk.say(talk_of(3), after_s=0.5)
        await talk.until(TTSPlaybackFinished)


@on_virtual_clock
async def test_stop_said_alone_ends_it():
    async with conversation(interpreter("stop please and then some more")) as talk:
        talk.say(talk_of(2), after_s=0.5)
        await talk.until_state("asleep")
        assert segments(talk) == []


@on_virtual_clock
async def test_the_button_ends_it_and_begins_it_again():
    async with conversation(interpreter()) as talk:
        talk.say(talk_of(12), after_s=0.5)
        await talk.until(TTSPlaybackStarted)
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("asleep")
        assert (await talk.until(TTSStopped)).reason == "button"
        await asyncio.sleep(5)
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("attending")
        talk.say(talk_of(2), after_s=0.5)
        await talk.until(TTSPlaybackFinished)


@on_virtual_clock
async def test_an_agent_that_fails_says_so_and_the_next_piece_is_answered():
    text = "one two three ! five six seven eight"
    async with conversation(interpreter(text)) as talk:
        talk.say(talk_of(8), after_s=0.5)
        await talk.until(ErrorOccurred, component="agent")
        assert (await talk.until(TTSPlaybackFinished)).text == APOLOGY
        assert (await talk.until(TTSPlaybackFinished)).text == "five six seven eight"
        await talk.until_state("attending")


@on_virtual_clock
async def test_a_recogniser_that_fails_in_the_end_takes_nothing_back():
    async with conversation(interpreter("one two three four five six !! and more")) as talk:
        talk.say(talk_of(7), after_s=0.5)
        await talk.until(ErrorOccurred, component="asr")
        await all_said(talk)
        assert " ".join(segments(talk)).startswith("one two three four five")
        await talk.until_state("attending")
        talk.say(talk_of(2))
        await talk.until(TTSPlaybackFinished)


@on_virtual_clock
async def test_a_slow_agent_falls_behind_and_that_is_said():
    config = interpreter(
        on={"segment_words": 1, "most_pieces": 2},
        agent={"type": "tests.scripted:RepeatingAgent", "answer_s": 2.0},
    )
    async with conversation(config) as talk:
        talk.say(talk_of(12), after_s=0.5)
        full = await talk.until(InterpretingLagged)
        assert (full.pieces, full.left_out) == (2, "")
        await talk.until(ASRResultFinal)
        await all_said(talk)
        left_out = [event.left_out for event in talk.all_of(InterpretingLagged) if event.left_out]
        asked = [event.text for event in talk.all_of(TurnLLMAgentStartRequested)]
        assert left_out
        assert sorted([*left_out, *asked]) == sorted(segments(talk))
        assert asked == [each for each in segments(talk) if each in asked]


@on_virtual_clock
async def test_an_announcement_is_said_between_two_answers():
    async with conversation(interpreter()) as talk:
        talk.say(talk_of(12), after_s=0.5)
        await talk.until(TTSPlaybackStarted)
        talk.appliance.bus.publish(SpeechRequested(text="the pot is ready"))
        await talk.until(ASRResultFinal)
        await all_said(talk)
        heard = [event.text for event in talk.all_of(TTSPlaybackFinished)]
        assert heard.count("the pot is ready") == 1
        assert [each for each in heard if each != "the pot is ready"] == segments(talk)


def with_real_ears(**sections: dict[str, Any]) -> Config:
    ears: dict[str, Any] = REAL_EARS | {"asr": {"type": "sherpa-streaming"}}
    return settings(
        agent={"type": "tests.scripted:RepeatingAgent"},
        interpret={"on": True, "segment_words": 4},
        **(ears | sections),
    )


def three_sentences() -> Samples:
    """Return the sound of somebody who makes no pause between them."""
    return np.concatenate([speech(each) for each in SENTENCES])


@on_virtual_clock
async def test_a_real_recogniser_is_interpreted_for_somebody_with_headphones():
    config = with_real_ears(echo={"type": "none"})
    async with conversation(config, RoomScene(noise_db=-65.0)) as talk:
        said = talk.say(three_sentences(), after_s=0.5)
        final = await talk.until(ASRResultFinal)
        await all_said(talk)
        # While the talker talked: pieces came, and their answer could be heard.
        began = talk.room.started_at_s or 0.0
        early = [e for e in talk.all_of(ASRStableSegmentReady) if e.at_s - began < said.end_s]
        assert len(early) >= 2
        assert talk.all_of(TTSPlaybackStarted)[0].at_s - began < said.end_s
        # Each word of what was understood came once, and each was answered and heard.
        assert " ".join(segments(talk)) == final.text
        assert final.text.endswith("timer for ten minutes")
        answers = [event.text for event in talk.all_of(LLMAgentResponseFinish)]
        assert answers == segments(talk)
        assert [event.text for event in talk.all_of(TTSPlaybackFinished)] == answers


@on_virtual_clock
async def test_beside_a_loudspeaker_it_does_not_interpret_itself():
    config = with_real_ears(echo={"type": "cascade"})
    async with conversation(config, RoomScene(noise_db=-65.0, echo_db=-10.0)) as talk:
        said = talk.say(three_sentences(), after_s=0.5)
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(12)
        began = talk.room.started_at_s or 0.0
        last = talk.all_of(TurnASRStartRequested)[-1]
        assert last.at_s - began < said.end_s
        assert talk.states()[-1] == "attending"
