"""The client in a spoken conversation with servers of every generation: the ten rules by name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.clocks import in_real_time
from tests.fake_xtalk import FakeXTalk, Fault, Point, Say, Stall, hearing, reply
from tests.uplink_parts import client_of, connected, next_of
from xtalk_edge.uplink.xtalk import turn as xtalk_turn
from xtalk_edge.uplink.xtalk.client import XTalkClient
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    Hearing,
    Paused,
    Rejected,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Resumed,
    SpeechNoticed,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.generation import Generation
from xtalk_edge.uplink.xtalk.messages import LatencyMetrics, ToolCalled
from xtalk_edge.uplink.xtalk.talk import Talk

GENERATIONS = ("G1", "G1.5", "G2", "G3")
SPEECH = b"\x00\x10" * 16_000
"""A second of it, loud enough for any voice activity detector."""


@pytest.fixture(autouse=True)
def _patient_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine put together what was sent apart, as networks do."""
    monkeypatch.setattr(hearing, "SETTLE_S", 0.0)


async def say(talk: Talk, pcm: bytes = SPEECH) -> None:
    """Speak, in pieces as they come from a microphone."""
    talk.begin_speech(pcm[:9_600])
    for at in range(9_600, len(pcm), 640):
        talk.send(pcm[at : at + 640])
    talk.end_speech()


async def hear_out(talk: Talk) -> list[Fact]:
    """Play a reply to its end, faster than any loudspeaker; return all that was told."""
    told: list[Fact] = []
    async with asyncio.timeout(10):
        async for fact in talk.facts:
            told.append(fact)
            if isinstance(fact, ReplySound):
                talk.played(fact)
            if isinstance(fact, ReplyOver):
                talk.playback_finished()
            if any(isinstance(each, ReplyOver) for each in told) and any(
                isinstance(each, ReplyTextComplete) for each in told
            ):
                return told
    raise AssertionError("facts come until there is an error")


def sound_s(told: list[Fact]) -> float:
    return sum(len(fact.pcm) / 2 / fact.rate_hz for fact in told if isinstance(fact, ReplySound))


def text(told: list[Fact]) -> str:
    return "".join(fact.piece for fact in told if isinstance(fact, ReplyText))


@pytest.mark.parametrize("generation", GENERATIONS)
@in_real_time
async def test_a_turn(generation: Any) -> None:
    async with FakeXTalk(generation, replies=reply("It is ten.", "Or so.")) as server:
        async with connected(server.url) as client, client.talk() as talk:
            await say(talk)
            told = await hear_out(talk)
            await server.received.wait("tts_playback_finished")
            assert client.lines["full"].generations == {Generation(generation)}
        heard = [fact for fact in told if isinstance(fact, Heard)]
        assert heard == [Heard("what time is it", is_receipt=False)]
        assert text(told) == "It is ten. Or so."
        assert sound_s(told) == pytest.approx(0.4)
        acks = [ack.data for ack in server.received.of("tts_chunk_played")]
        n_sounds = sum(isinstance(fact, ReplySound) for fact in told)
        assert len(acks) == n_sounds
        assert all(("chunk_index" in ack) == (generation == "G1") for ack in acks)
        assert all(("response_id" in ack) == (generation == "G3") for ack in acks)


@pytest.mark.parametrize("generation", ["G1", "G1.5"])
@in_real_time
async def test_rule_1_nothing_is_sent_before_the_server_has_greeted(generation: Any) -> None:
    server = FakeXTalk(generation, faults=[Fault(Point.HELLO, Stall())])
    async with server, client_of(server.url) as watched:
        await server.stalled()
        assert server.received.all == []
        server.release()
        await watched.until(lambda client: client.abilities)


@in_real_time
async def test_rule_1_what_is_unknown_is_passed_over() -> None:
    strange = Say({"action": "brand_new", "data": [1]}, {"type": "older"}, "no JSON", "[1]", b"")
    server = FakeXTalk("G1", faults=[Fault(Point.FINISH_ASR, strange)])
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        assert text(await hear_out(talk)).startswith("It is ten past four")


@in_real_time
async def test_rule_2_a_message_of_more_than_a_mebibyte() -> None:
    server = FakeXTalk("G1", replies=reply("Long.", audio_ms=12_000))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        sound = await next_of(talk, ReplySound)
        assert len(sound.pcm) > 2**20


