"""Conversations in a room with a server that hears, thinks and speaks, on the virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    Conversation,
    conversation,
    noise,
    settings,
)
from tests.scripted_cloud import Die, Stall, Wait
from tests.scripted_talk import END, AwaitHeard, Says, ScriptedTalks, Step, answer
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ButtonPressed,
    ErrorOccurred,
    LLMAgentResponseUpdate,
    ToolResultOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSResumed,
    TTSStopped,
    TurnASRStartRequested,
    UplinkSideChosen,
    UplinkStateChanged,
)
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.xtalk.facts import (
    Heard,
    Rejected,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
)

CLOUD = "The cloud knows it all. It says two things."
DEVICE = "I say this myself."
LOST_REST = "I lost the connection, so that's all I have."
HEARD = "tell me something"
SOUND = ReplySound(np.full(4_800, 6000, "<i2").tobytes(), 48_000, 1, None, "")
"""100 ms."""


def hybrid(texts: list[str] | None = None, wake: str = "always", **uplink: Any) -> Config:
    return settings(
        mode=wake,
        texts=[HEARD] * 3 if texts is None else texts,
        replies=[DEVICE] * 3,
        tts={"type": "tests.scripted:SteadyTTS"},
        uplink={"url": "wss://cloud.example/ws", "full": "prefer", "notice": "", **uplink},
    )


@pytest.fixture(autouse=True)
def border() -> Iterator[None]:
    """Nobody else's device is offline, or has sent anything."""
    BORDER.take()
    yield
    BORDER.offline = False


async def ready(talk: Conversation) -> None:
    await talk.until(UplinkStateChanged, abilities=("full",), trouble="")


async def answered(talk: Conversation) -> str:
    await talk.ask(after_s=0.5)
    return (await talk.until(TTSPlaybackFinished)).text


@on_virtual_clock
async def test_the_server_hears_and_answers_aloud() -> None:
    cloud = ScriptedTalks(answer("The cloud knows it all.", "It says two things."))
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == CLOUD
        [chosen] = talk.all_of(UplinkSideChosen)
        assert (chosen.ability, chosen.side, chosen.why) == ("full", "server", "first")
        assert cloud.log == ["begin", "end", "finished"]
        assert talk.appliance.agent.history()[-1]["content"] == CLOUD
        assert talk.all_of(ErrorOccurred) == []


