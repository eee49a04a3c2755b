"""Replies of every generation: their words, their sound, what was heard, and when they are over."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xtalk_session import Session, begun, sound
from xtalk_edge.uplink.xtalk.facts import (
    Heard,
    Nonsense,
    Paused,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.reply import Replies, Reply
from xtalk_edge.uplink.xtalk.sound import SoundReader

# -- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "pieces"),
    [
        (["It", "It is", "It is ten."], ["It", " is", " ten."]),
        (["It is", "It is"], ["It is"]),
        (["It is ten.", "It is", "It is ten. Or so."], ["It is ten.", " Or so."]),
        (["Hello wrld", "Hello world today"], ["Hello wrld", " today"]),
        (["Hello wrld", "Hello world"], ["Hello wrld"]),
        (["今天", "明天天气"], ["今天", "天气"]),
        (["Hello there", "Bye", "Bye now"], ["Hello there", " now"]),
    ],
)
def test_what_is_new_of_a_text_that_comes_whole_each_time(
    texts: list[str], pieces: list[str]
) -> None:
    session = begun()
    for text in texts:
        session.say("update_resp", {"text": text, "turn_id": 1})
    assert [fact.piece for fact in session.told(ReplyText)] == pieces


@given(st.lists(st.text(max_size=5), max_size=8))
def test_a_text_that_only_grows_arrives_whole(words: list[str]) -> None:
    reply = Reply(1, 0.0)
    whole = ""
    said = ""
    for word in words:
        whole += word
        said += reply.grow(whole, 0.0)
    assert said == whole


def test_words_end() -> None:
    session = begun()
    session.say("update_resp", {"text": "It is", "turn_id": 1})
    told = session.say("finish_resp", {"text": "It is ten.", "turn_id": 1})
    assert told == [ReplyText(" ten.", "It is ten."), ReplyTextComplete("It is ten.")]
    assert session.say("finish_resp", {"text": "It is ten.", "turn_id": 1}) == []
    assert session.say("update_resp", {"text": "It is ten. And", "turn_id": 1}) == []


def test_words_that_were_cut_off_end_where_the_server_says() -> None:
    session = begun()
    session.say("update_resp", {"text": "It is ten.", "turn_id": 1})
    told = session.say("finish_resp", {"text": "It is", "turn_id": 1})
    assert told == [ReplyTextComplete("It is")]


def test_late_words_of_the_reply_before_are_left_out() -> None:
    session = begun()
    session.say("update_resp", {"text": "A", "turn_id": 4})
    assert session.say("update_resp", {"text": "Z", "turn_id": 3}) == []
    session.say("update_resp", {"text": "B", "turn_id": 5})
    assert session.say("update_resp", {"text": "A a", "turn_id": 4}) == []
    assert [fact.text for fact in session.told(ReplyText)] == ["A", "B"]


def test_late_words_of_a_named_reply_are_left_out() -> None:
    session = begun("G3")
    session.say("update_resp", {"text": "A", "response_id": "r1"})
    session.say("update_resp", {"text": "B", "response_id": "r2"})
    assert session.say("update_resp", {"text": "A a", "response_id": "r1"}) == []
    assert session.say("start_tts", {"response_id": "r1"}) == []
    assert session.say("tts_finished", {"response_id": "r1"}) == []


def test_a_reply_nobody_asked_for_is_told_by_its_words_alone() -> None:
    session = begun("G2")
    session.say("finish_resp", {"text": "One."})
    assert session.say("update_resp", {"text": "One"}) == []
    assert session.say("update_resp", {"text": "Two"}) == [ReplyText("Two", "Two")]


def test_an_answer_without_words() -> None:
    session = begun()
    assert session.say("finish_resp", {"text": "", "turn_id": 1}) == [ReplyTextComplete("")]


# -- sound -------------------------------------------------------------------------------------


def test_sound_is_paired_with_the_number_before_it() -> None:
    session = begun("G1", plays=True)
    session.say("tts_chunk_meta", {"chunk_index": 7})
    session.say("latency_metrics", {"asr_latency_ms": 3})
    (piece,) = session.raw(sound(10))
    assert piece == ReplySound(sound(10), 48_000, 1, 7, "")
    session.do(lambda at_s: session.protocol.played(piece, at_s))
    (ack,) = session.take_sent("tts_chunk_played")
    assert ack["chunk_index"] == 7
    assert "response_id" not in ack


def test_sound_of_a_named_reply_is_acknowledged_by_name() -> None:
    session = begun("G3", plays=True)
    session.say("start_tts", {"response_id": "r1"})
    piece = session.raw(sound(10))[-1]
    assert isinstance(piece, ReplySound)
    session.do(lambda at_s: session.protocol.played(piece, at_s))
    (ack,) = session.take_sent("tts_chunk_played")
    assert ack["response_id"] == "r1"
    assert "chunk_index" not in ack


def test_sound_that_nobody_plays_is_acknowledged_as_it_comes() -> None:
    session = begun("G3")
    session.say("start_tts", {"response_id": "r1"})
    session.raw(sound(100))
    session.raw(sound(100))
    session.say("tts_finished", {"response_id": "r1"})
    assert session.order == ["tts_chunk_played"] * 2 + ["tts_playback_finished"]
    assert {message["response_id"] for message in session.sent} == {"r1"}
    assert session.say("finish_resp", {"text": "A.", "response_id": "r1"})[-1] == (
        ReplyTextComplete("A.")
    )


@pytest.mark.parametrize("action", ["start_tts", "tts_finished", "update_resp"])
def test_sound_that_came_before_its_name_is_acknowledged_anew_by_it(action: str) -> None:
    session = begun("G3")
    session.raw(sound(100))
    session.raw(sound(100))
    assert [ack.get("response_id") for ack in session.take_sent("tts_chunk_played")] == [None] * 2
    session.say(action, {"response_id": "r1", "text": "A."})
    assert [ack["response_id"] for ack in session.take_sent("tts_chunk_played")] == ["r1"] * 2
    session.say(action, {"response_id": "r1", "text": "A."})
    assert session.take_sent("tts_chunk_played") == []


def test_sound_that_is_heard_after_its_name_came_is_acknowledged_by_it() -> None:
    session = begun("G3", plays=True)
    piece = session.raw(sound(10))[-1]
    session.say("start_tts", {"response_id": "r1"})
    assert isinstance(piece, ReplySound)
    session.do(lambda at_s: session.protocol.played(piece, at_s))
    (ack,) = session.take_sent("tts_chunk_played")
    assert ack["response_id"] == "r1"


def test_samples_that_were_cut_in_two_are_joined() -> None:
    session = begun("G1.5")
    pieces = [session.raw(part)[-1] for part in (b"\1\0\2", b"\0\3", b"\0")]
    assert [piece.pcm for piece in pieces if isinstance(piece, ReplySound)] == [
        b"\1\0", b"\2\0", b"\3\0"
    ]  # fmt: skip
    session.raw(b"\1")
    session.say("stop_tts")
    assert session.raw(b"\5\0")[-1] == ReplySound(b"\5\0", 48_000, 2, None, "")


def wav(pcm: bytes, rate_hz: int = 16_000, *, size: int | None = None, **wrong: int) -> bytes:
    form = {"kind": 1, "channels": 1, "bits": 16} | wrong
    header = struct.pack(
        "<HHIIHH", form["kind"], form["channels"], rate_hz, 2 * rate_hz, 2, form["bits"]
    )
    return (
        b"RIFF\0\0\0\0WAVE" + b"LIST\3\0\0\0abc\0" + b"fmt \x10\0\0\0" + header + b"data"
        + (len(pcm) if size is None else size).to_bytes(4, "little") + pcm
    )  # fmt: skip


def test_a_wav_file_in_place_of_sound_is_read() -> None:
    session = begun("G1.5", plays=True)
    piece = session.raw(wav(b"\1\0\2\0") + b"LIST")[-1]
    assert piece == ReplySound(b"\1\0\2\0", 16_000, 1, None, "")
    # It was whole, so what follows is sound again.
    assert session.raw(b"\3\0")[-1] == ReplySound(b"\3\0", 48_000, 1, None, "")


@pytest.mark.parametrize("size", [6, 0])
def test_a_wav_file_in_pieces_is_read(size: int) -> None:
    session = begun("G2", plays=True)
    session.raw(wav(b"\1\0\2\0", size=size))
    assert session.raw(b"\3\0")[-1] == ReplySound(b"\3\0", 16_000, 1, None, "")


@pytest.mark.parametrize(
    "message",
    [
        wav(b"", channels=2),
        wav(b"", bits=8),
        wav(b"", kind=3),
        wav(b"", 4_000),
        b"RIFF\0\0\0\0WAVEdata\2\0\0\0\1\0",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0",
    ],
)
def test_a_wav_file_that_cannot_be_played_is_no_sound(message: bytes) -> None:
    session = begun("G1.5")
    (told,) = session.raw(message)
    assert isinstance(told, Nonsense)
    assert "WAV" in told.reason


@pytest.mark.parametrize("message", [b"{}x", b"{\xff}", b"{" + b"[" * 100_000 + b"}", b"{1}"])
def test_sound_that_begins_like_a_message_is_sound(message: bytes) -> None:
    assert SoundReader().read(message)[1] == 48_000


# -- the end -----------------------------------------------------------------------------------


def test_an_early_reply_is_over_when_it_is_quiet() -> None:
    session = begun("G1.5", plays=True)
    session.say("update_resp", {"text": "A.", "turn_id": 1})
    piece = session.raw(sound(100))[-1]
    session.say("finish_resp", {"text": "A.", "turn_id": 1})
    assert session.wait(5.0) == [], "it was not heard yet"
    assert isinstance(piece, ReplySound)
    session.do(lambda at_s: session.protocol.played(piece, at_s))
    assert session.wait(0.7) == []
    assert session.wait(0.2) == [ReplyOver()]
    assert session.take_sent("tts_playback_finished") == [], "whoever plays it says so"
    assert session.protocol.plays
    session.do(session.protocol.playback_finished)
    session.do(session.protocol.playback_finished)
    assert len(session.take_sent("tts_playback_finished")) == 1


@pytest.mark.parametrize("times", [0, 1, 5])
def test_that_speech_was_made_may_be_told_never_or_often_or_early(times: int) -> None:
    session = begun("G1.5")
    session.say("update_resp", {"text": "A.", "turn_id": 1})
    for _ in range(times):
        session.say("tts_finished", {})
        session.raw(sound(100))
    session.raw(sound(100))
    session.say("finish_resp", {"text": "A.", "turn_id": 1})
    assert session.wait(0.7) == []
    assert session.wait(0.2) == [ReplyOver()]


def test_a_reply_is_over_sooner_if_the_last_that_came_was_that_speech_was_made() -> None:
    session = begun("G1.5")
    session.raw(sound(100))
    session.say("finish_resp", {"text": "A.", "turn_id": 1})
    session.say("tts_finished", {})
    assert session.wait(0.39) == []
    assert session.wait(0.02) == [ReplyOver()]


def test_sound_that_comes_after_all_is_told_and_the_end_again() -> None:
    session = begun("G1.5")
    session.raw(sound(100))
    session.say("finish_resp", {"text": "A.", "turn_id": 1})
    assert session.wait(2.0) == [ReplyOver()]
    assert isinstance(session.raw(sound(100))[-1], ReplySound)
    assert session.wait(2.0) == [ReplyOver()]


def test_a_reply_without_sound_is_over_after_a_while() -> None:
    session = begun("G1.5")
    session.say("finish_resp", {"text": "A.", "turn_id": 1})
    assert session.wait(2.9) == []
    assert session.wait(0.2) == [ReplyOver()]


def test_early_servers_need_not_speak_what_nobody_hears() -> None:
    session = begun("G1")
    session.say("finish_resp", {"text": "A.", "turn_id": 1})
    assert session.order == ["tts_playback_finished"]


def test_a_late_reply_is_over_when_speech_was_made_and_heard_and_owes_its_words() -> None:
    session = begun("G3", plays=True)
    session.say("start_tts", {"response_id": "r1"})
    piece = session.raw(sound(100))[-1]
    session.say("tts_finished", {"response_id": "r1"})
    assert session.wait(1.0) == []
    assert isinstance(piece, ReplySound)
    session.do(lambda at_s: session.protocol.played(piece, at_s))
    assert session.wait(0.0) == [ReplyOver()]
    session.do(session.protocol.playback_finished)
    assert session.wait(14.0) == []
    assert session.wait(2.0) == [Unanswered("end")]


def test_words_that_stop_coming_are_given_up() -> None:
    session = begun("G1")
    session.say("update_resp", {"text": "It is", "turn_id": 1})
    session.wait(10.0)
    session.say("tool_called", {"name": "t", "args": {}})
    assert session.wait(14.9) == []
    assert session.wait(0.2) == [Unanswered("end")]
    assert session.wait(60.0) == []


@pytest.mark.parametrize("missing", ["receipt", "verdict", "reply", "sound", "end"])
def test_what_never_comes_is_a_sentence(missing: Any) -> None:
    assert Unanswered(missing).reason.startswith("the server")


def test_that_speech_was_made_without_a_reply_means_nothing() -> None:
    session = begun("G2")
    assert session.say("tts_finished", {}) == []


def test_a_reply_that_is_announced_behind_one_that_is_over_is_another() -> None:
    session = begun("G2", plays=True)
    session.say("start_tts")
    first = session.raw(sound(10))[-1]
    assert isinstance(first, ReplySound)
    session.do(lambda at_s: session.protocol.played(first, at_s))
    session.say("tts_finished", {})
    session.wait(0.1)
    session.say("start_tts")
    second = session.raw(sound(10))[-1]
    assert isinstance(second, ReplySound)
    assert second.reply == first.reply + 1
    # What is told of the one before does not count for this one.
    session.do(lambda at_s: session.protocol.played(first, at_s))
    session.say("tts_finished", {})
    assert session.wait(1.0) == []


def test_a_reply_that_is_announced_twice_is_one() -> None:
    session = begun("G3", plays=True)
    session.say("start_tts", {"response_id": "r1"})
    first = session.raw(sound(10))[-1]
    session.say("start_tts", {"response_id": "r1"})
    second = session.raw(sound(10))[-1]
    assert isinstance(first, ReplySound)
    assert isinstance(second, ReplySound)
    assert first.reply == second.reply


# -- stopping ----------------------------------------------------------------------------------


def test_a_reply_stands_still() -> None:
    assert begun().say("pause_tts") == [Paused()]


def test_how_much_was_heard_is_told_when_a_reply_is_stopped() -> None:
    session = begun("G3", plays=True)
    session.say("start_tts", {"response_id": "r1"})
    session.raw(sound(100))
    assert session.say("stop_tts", {"response_id": "r1"}) == [Stopped()]
    session.do(lambda _: session.protocol.playback_stopped(42.4))
    assert session.take_sent("tts_playback_stopped") == [
        {"action": "tts_playback_stopped", "played_audio_ms": 42, "response_id": "r1"}
    ]


def test_who_plays_nothing_tells_at_once_how_much_came() -> None:
    session = begun("G3")
    session.say("start_tts", {"response_id": "r1"})
    session.raw(sound(100))
    session.say("stop_tts", {"response_id": "r1"})
    assert session.take_sent("tts_playback_stopped")[0]["played_audio_ms"] == 100


def test_a_reply_is_not_stopped_by_what_is_meant_for_another() -> None:
    session = begun("G3", plays=True)
    session.say("start_tts", {"response_id": "r2"})
    session.raw(sound(10))
    session.say("stop_tts", {"response_id": "r1"})
    after = session.raw(sound(10))[-1]
    assert isinstance(after, ReplySound)
    assert (after.reply, after.response_id) == (1, "r2")
    assert session.say("tts_finished", {"response_id": "r1"}) == []


def test_sound_nobody_wants_is_acknowledged_so_that_it_does_not_hold_up_the_rest() -> None:
    session = begun("G3")
    session.say("start_tts", {"response_id": "r1"})
    session.raw(sound(10))
    session.do(lambda at_s: session.protocol.submit_text("next", at_s))
    session.sent.clear()
    assert session.raw(sound(10)) == []
    assert session.take_sent("tts_chunk_played")[0]["response_id"] == "r1"


def test_a_stop_where_nothing_plays_is_no_error() -> None:
    session = begun("G1")
    assert session.say("stop_tts") == [Stopped()]
    assert session.say("finish_asr", {"text": "a", "turn_id": 1}) == [Heard("a", False)]


def test_replies_that_are_gone_are_remembered_a_while() -> None:
    replies = Replies()
    for number in range(20):
        assert replies.of(f"r{number}", None, 0.0) is not None
    assert replies.of("r18", None, 0.0) is None
    replies.end()
    replies.end()
    assert replies.now is None


def test_a_session_says_nothing_of_its_own() -> None:
    session = Session()
    assert session.protocol.wake_at_s is not None
    assert session.protocol.tick(session.now_s) == []