@in_real_time
async def test_rule_3_no_compression_and_pings_are_answered() -> None:
    asked: list[str | None] = []
    ponged = asyncio.Event()

    async def host(socket: ServerConnection) -> None:
        assert socket.request is not None
        asked.append(socket.request.headers.get("Sec-WebSocket-Extensions"))
        await socket.send('{"action": "session_info", "data": {"session_id": "s"}}')
        await (await socket.ping())
        ponged.set()
        await socket.wait_closed()

    async with serve(host, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connected(f"ws://127.0.0.1:{port}/ws"):
            async with asyncio.timeout(5):
                await ponged.wait()
    assert asked == [None]


@in_real_time
async def test_rule_4_speech_goes_up_in_frames_of_512_samples() -> None:
    async with FakeXTalk("G1") as server:
        async with connected(server.url) as client, client.talk() as talk:
            await say(talk)
            await server.received.wait("vad_speech_end")
        said = [each for each in server.received.all if each.action in ("binary", *MARKS)]
        assert said[0].action == "vad_speech_start"
        assert said[-1].action == "vad_speech_end"
        frames = said[1:-1]
        assert {len(frame.message) for frame in frames} == {1024}
        assert b"".join(
            bytes(f.message) for f in frames if isinstance(f.message, bytes)
        ).startswith(SPEECH)


MARKS = ("vad_speech_start", "vad_speech_end")


@in_real_time
async def test_rule_5_sound_that_comes_faster_than_it_sounds_is_kept() -> None:
    long = reply("One.", "Two.", "Three.", audio_ms=5_000)
    server = FakeXTalk("G1.5", replies=long)
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        await server.sent.wait("binary", nth=3)
        told: list[Fact] = []
        for _ in range(3):
            await next_of(talk, ReplySound, told)
        assert sound_s(told) == 15.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("times", "words"),
    [
        ("never", "early"),
        ("never", "late"),
        ("once", "between"),
        ("each piece", "early"),
        ("each piece", "late"),
        ("early", "between"),
    ],
)
@in_real_time
async def test_rule_6_that_speech_was_made_marks_no_end(times: str, words: str) -> None:
    server = FakeXTalk(
        "G1", replies=reply("One.", "Two."), tts_finished=times, finish_resp=words
    )  # fmt: skip
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        told = await hear_out(talk)
        assert sound_s(told) == pytest.approx(0.4)
        assert text(told) == "One. Two."
        assert not any(isinstance(fact, Unanswered) for fact in told)


@in_real_time
async def test_rule_7_all_was_heard_is_said_when_all_was_heard() -> None:
    async with FakeXTalk("G1", tts_finished="each piece") as server:
        async with connected(server.url) as client, client.talk() as talk:
            await say(talk)
            await hear_out(talk)
            await server.received.wait("tts_playback_finished")
        actions = server.received.actions()
        assert actions.count("tts_playback_finished") == 1
        assert actions.index("tts_playback_finished") > max(
            at for at, action in enumerate(actions) if action == "tts_chunk_played"
        )


@in_real_time
async def test_rule_7_a_second_turn_can_be_rejected() -> None:
    server = FakeXTalk("G1", hears=("what time is it", "嗯"))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        await hear_out(talk)
        await server.received.wait("tts_playback_finished")
        await say(talk)
        await next_of(talk, Rejected)


@in_real_time
async def test_rule_8_a_reply_goes_on_that_nobody_told_to() -> None:
    server = FakeXTalk("G1", hears=("what time is it", "嗯"))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        await next_of(talk, ReplyTextComplete)
        await next_of(talk, ReplySound)
        await say(talk)
        told: list[Fact] = []
        assert await next_of(talk, Resumed, told) == Resumed(by_server=False)
        assert not any(isinstance(fact, Rejected | Paused) for fact in told)


@in_real_time
async def test_rule_8_a_reply_stands_still_while_the_agent_still_thinks() -> None:
    slow = Fault(Point.MID_TEXT, Stall(), turn=1)
    server = FakeXTalk("G1", hears=("what time is it", "嗯"), faults=[slow])
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        await server.stalled()
        await say(talk)
        await next_of(talk, Paused)
        assert await next_of(talk, Resumed) == Resumed(by_server=True)


def test_rule_9_there_may_be_no_answer_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xtalk_turn, "VERDICT_S", 0.2)

    async def main() -> None:
        server = FakeXTalk("G1", hears=("",))
        async with server, connected(server.url) as client, client.talk() as talk:
            await say(talk)
            assert await next_of(talk, Unanswered) == Unanswered("verdict")

    asyncio.run(main())


