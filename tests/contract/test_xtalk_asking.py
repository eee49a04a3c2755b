"""The client asks servers of every generation for words and for speech."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clocks import in_real_time
from tests.fake_xtalk import (
    Close,
    Duplicate,
    FakeXTalk,
    Fault,
    Kill,
    Point,
    Say,
    Stall,
    Swap,
    reply,
)
from tests.fake_xtalk.faults import Deed
from tests.uplink_parts import all_of, client_of, connected
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.cloud import Cloud
from xtalk_edge.uplink.xtalk import turn as xtalk_turn
from xtalk_edge.uplink.xtalk.client import NO_SPEAKING, NO_TEXTS

WITH_TEXTS: list[tuple[Any, dict[str, Any]]] = [
    ("G1", {"plugin": True}),
    ("G1.5", {"plugin": True}),
    ("G2", {"plugin": True}),
    ("G3", {}),
    ("G3", {"hello": "none", "token": "", "login": False}),
]
WITH_VOICE: list[Any] = ["G1", "G1.5", "G2", "G3"]


@pytest.fixture(autouse=True)
def _open_border() -> Iterator[None]:
    BORDER.take()
    yield
    BORDER.offline = False
    BORDER.allow(("audio", "text", "tools"))


# -- words up, words down ----------------------------------------------------------------------


@pytest.mark.parametrize(("generation", "traits"), WITH_TEXTS)
@in_real_time
async def test_a_text_is_answered_piece_by_piece(generation: Any, traits: dict[str, Any]) -> None:
    replies = [reply("It is ten.", "Or so."), reply("Eleven.")]
    server = FakeXTalk(generation, replies=replies, **traits)
    async with server, connected(server.url, "agent") as client:
        assert await all_of(client.answer("what time is it")) == ["It is ten.", " Or so."]
        assert await all_of(client.answer("and now")) == ["Eleven."]
        assert client.abilities == {"agent"}
        sent = [message for message in server.received.all if message.action == "submit_text"]
        assert [message.data["text"] for message in sent] == ["what time is it", "and now"]
        assert "audio" not in {each.kind for each in BORDER.take()}


@in_real_time
async def test_it_is_what_the_policy_wants() -> None:
    async with FakeXTalk("G3") as server, connected(server.url, "agent") as client:
        cloud: Cloud = client
        assert cloud.abilities == {"agent"}
        assert cloud.trouble == ""
        assert [piece async for piece in cloud.answer("hello")]


@in_real_time
async def test_what_was_sent_is_counted() -> None:
    server = FakeXTalk("G3")
    async with server, connected(server.url, "agent") as client:
        await all_of(client.answer("what time is it"))
        (sent,) = BORDER.take()
        assert (sent.host, sent.kind) == ("127.0.0.1", "text")
        assert sent.n_bytes == len('{"action":"submit_text","text":"what time is it"}')


@in_real_time
async def test_what_may_not_leave_does_not() -> None:
    server = FakeXTalk("G1", plugin=True)
    async with server, connected(server.url, "agent", "tts", "full") as client:
        BORDER.allow(())
        for ask in (client.answer("what time is it"), client.speech("hello")):
            with pytest.raises(UplinkError, match="text may not leave"):
                await anext(ask)
        async with client.talk() as talk:
            with pytest.raises(UplinkError, match="audio may not leave"):
                talk.begin_speech()
        assert not {"submit_text", "speak", "vad_speech_start"} & set(server.received.actions())


@in_real_time
async def test_who_goes_offline_in_mid_sentence_sends_no_more_of_it() -> None:
    server = FakeXTalk("G1")
    async with server, connected(server.url) as client, client.talk() as talk:
        talk.begin_speech(bytes(1024))
        await server.received.wait("binary")
        BORDER.allow(())
        talk.send(bytes(4096))
        talk.end_speech()
        await server.received.wait("vad_speech_end")
        assert server.received.actions().count("binary") == 1


@in_real_time
async def test_an_early_server_without_the_plugin_takes_no_texts() -> None:
    async with FakeXTalk("G1") as server, client_of(server.url, "agent", "tts") as watched:
        assert await watched.trouble("plugin") == NO_TEXTS
        assert watched.client.abilities == frozenset()
        with pytest.raises(UplinkError, match="plugin"):
            await anext(watched.client.answer("hello"))
        with pytest.raises(UplinkError) as raised:
            await anext(watched.client.speech("hello"))
        assert str(raised.value) == NO_SPEAKING
        with pytest.raises(UplinkError, match="not used for that"):
            async with watched.client.talk():
                raise AssertionError("it was not asked for")


def test_that_a_late_server_takes_no_texts_is_found_out_by_asking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xtalk_turn, "RECEIPT_S", 0.1)

    async def main() -> None:
        async with FakeXTalk("G2") as server, client_of(server.url, "agent") as watched:
            await watched.until(lambda client: client.abilities)
            with pytest.raises(UplinkError, match="did not take the text"):
                await anext(watched.client.answer("hello"))
            assert watched.client.trouble == NO_TEXTS

    asyncio.run(main())


@pytest.mark.parametrize(
    ("generation", "plugin", "sign"),
    [("G1", True, "stop"), ("G3", True, "stop"), ("G3", False, "vad_speech_end")],
)
@in_real_time
async def test_an_answer_that_nobody_wants_any_more_is_stopped(
    generation: Any, plugin: bool, sign: str
) -> None:
    server = FakeXTalk(generation, plugin=plugin, faults=[Fault(Point.MID_TEXT, Stall())])
    async with server, connected(server.url, "agent") as client:
        answer = client.answer("what time is it")
        assert await anext(answer) == "It is ten past four,"
        await answer.aclose()
        await server.received.wait(sign)
        server.release()
        assert await all_of(client.answer("again")) == [
            "It is ten past four,", " and the sun is out.", " Anything else?"
        ]  # fmt: skip


@in_real_time
async def test_the_servers_failure_is_told() -> None:
    server = FakeXTalk("G1", plugin=True, replies=reply(error="LLM is not configured"))
    async with server, connected(server.url, "agent") as client:
        with pytest.raises(UplinkError, match="could not answer: LLM is not configured"):
            await anext(client.answer("hello"))


@in_real_time
async def test_a_server_without_a_voice_answers_in_words() -> None:
    server = FakeXTalk("G1", plugin=True, has_tts=False, replies=reply("One.", "Two."))
    async with server, connected(server.url, "agent") as client:
        assert await all_of(client.answer("hello")) == ["One.", " Two."]


@in_real_time
async def test_an_answer_without_words_is_none() -> None:
    server = FakeXTalk("G3", faults=[Fault(Point.FINISH_ASR, Say(EMPTY), turn=1)])
    async with server, connected(server.url, "agent") as client:
        with pytest.raises(UplinkError, match="no words"):
            await all_of(client.answer("hello"))


EMPTY = {"action": "finish_resp", "data": {"text": "", "response_id": "response-1"}}


@pytest.mark.parametrize("text", ["", " ", "long " * 2_000])
@in_real_time
async def test_a_text_that_cannot_be_sent_is_refused(text: str) -> None:
    async with FakeXTalk("G3") as server, connected(server.url, "agent") as client:
        with pytest.raises(UplinkError, match=r"words|8 KiB"):
            await anext(client.answer(text))
        assert "submit_text" not in server.received.actions()


# -- words up, sound down ----------------------------------------------------------------------


@pytest.mark.parametrize("generation", WITH_VOICE)
@in_real_time
async def test_a_text_is_spoken(generation: Any) -> None:
    server = FakeXTalk(generation, plugin=True)
    async with server, connected(server.url, "tts") as client:
        first = b"".join(await all_of(client.speech("Hello there.")))
        second = b"".join(await all_of(client.speech("And again.")))
        assert len(first) == len(second) == 2 * 48 * 200
        assert client.abilities == {"tts"}


@in_real_time
async def test_speech_that_comes_as_wav_files_is_made_what_it_should_be() -> None:
    server = FakeXTalk("G1", plugin=True, sound="wav")
    async with server, connected(server.url, "tts") as client:
        spoken = b"".join(await all_of(client.speech("Hello.")))
        assert len(spoken) == 2 * 48 * 200


@in_real_time
async def test_speech_that_nobody_wants_any_more_is_stopped() -> None:
    server = FakeXTalk("G1", plugin=True)
    async with server, connected(server.url, "tts") as client:
        speech = client.speech("Hello.")
        await anext(speech)
        await speech.aclose()
        await server.received.wait("stop")


@in_real_time
async def test_a_voice_that_fails_is_told() -> None:
    broken = Say({"action": "error", "data": "TTS model is not configured"})
    server = FakeXTalk("G1", plugin=True, faults=[Fault(Point.START_TTS, broken)])
    async with server, connected(server.url, "tts") as client:
        with pytest.raises(UplinkError, match="could not speak: TTS model is not configured"):
            await all_of(client.speech("Hello."))


@in_real_time
async def test_who_thinks_and_who_speaks_do_not_disturb_each_other() -> None:
    server = FakeXTalk("G1", plugin=True, faults=[Fault(Point.MID_TEXT, Stall(), connection=1)])
    async with server, connected(server.url, "agent", "tts") as client:
        answer = client.answer("what time is it")
        piece = await anext(answer)
        assert await all_of(client.speech(piece))
        server.release()
        assert len(await all_of(answer)) == 2
        assert server.n_open == 2


# -- trouble in the middle ---------------------------------------------------------------------


@pytest.mark.parametrize("deed", [Kill(), Close(1011), Close(1012, "restart"), Close(1000)])
@in_real_time
async def test_a_server_that_is_lost_in_the_middle_is_told_at_once(deed: Deed) -> None:
    server = FakeXTalk("G3", faults=[Fault(Point.MID_TEXT, deed, turn=1)])
    async with server, connected(server.url, "agent") as client:
        with pytest.raises(UplinkError, match="server"):
            await all_of(client.answer("what time is it"))


@in_real_time
async def test_after_a_loss_the_next_question_is_answered() -> None:
    server = FakeXTalk("G3", faults=[Fault(Point.MID_TEXT, Kill(), connection=2)])
    async with server, client_of(server.url, "agent") as watched:
        await watched.until(lambda client: client.abilities)
        with contextlib.suppress(UplinkError):
            await all_of(watched.client.answer("what time is it"))
        await watched.until(lambda client: client.abilities)
        assert len(await all_of(watched.client.answer("and now"))) == 3


@pytest.mark.parametrize("generation", ["G1", "G1.5", "G2", "G3"])
@in_real_time
async def test_messages_that_come_twice_say_nothing_twice(generation: Any) -> None:
    faults = [Fault(Point.READY, Duplicate())]
    server = FakeXTalk(generation, plugin=True, faults=faults)
    async with server, connected(server.url, "agent") as client:
        for _ in range(2):
            pieces = await all_of(client.answer("what time is it"))
            assert "".join(pieces) == "It is ten past four, and the sun is out. Anything else?"


@pytest.mark.parametrize(
    ("generation", "point"),
    [
        ("G1", Point.FIRST_TEXT),
        ("G1", Point.MID_TEXT),
        ("G1", Point.START_TTS),
        ("G3", Point.FIRST_TEXT),
        ("G3", Point.MID_TEXT),
        ("G3", Point.START_TTS),
    ],
)
@in_real_time
async def test_messages_in_the_wrong_order_lose_nothing(generation: Any, point: Point) -> None:
    server = FakeXTalk(generation, plugin=True, faults=[Fault(point, Swap())])
    async with server, connected(server.url, "agent") as client:
        pieces = await all_of(client.answer("what time is it"))
        assert "".join(pieces) == "It is ten past four, and the sun is out. Anything else?"


@in_real_time
async def test_nonsense_in_the_middle_is_passed_over() -> None:
    rubbish = Say("<html>", '{"action": "update_resp", "data": {"text": 3}}', b'{"action": "x"}')
    server = FakeXTalk("G3", faults=[Fault(Point.FIRST_TEXT, rubbish)])
    async with server, connected(server.url, "agent") as client:
        assert len(await all_of(client.answer("what time is it"))) == 3


@in_real_time
async def test_who_talks_nothing_but_nonsense_is_left() -> None:
    rubbish = Say(*["<html>"] * 200)
    server = FakeXTalk("G3", faults=[Fault(Point.FIRST_TEXT, rubbish, turn=1)])
    async with server, connected(server.url, "agent") as client:
        with pytest.raises(UplinkError, match="no X-Talk server"):
            await all_of(client.answer("what time is it"))


@in_real_time
async def test_a_message_too_big_to_be_sound_ends_the_connection() -> None:
    huge = Say(bytes(17 * 2**20))
    server = FakeXTalk("G3", faults=[Fault(Point.FIRST_TEXT, huge, turn=1)])
    async with server, connected(server.url, "agent") as client:
        with pytest.raises(UplinkError, match="a message that is too big"):
            await all_of(client.answer("what time is it"))