@on_virtual_clock
async def test_what_only_the_server_understood_is_answered() -> None:
    cloud = ScriptedTalks(answer("A composer.", heard_as="who was bach"))
    async with conversation(hybrid([]), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == "A composer."
        assert [each.text for each in talk.all_of(ASRResultFinal)] == ["who was bach"]
        assert talk.appliance.agent.history()[-2]["content"] == "who was bach"


@pytest.mark.parametrize("first", [Stall(), Rejected(), Wait(3.0), Die()])
def test_a_server_without_an_answer_costs_no_more_than_the_deadline(first: Step) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedTalks([first, *answer("Too late.")])
        async with conversation(hybrid(), server=cloud) as talk:
            await ready(talk)
            assert await answered(talk) == DEVICE
            final, started = talk.all_of(ASRResultFinal)[-1], talk.all_of(TTSPlaybackStarted)[-1]
            assert started.at_s - final.at_s < 1.8
            await asyncio.sleep(4.0)
            assert [each.text for each in talk.all_of(TTSPlaybackFinished)] == [DEVICE]
            assert talk.all_of(ErrorOccurred) == []

    scene()


@on_virtual_clock
async def test_an_answer_that_comes_too_late_is_ended_at_the_server() -> None:
    cloud = ScriptedTalks([Heard(HEARD, is_receipt=False), Stall()], answer("The cloud."))
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == DEVICE
        assert cloud.log == ["begin", "end", "stop"]
        assert await answered(talk) == "The cloud."


@on_virtual_clock
async def test_an_interruption_is_heard_by_the_server_once_it_is_one() -> None:
    long = "abcdefghij klmnopqrst uvwxyz. " * 5
    cloud = ScriptedTalks(answer(long), answer("Monday.", heard_as="no, the date"))
    async with conversation(hybrid([HEARD, "no the date"]), server=cloud) as talk:
        await ready(talk)
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(1.0)
        said = talk.say("no I meant the date")
        begun = await talk.until(TurnASRStartRequested)
        assert cloud.log == ["begin", "end"]
        stopped = await talk.until(TTSStopped, reason="interrupted")
        assert stopped.text and long.startswith(stopped.text)
        await talk.until(TTSPlaybackFinished, text="Monday.")
        assert cloud.log == ["begin", "end", "begin", "stopped", "end", "finished"]
        # As much as was heard: to a tenth of a second, and the loudspeaker's own delay.
        heard_ms = 1000 * (stopped.at_s - talk.all_of(TTSPlaybackStarted)[0].at_s)
        assert cloud.stopped_ms[0] == pytest.approx(heard_ms, abs=250)
        assert cloud.heard_s[1] >= said.end_s - said.start_s
        assert begun.turn_id == talk.all_of(ASRResultFinal)[-1].turn_id
        contents = [each["content"] for each in talk.appliance.agent.history()]
        assert contents == [HEARD, stopped.text, "no, the date", "Monday."]


@on_virtual_clock
async def test_a_cough_leaves_the_server_and_its_answer_alone() -> None:
    cloud = ScriptedTalks(answer("abcdefghij klmnopqrst uvwxyz. " * 3))
    async with conversation(hybrid([HEARD]), server=cloud) as talk:
        await ready(talk)
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(1.0)
        talk.say(noise(0.15))
        await talk.until(TTSResumed)
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == ("abcdefghij klmnopqrst uvwxyz. " * 3).strip()
        assert cloud.log == ["begin", "end", "finished"]


@on_virtual_clock
async def test_the_button_ends_an_answer_at_the_server_too() -> None:
    cloud = ScriptedTalks(answer("abcdefghij klmnopqrst uvwxyz. " * 3))
    async with conversation(hybrid([HEARD]), server=cloud) as talk:
        await ready(talk)
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until(TTSStopped, reason="button")
        assert cloud.log == ["begin", "end", "stop"]


@pytest.mark.parametrize(
    ("said", "asked"), [("stop", []), ("stop the timer", ["stop the timer"])], ids=["stop", "more"]
)
def test_the_server_hears_stop_only_where_more_is_said(said: str, asked: list[str]) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedTalks(
            answer("abcdefghij klmnopqrst uvwxyz. " * 3), answer("Done.", heard_as=said)
        )
        async with conversation(hybrid([HEARD, said]), server=cloud) as talk:
            await ready(talk)
            await talk.ask()
            await talk.until(TTSPlaybackStarted)
            await asyncio.sleep(0.5)
            talk.say("stop the timer please")
            await talk.until(TTSStopped, reason="stop word")
            assert cloud.log == ["begin", "end", "stop"]
            await talk.until(ASRResultFinal)
            await asyncio.sleep(3.0)
            assert cloud.log[3:] == (["begin", "end", "finished"] if asked else [])
            history = [each["content"] for each in talk.appliance.agent.history()]
            assert history[2:3] == asked

    scene()


@pytest.mark.parametrize("end", [Die(), Stall()])
def test_a_reply_that_breaks_off_is_played_and_ends_honestly(end: Step) -> None:
    @on_virtual_clock
    async def scene() -> None:
        heard = Heard(HEARD, is_receipt=False)
        script: list[Step] = [heard, Says("The cloud knows it all."), Wait(0.3), end]
        cloud = ScriptedTalks(script, answer("The cloud."))
        async with conversation(hybrid(), server=cloud) as talk:
            await ready(talk)
            assert await answered(talk) == f"The cloud knows it all. {LOST_REST}"
            assert await answered(talk) in (DEVICE, "The cloud.")
            assert talk.all_of(ErrorOccurred) == []

    scene()


@pytest.mark.parametrize("is_all", [True, False])
def test_words_that_are_known_are_said_although_their_sound_was_lost(is_all: bool) -> None:
    @on_virtual_clock
    async def scene() -> None:
        text = "The cloud knows it all. It says two things. And three."
        words: list[Step] = [ReplyText(text, text), *[ReplyTextComplete(text)] * is_all]
        first: Step = Says("The cloud knows it all.")
        cloud = ScriptedTalks([Heard(HEARD, is_receipt=False), first, *words, Wait(0.3), Die()])
        async with conversation(hybrid(), server=cloud) as talk:
            await ready(talk)
            heard = await answered(talk)
            assert heard == (text if is_all else f"{CLOUD} {LOST_REST}")
            assert talk.appliance.agent.history()[-1]["content"] == heard
            # Each once, by whichever voice: 50 ms a sign is the server's, a letter the device's.
            own = heard.removeprefix("The cloud knows it all.")
            signs = len("The cloud knows it all.") + sum(each.isalnum() for each in own)
            assert loud_s(talk) == pytest.approx(0.05 * signs, abs=0.1)

    scene()


def loud_s(talk: Conversation) -> float:
    return float((np.abs(talk.played().astype(int)) > 3_000).sum()) / 16_000


@on_virtual_clock
async def test_words_may_be_told_as_their_sound_is_heard() -> None:
    cloud = ScriptedTalks(
        [
            Heard(HEARD, is_receipt=False),
            *(step for _ in range(3) for step in (SOUND, AwaitHeard())),
            ReplyText("One two", "One two"),
            SOUND,
            AwaitHeard(),
            ReplyOver(),
            Wait(0.1),
            ReplyText(" three.", "One two three."),
            ReplyTextComplete(""),
        ]
    )
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == "One two three."
        shown = [each.text for each in talk.all_of(LLMAgentResponseUpdate)]
        assert shown == ["One two", "One two three."]


@on_virtual_clock
async def test_sound_of_another_rate_lasts_as_long() -> None:
    steps: list[Step] = [Heard(HEARD, is_receipt=False), ReplyText("Hello.", "Hello.")]
    slow = ReplySound(np.full(16_000, 6000, "<i2").tobytes(), 16_000, 1, None, "")
    cloud = ScriptedTalks([*steps, slow, SOUND, *END])
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == "Hello."
        assert loud_s(talk) == pytest.approx(1.1, abs=0.05)


@on_virtual_clock
async def test_nothing_is_heard_by_the_server_while_nobody_takes_a_turn() -> None:
    cloud = ScriptedTalks(answer("The cloud."))
    config = hybrid(wake="wake-word")
    async with conversation(config, server=cloud) as talk:
        await ready(talk)
        await talk.ask("nobody means the device", after_s=0.5)
        await asyncio.sleep(2.0)
        assert cloud.log == []
        assert BORDER.take() == []


@pytest.mark.parametrize("reason", ["offline", "not allowed"])
def test_nothing_is_heard_by_the_server_without_the_owners_leave(reason: str) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedTalks(answer("The cloud."))
        async with conversation(hybrid(), server=cloud) as talk:
            await ready(talk)
            if reason == "offline":
                BORDER.offline = True
            else:
                BORDER.allow({"text", "tools"})
            assert await answered(talk) == DEVICE
            assert cloud.log == []
            assert BORDER.take() == []

    scene()
    BORDER.allow({"audio", "text", "tools"})


@on_virtual_clock
async def test_nothing_leaves_after_go_offline_in_the_middle_of_a_turn() -> None:
    cloud = ScriptedTalks(answer("The cloud."))
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        talk.say("what time is it")
        await talk.until(TurnASRStartRequested)
        await asyncio.sleep(0.3)
        BORDER.offline = True
        sent = sum(each.n_bytes for each in BORDER.take())
        assert 0 < sent < 32_000
        assert (await talk.until(TTSPlaybackFinished)).text == DEVICE
        assert BORDER.take() == []


@on_virtual_clock
async def test_what_is_said_and_then_dropped_is_taken_back() -> None:
    cloud = ScriptedTalks(answer("The cloud."))
    async with conversation(hybrid(), server=cloud) as talk:
        await ready(talk)
        talk.say("what time is it")
        await talk.until(TurnASRStartRequested)
        await asyncio.sleep(0.3)
        talk.appliance.bus.publish(ButtonPressed())
        await asyncio.sleep(0.1)
        assert cloud.log[:3] == ["begin", "end", "stop"]


@on_virtual_clock
async def test_a_first_asked_device_keeps_what_it_can_answer_to_itself() -> None:
    cloud = ScriptedTalks(answer("A composer.", heard_as="who was bach"))
    async with conversation(hybrid([HEARD], full="fallback"), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == DEVICE
        assert cloud.log == []
        # The recogniser has run out of texts: only the server can tell what this is.
        await talk.ask(after_s=0.5)
        await talk.until(ASRResultFinal, text="who was bach")
        assert cloud.log == ["begin", "end"]
        assert cloud.heard_s[0] > 1.0


@pytest.mark.parametrize("texts", [[HEARD] * 2, []], ids=["both understand", "only the server"])
def test_a_conversation_that_costs_money_is_open_while_there_is_one(texts: list[str]) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedTalks(answer("The cloud."))
        cloud.opens_in_s = 0.6
        async with conversation(hybrid(texts, kind="xai"), server=cloud) as talk:
            await ready(talk)
            await asyncio.sleep(5.0)
            assert cloud.opened == 0
            assert await answered(talk) == "The cloud."
            assert await answered(talk) == "The cloud."
            # All that was said, although it was not open yet when that began.
            assert min(cloud.heard_s) > 1.0
            assert cloud.heard_s[0] == pytest.approx(cloud.heard_s[1], abs=0.1)
            assert (cloud.opened, cloud.closed) == (1, 0)
            await asyncio.sleep(130.0)
            assert (cloud.opened, cloud.closed) == (1, 1)
            assert await answered(talk) == "The cloud."
            assert cloud.opened == 2

    scene()


@on_virtual_clock
async def test_a_conversation_that_does_not_begin_costs_no_more_than_the_deadline() -> None:
    cloud = ScriptedTalks(answer("The cloud."))
    cloud.opens_in_s = 60.0
    async with conversation(hybrid(kind="xai"), server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == DEVICE
        final, started = talk.all_of(ASRResultFinal)[-1], talk.all_of(TTSPlaybackStarted)[-1]
        assert started.at_s - final.at_s < 1.8
        assert cloud.log == []


@pytest.mark.parametrize("mode", ["prefer", "race", "fallback"])
def test_a_timer_is_set_once_whatever_the_server_does(mode: str) -> None:
    @on_virtual_clock
    async def scene() -> None:
        cloud = ScriptedTalks(answer("I have set no timer."))
        config = settings(
            texts=["set a timer for ten minutes"],
            agent={"type": "llama"},
            uplink={"url": "wss://cloud.example/ws", "full": mode},
        )
        async with conversation(config, server=cloud) as talk:
            await ready(talk)
            assert "ten minutes" in await answered(talk)
            assert [each.name for each in talk.all_of(ToolResultOccurred)] == ["set_timer"]
            assert cloud.log == ([] if mode == "fallback" else ["begin", "end", "stop"])

    scene()


@on_virtual_clock
async def test_what_the_built_in_model_cannot_answer_the_server_does_that_hears_it_then() -> None:
    cloud = ScriptedTalks(answer("A composer.", heard_as="Who was Johann Sebastian Bach?"))
    config = settings(
        texts=["who was johann sebastian bach"],
        agent={"type": "llama"},
        uplink={"url": "wss://cloud.example/ws", "full": "fallback"},
    )
    async with conversation(config, server=cloud) as talk:
        await ready(talk)
        assert await answered(talk) == "A composer."
        history = [each["content"] for each in talk.appliance.agent.history()]
        assert history == ["Who was Johann Sebastian Bach?", "A composer."]