@in_real_time
async def test_rule_10_the_two_counts_of_turns_diverge() -> None:
    async with FakeXTalk("G1", hears=("嗯", "what time is it")) as server:
        async with connected(server.url) as client, client.talk() as talk:
            await say(talk)
            await next_of(talk, Rejected)
            await say(talk)
            told = await hear_out(talk)
            assert text(told).startswith("It is ten past four")
        heard, answered = server.sent.of("finish_asr")[0], server.sent.of("finish_resp")[0]
        assert heard.data["turn_id"] != answered.data["turn_id"]


# -- what differs between generations --------------------------------------------------------


@pytest.mark.parametrize("generation", GENERATIONS)
@in_real_time
async def test_speech_over_a_reply_that_is_a_turn_stops_it(generation: Any) -> None:
    server = FakeXTalk(generation, replies=reply("One.", "Two.", audio_ms=500))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        await next_of(talk, ReplySound)
        await say(talk)
        # Early servers also say so at the beginning of every turn.
        await next_of(talk, Stopped)
        talk.playback_stopped(120.0)
        await next_of(talk, Heard)
        stopped = await server.received.wait("tts_playback_stopped")
        assert stopped.data["played_audio_ms"] == 120
        assert ("response_id" in stopped.data) == (generation == "G3")


@in_real_time
async def test_late_servers_send_no_more_than_was_heard_and_a_little() -> None:
    server = FakeXTalk("G2", replies=reply("One.", audio_ms=1_000))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        first = await next_of(talk, ReplySound)
        await server.sent.wait("binary", nth=3)
        await client_round_trip(client, server)
        assert server.sent.actions().count("binary") == 3
        talk.played(first)
        await server.sent.wait("binary", nth=4)


async def client_round_trip(client: XTalkClient, server: FakeXTalk) -> None:
    """Wait until the server has done what it was told before."""
    n_told = len(server.sent.of("edge_capabilities"))
    n_heard = len(server.received.of("ping"))
    link = client.lines["full"]._link
    assert link is not None
    await link._socket.send('{"action": "ping", "timestamp": 1}')
    await server.received.wait("ping", nth=n_heard + 1)
    await server.sent.wait("pong", nth=n_heard + 1)
    assert len(server.sent.of("edge_capabilities")) == n_told


@pytest.mark.parametrize("generation", ["G2", "G3"])
@in_real_time
async def test_late_servers_that_hear_by_themselves_say_so(generation: Any) -> None:
    server = FakeXTalk(generation, server_vad=True)
    async with server, connected(server.url) as client, client.talk() as talk:
        talk.begin_speech(SPEECH)
        talk.send(bytes(32_000))
        assert await next_of(talk, SpeechNoticed) == SpeechNoticed(is_start=False)


@in_real_time
async def test_partial_texts_tools_and_figures() -> None:
    async with FakeXTalk("G1", replies=reply("One.", tool="get_time")) as server:
        async with connected(server.url) as client, client.talk() as talk:
            await say(talk)
            told = await hear_out(talk)
        assert any(isinstance(fact, Hearing) for fact in told)
        assert ToolCalled("get_time", "{}") in told
        (metrics,) = [fact for fact in told if isinstance(fact, LatencyMetrics)]
        assert metrics.values_ms["asr_latency_ms"] == 31


@in_real_time
async def test_a_server_without_a_voice_sends_words() -> None:
    server = FakeXTalk("G1", has_tts=False, replies=reply("One."))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        assert (await next_of(talk, ReplyTextComplete)).text == "One."


@in_real_time
async def test_a_wav_file_in_place_of_sound() -> None:
    server = FakeXTalk("G1", sound="wav", replies=reply("One."))
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        sound = await next_of(talk, ReplySound)
        assert (len(sound.pcm), sound.rate_hz) == (6_400, 16_000)
        assert not sound.pcm.startswith(b"RIFF")


@pytest.mark.parametrize("generation", GENERATIONS)
@in_real_time
async def test_a_reply_that_is_stopped_by_the_device(generation: Any) -> None:
    plenty = reply(*["One."] * 20, audio_ms=500)
    server = FakeXTalk(generation, plugin=True, replies=plenty)
    async with server, connected(server.url) as client, client.talk() as talk:
        await say(talk)
        await next_of(talk, ReplySound)
        talk.stop()
        await server.received.wait("stop")
        await next_of(talk, Stopped)
