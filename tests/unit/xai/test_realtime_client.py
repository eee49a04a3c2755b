"""Conversations with xAI's realtime model, over a server that does as it should, or does not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np
import pytest

from tests.fake_xai import KEY, FakeXAI, Fault
from tests.fake_xai_realtime import PIECE_BYTES, PIECES, Answer, conversing
from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.errors import ConfigError, UplinkError, UplinkLostError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.full.cloud import FullCloud, FullTalk
from xtalk_edge.uplink.xai import protocol as xai_realtime_protocol
from xtalk_edge.uplink.xai import realtime as xai_realtime
from xtalk_edge.uplink.xai import talk as xai_realtime_talk
from xtalk_edge.uplink.xai.realtime import XAIRealtime
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.messages import ServerError, ToolCalled

T = TypeVar("T")

SPEECH = np.random.default_rng(1).normal(0, 4_000, 1_600).astype("<i2").tobytes()


class Lamp:
    """A tool runner with one lamp."""

    def __init__(self) -> None:
        self.calls: list[ToolCall] = []

    def schemas(self) -> list[dict[str, Any]]:
        return [{"type": "function", "function": {"name": "lamp", "parameters": {}}}]

    async def run(self, call: ToolCall) -> ToolResult:
        self.calls.append(call)
        return ToolResult(call.name, "The lamp is on.", arguments=call.arguments)

    def has_effects(self, name: str) -> bool:
        return True

    def propose(self, call: ToolCall) -> str:
        return ""


class Ear:
    """Takes facts as they come."""

    def __init__(self, talk: FullTalk) -> None:
        self._facts = talk.facts
        self.facts: list[Fact] = []

    async def until(self, kind: type[T]) -> T:
        while True:
            fact = await anext(self._facts)
            self.facts.append(fact)
            if isinstance(fact, kind):
                return fact

    @property
    def sound(self) -> bytes:
        return b"".join(each.pcm for each in self.facts if isinstance(each, ReplySound))


def say(talk: FullTalk) -> None:
    talk.begin_speech(SPEECH)
    talk.send(SPEECH)
    talk.end_speech()


Scene = Callable[[FullTalk, Ear], Awaitable[None]]


def converse(
    server: FakeXAI, scene: Scene, tools: Lamp | None = None, **settings: Any
) -> XAIRealtime:
    """Play a scene; return the client after it."""
    client = XAIRealtime(XAIRealtimeConfig(url=server.url("realtime"), **settings), tools)
    cloud: FullCloud = client
    assert isinstance(client, FullCloud)

    async def run() -> None:
        try:
            async with asyncio.timeout(20.0), cloud.talk() as talk:
                await scene(talk, Ear(talk))
        finally:
            await client.aclose()

    asyncio.run(run())
    return client


async def one_turn(talk: FullTalk, ear: Ear) -> None:
    say(talk)
    await ear.until(ReplyOver)


# -- as it should be -----------------------------------------------------------------------------


def test_what_is_said_is_answered_in_words_and_sound(server):
    conversing(server, Answer("It is nine."))

    async def scene(talk: FullTalk, ear: Ear) -> None:
        say(talk)
        assert (await ear.until(Heard)).text == "what was said"
        assert (await ear.until(ReplyText)).piece == "It "
        await ear.until(ReplyOver)
        assert ReplyTextComplete("It is nine. ") in ear.facts
        assert len(ear.sound) == PIECES * PIECE_BYTES
        talk.playback_finished()

    client = converse(server, scene)
    assert client.abilities == {"full"}
    (seen,) = server.seen
    assert seen.key == f"Bearer {KEY}"
    assert seen.query == {}
    assert seen.kinds[:2] == ["session.update", "input_audio_buffer.append"]


def test_a_model_is_asked_for_where_one_is_set(server):
    conversing(server)
    converse(server, one_turn, model="grok-voice")
    assert server.seen[0].query == {"model": "grok-voice"}


def test_the_service_may_decide_when_a_turn_is_over(server):
    conversing(server, Answer("A long story."), Answer("Yes?"))

    async def scene(talk: FullTalk, ear: Ear) -> None:
        await one_turn(talk, ear)
        say(talk)
        await ear.until(Stopped)
        talk.playback_stopped(150.0)
        assert (await ear.until(ReplySound)).reply == 2

    converse(server, scene, turn_detection="server_vad")
    assert "input_audio_buffer.commit" not in server.seen[0].kinds


def test_it_answers_and_speaks_no_texts(server):
    async def scene() -> None:
        client = XAIRealtime(XAIRealtimeConfig(url=server.url("realtime")))
        for items in (client.answer("Hello?"), client.speech("Hello.")):
            with pytest.raises(UplinkError, match="whole conversations only"):
                await anext(items)

    asyncio.run(scene())
    assert not server.seen


def test_a_tool_is_run_here_and_once(server):
    conversing(server, Answer("", ("lamp", '{"on": true}', "c-1")), Answer("It is on."))
    lamp = Lamp()

    async def scene(talk: FullTalk, ear: Ear) -> None:
        say(talk)
        assert await ear.until(ToolCalled) == ToolCalled("lamp", '{"on": true}')
        assert (await ear.until(ReplyTextComplete)).text == "It is on. "

    server.faults.append(Fault("response.function_call_arguments.done", "twice"))
    converse(server, scene, lamp)
    assert lamp.calls == [ToolCall("lamp", {"on": True}, "c-1")]
    (update, *_) = server.seen[0].received
    assert [each["name"] for each in update["session"]["tools"]] == ["lamp"]
    outputs = [each["item"] for each in server.seen[0].received if "item" in each]
    assert outputs == [
        {"type": "function_call_output", "call_id": "c-1", "output": '"The lamp is on."'}
    ]


def test_a_tool_nobody_has_is_answered(server):
    conversing(server, Answer("", ("lamp", "{}", "c-1")), Answer("I can't."))
    converse(server, one_turn)
    outputs = [each["item"]["output"] for each in server.seen[0].received if "item" in each]
    assert outputs == [f'"{xai_realtime_talk.NO_TOOL}"']


def test_speech_over_a_reply_cuts_it_where_it_was_heard(server):
    conversing(server, Answer("A long story."), Answer("Yes?"))

    async def scene(talk: FullTalk, ear: Ear) -> None:
        say(talk)
        await ear.until(ReplyOver)
        say(talk)
        await ear.until(Stopped)
        talk.playback_stopped(150.0)
        assert (await ear.until(ReplySound)).reply == 2
        await ear.until(ReplyOver)
        # What the service cannot do is nobody's error.
        assert not [each for each in ear.facts if isinstance(each, ServerError)]
        told = lambda: "conversation.item.truncate" in server.seen[0].kinds  # noqa: E731
        await asyncio.to_thread(server.wait_for, told)

    converse(server, scene)
    (truncate,) = (each for each in server.seen[0].received if "audio_end_ms" in each)
    assert (truncate["item_id"], truncate["audio_end_ms"]) == ("i-1", 150)


def test_what_is_sent_is_counted(server):
    conversing(server)
    converse(server, one_turn)
    assert [(each.kind, each.n_bytes) for each in BORDER.take()] == [("audio", 2 * len(SPEECH))]
    conversing(server)
    converse(server, one_turn, Lamp())
    assert {each.kind for each in BORDER.take()} == {"audio", "tools"}


# -- as it should not be -------------------------------------------------------------------------

POINTS = (
    "conversation.created",
    "session.updated",
    "conversation.item.input_audio_transcription.completed",
    "response.created",
    "response.output_item.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio_transcript.done",
    "response.done",
)


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize("do", ["cut", "close"])
def test_a_conversation_that_is_lost_anywhere_is_told(server, at, do):
    conversing(server)
    server.faults.append(Fault(at, do))
    with pytest.raises(UplinkLostError, match="xAI"):
        converse(server, one_turn)
    conversing(server)
    assert converse(server, one_turn).trouble == ""


@pytest.mark.parametrize("at", ["speech_started", "speech_stopped"])
def test_a_conversation_that_is_lost_while_the_service_listens_is_told(server, at):
    conversing(server)
    server.faults.append(Fault(f"input_audio_buffer.{at}", "cut"))
    with pytest.raises(UplinkLostError, match="xAI"):
        converse(server, one_turn, turn_detection="server_vad")


@pytest.mark.parametrize("at", POINTS)
def test_a_conversation_that_stalls_anywhere_is_told(server, monkeypatch, at):
    # Only where nothing is said: on a busy machine a greeting may take a while.
    monkeypatch.setattr(xai_realtime, "READY_S", 0.2 if at in POINTS[:2] else 10.0)
    monkeypatch.setattr(xai_realtime_protocol, "VERDICT_S", 0.2)
    monkeypatch.setattr(xai_realtime_protocol, "REPLY_S", 0.2)
    conversing(server)
    server.faults.append(Fault(at))

    async def scene(talk: FullTalk, ear: Ear) -> None:
        say(talk)
        missing = (await ear.until(Unanswered)).missing
        assert missing in ("verdict", "reply", "end")

    if at in POINTS[:2]:
        with pytest.raises(UplinkLostError, match="does not begin the conversation"):
            converse(server, scene)
    else:
        converse(server, scene)


@pytest.mark.parametrize("do", ["garbage", "binary", "twice"])
@pytest.mark.parametrize("at", ["conversation.created", "response.created", "response.done"])
def test_what_cannot_be_read_or_comes_twice_is_passed_over(server, at, do):
    conversing(server)
    server.faults.append(Fault(at, do))
    converse(server, one_turn)


def test_an_error_is_told_and_the_conversation_goes_on(server):
    conversing(server)
    server.faults.append(Fault("response.created", "error"))

    async def scene(talk: FullTalk, ear: Ear) -> None:
        say(talk)
        assert (await ear.until(ServerError)).text == "no more [31m today"
        await ear.until(ReplyOver)

    converse(server, scene)


def test_a_message_that_is_too_long_ends_it(server):
    conversing(server)
    server.faults.append(Fault("response.output_audio.delta", "huge"))
    with pytest.raises(UplinkError, match="a message that is too big"):
        converse(server, one_turn)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "key"), (429, "too many"), (503, "cannot serve")]
)
def test_after_a_refusal_it_is_left_alone_longer_each_time(server, status, words):
    server.faults += [Fault("upgrade", code=status)] * 2
    conversing(server)

    async def scene() -> None:
        changed = asyncio.Event()
        client = XAIRealtime(
            XAIRealtimeConfig(url=server.url("realtime")),
            backoff=Backoff(first_s=0.02, longest_s=1.0),
            chance=lambda: 1.0,
        )
        client.on_change = changed.set
        loop, pauses_s = asyncio.get_running_loop(), list[float]()
        for _ in range(2):
            with pytest.raises(UplinkError, match=words):
                async with client.talk():
                    pass
            assert client.abilities == frozenset()
            assert words in client.trouble
            began_s = loop.time()
            while client.trouble:
                changed.clear()
                await changed.wait()
            pauses_s.append(loop.time() - began_s)
            assert client.abilities == {"full"}
        assert pauses_s[0] >= 0.02
        assert pauses_s[1] >= 0.04
        async with client.talk() as talk:
            await one_turn(talk, Ear(talk))
        await client.aclose()

    asyncio.run(scene())


def test_it_is_tried_at_once_when_the_owner_goes_online(server):
    server.faults.append(Fault("upgrade", code=503))

    async def scene() -> None:
        client = XAIRealtime(XAIRealtimeConfig(url=server.url("realtime")))
        changed = asyncio.Event()
        client.on_change = changed.set
        client.start()
        with pytest.raises(UplinkError):
            async with client.talk():
                pass
        for offline, words in ((True, "go online"), (False, "")):
            changed.clear()
            BORDER.offline = offline
            async with asyncio.timeout(20.0):
                await changed.wait()
            assert words in client.trouble
            assert client.abilities == (frozenset() if offline else {"full"})
        await client.aclose()

    asyncio.run(scene())


def test_offline_nobody_is_asked(server):
    BORDER.offline = True
    with pytest.raises(UplinkError, match="go online"):
        converse(server, one_turn)
    assert not server.seen


def test_going_offline_ends_a_conversation(server):
    conversing(server)

    async def scene(talk: FullTalk, ear: Ear) -> None:
        await one_turn(talk, ear)
        talk.begin_speech()
        BORDER.offline = True
        with pytest.raises(UplinkError, match="go online"):
            talk.begin_speech()
        talk.send(SPEECH)
        await one_turn(talk, ear)

    with pytest.raises(UplinkError, match="go online"):
        converse(server, scene)


def test_going_offline_ends_a_conversation_in_which_nobody_speaks(server):
    conversing(server)

    async def scene(talk: FullTalk, ear: Ear) -> None:
        await one_turn(talk, ear)
        BORDER.offline = True
        await ear.until(Unanswered)

    with pytest.raises(UplinkError, match="go online"):
        converse(server, scene)


def test_tools_that_may_not_leave_are_not_told(server):
    conversing(server)
    BORDER.allow(("audio", "text"))
    converse(server, one_turn, Lamp())
    assert server.seen[0].received[0]["session"]["tools"] is None


def test_a_network_that_takes_nothing_is_left(server, monkeypatch):
    conversing(server)
    monkeypatch.setattr(xai_realtime_talk, "WAITING_MOST", 20)

    async def scene(talk: FullTalk, ear: Ear) -> None:
        talk.begin_speech()
        # All at once: the loop has no time to send any.
        for _ in range(30):
            talk.send(SPEECH)
        await ear.until(ReplyOver)

    with pytest.raises(UplinkLostError, match="takes nothing any more"):
        converse(server, scene)


def test_a_tool_that_fails_ends_the_conversation_and_is_a_bug(server):
    class Broken(Lamp):
        async def run(self, call: ToolCall) -> ToolResult:
            raise RuntimeError("broken")

    conversing(server, Answer("", ("lamp", "{}", "c-1")))
    with pytest.raises(UplinkError, match="failed on this side"):
        converse(server, one_turn, Broken())


def test_neither_key_nor_words_are_in_the_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    conversing(server, Answer("It is nine."))
    converse(server, one_turn)
    ours = [each for each in caplog.records if each.name != "websockets.server"]
    told = [each.getMessage() for each in ours]
    assert not [each for each in told if KEY in each or "nine" in each or "said" in each]


def test_a_wrong_setting_is_told(server):
    with pytest.raises(ConfigError, match=r"uplink\.xai\.url"):
        XAIRealtime(XAIRealtimeConfig(url="https://api.x.ai/v1/realtime"))
    with pytest.raises(ConfigError, match=r"uplink\.xai\.key"):
        XAIRealtime(XAIRealtimeConfig(key=""))
