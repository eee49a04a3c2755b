"""The fake X-Talk server hears, validates and is interrupted as the real ones are."""

import asyncio

import pytest

from tests.clocks import in_real_time
from tests.fake_xtalk import FakeXTalk, Generation, Piece, Reply, reply
from tests.fake_xtalk.hearing import Ears, verdict_on
from tests.plain_client import FRAME, PlainClient, client_of

SLOW = Reply((Piece("One."), Piece(" Two.", after_s=30.0)))
"""Its agent is still thinking for as long as a test lasts."""

LOUD_FRAME = bytes([0, 0x20]) * 512


@pytest.mark.parametrize(
    ("text", "heard_s", "verdict"),
    [
        ("what time is it", 1.0, "valid"),
        ("what time is it", 0.99, "invalid"),
        ("", 3.0, "empty"),
        ("a", 3.0, "invalid"),
        ("嗯", 3.0, "invalid"),
        ("<EMPTY>", 3.0, "invalid"),
        ("yes <complete>", 3.0, "valid"),
        ("mhm <backchannel>", 3.0, "invalid"),
        ("I would like <incomplete>", 3.0, "incomplete"),
        ("one moment <wait>", 3.0, "incomplete"),
    ],
)
def test_a_turn_counts_by_its_sound_and_words(text: str, heard_s: float, verdict: str) -> None:
    assert verdict_on(text, heard_s) == verdict


def test_a_burst_at_the_beginning_is_lost() -> None:
    ears = Ears()
    ears.begin("what time is it", 5.0)
    for _ in range(40):
        ears.hear(FRAME, 5.01)
    assert ears.heard_s == pytest.approx(3 * 0.032)
    ears.hear(FRAME, 5.03)
    assert ears.heard_s == pytest.approx(4 * 0.032)


def test_silence_before_speech_counts_as_sound_but_not_all_of_it() -> None:
    ears = Ears()
    for _ in range(100):
        ears.hear(FRAME, 1.0)
    ears.begin("stop", 5.0)
    assert ears.heard_s == pytest.approx(0.64)


@in_real_time
async def test_a_valid_turn_in_order() -> None:
    async with FakeXTalk("G1") as server, client_of(server) as client:
        await client.speak(1.3)
        await client.wait("tts_finished")
        names = [a for a in client.actions if a != "tts_chunk_meta"]
        n_partials = names.count("update_asr")
        assert n_partials == 4, "one a word"
        assert names[: n_partials + 5] == [
            "session_info",
            *["update_asr"] * n_partials,
            "stop_tts",
            "finish_asr",
            "update_resp",
            "start_tts",
        ]
        assert client.actions.count("latency_metrics") == 1
        heard = {"text": "what time is it", "confidence": 0.0, "is_final": True, "turn_id": 1}
        assert client.last("finish_asr") == heard


@in_real_time
async def test_short_turns_add_up_and_counters_diverge() -> None:
    async with FakeXTalk("G1") as server, client_of(server) as client:
        await client.speak(0.48)
        await client.wait("invalid_asr_result")
        await client.speak(0.58)
        await client.wait("finish_resp")
        assert client.last("finish_asr")["turn_id"] == 2
        assert client.last("finish_resp")["turn_id"] == 1


@in_real_time
async def test_an_invalid_turn_is_not_told_until_playback_was_acknowledged() -> None:
    async with FakeXTalk("G1") as server, client_of(server) as client:
        await client.speak(1.3)
        await client.wait("tts_finished")
        await client.speak(0.3)
        await client.silence()
        assert not {"invalid_asr_result", "pause_tts", "resume_tts"}.intersection(client.actions)
        await client.say("tts_playback_finished")
        await client.speak(0.3)
        await client.wait("invalid_asr_result")


@in_real_time
async def test_an_empty_turn_is_answered_with_silence() -> None:
    async with (
        FakeXTalk("G1", hears=["", "hello there"]) as server,
        client_of(server) as client,
    ):
        await client.speak(1.3)
        await client.silence()
        assert client.actions == ["session_info"]


@in_real_time
async def test_a_barge_in_that_does_not_count_is_resumed() -> None:
    async with (
        FakeXTalk("G1", plugin=True, replies=SLOW) as server,
        client_of(server) as client,
    ):
        await client.say("submit_text", text="hello")
        await client.wait("update_resp")
        await client.speak(0.3)
        await client.wait("resume_tts")
        assert client.actions.count("pause_tts") == 1
        assert "invalid_asr_result" not in client.actions


@in_real_time
async def test_a_barge_in_that_counts_truncates_the_reply() -> None:
    server = FakeXTalk("G1", plugin=True, replies=[SLOW, reply("Yes.")])
    async with server, client_of(server) as client:
        await client.say("submit_text", text="hello")
        await client.wait("update_resp")
        await client.speak(1.3)
        await client.wait("tts_finished")
        told = [a for a in client.actions if a not in ("update_asr", "tts_chunk_meta")]
        assert told[-10:-6] == ["pause_tts", "finish_resp", "stop_tts", "finish_asr"]
        session = client.last("session_info")["session_id"]
        assert server.history[session][0] == ("hello", "One.")


@pytest.mark.parametrize("generation", ["G2", "G3"])
@in_real_time
async def test_later_generations_stop_as_soon_as_somebody_speaks(generation: Generation) -> None:
    server = FakeXTalk(generation, plugin=True)
    async with server, client_of(server) as client:
        await client.say("submit_text", text="hello")
        await client.wait("binary", 3)
        await acknowledge(client, 2)
        await client.wait("update_resp")
        await client.say("vad_speech_start", timestamp=0)
        await client.wait("stop_tts")
        await client.say("tts_playback_stopped", played_audio_ms=250)
        await client.wait("finish_resp")
        assert client.last("finish_resp")["text"] == "It is ten past four,"
        assert client.last("stop_tts") == (client.last("start_tts"))


@in_real_time
async def test_a_turn_detector_lets_backchannels_pass() -> None:
    server = FakeXTalk("G3", turn_detector=True, hears=["mhm <backchannel>", "stop it"])
    async with server, client_of(server) as client:
        await client.say("submit_text", text="hello")
        await client.wait("binary", 3)
        await client.speak(0.3)
        await client.silence()
        assert "stop_tts" not in client.actions
        await client.speak(0.3)
        await client.wait("finish_asr", 2)
        assert client.last("finish_asr") == {"text": "stop it", "origin": "voice"}


@pytest.mark.parametrize("generation", ["G1", "G3"])
@in_real_time
async def test_a_server_may_listen_for_speech_by_itself(generation: Generation) -> None:
    server = FakeXTalk(generation, server_vad=True)
    async with server, client_of(server) as client:
        for frame in [FRAME] * 20 + [LOUD_FRAME] * 40 + [FRAME] * 20:
            await client.socket.send(frame)
            await asyncio.sleep(0.001)
        await client.wait("finish_asr")
        notices = [a for a in client.actions if a.startswith("vad_")]
        told = ["vad_speech_start", "vad_speech_end"]
        assert notices == (told if generation == "G3" else [])


async def acknowledge(client: PlainClient, times: int) -> None:
    told = client.last("start_tts")
    for _ in range(times):
        await client.say("tts_chunk_played", **(told if isinstance(told, dict) else {}))
