"""xAI's voice as its document describes it: each trait by name."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.xai.messages import Message
from xtalk_edge.engines.xai.speech import Speech, UnreadableSoundError, query, told
from xtalk_edge.errors import UplinkError, UplinkLostError


def delta(sound: bytes) -> Message:
    return Message("audio.delta", {"delta": base64.b64encode(sound).decode()})


DONE = Message("audio.done", {"trace_id": "x"})


def test_the_parameters_are_those_of_the_document():
    assert query("eve", "pt-BR", 24_000, 1, True) == {
        "voice": "eve",
        "language": "pt-BR",
        "codec": "pcm",
        "sample_rate": "24000",
        "optimize_streaming_latency": "1",
        "text_normalization": "true",
    }


def test_a_text_is_told_part_by_part_and_then_that_it_is_all():
    assert [
        json.loads(each) for each in told(["So [pause] there ", "<whisper>it</whisper> is."])
    ] == [
        {"type": "text.delta", "delta": "So [pause] there "},
        {"type": "text.delta", "delta": "<whisper>it</whisper> is."},
        {"type": "text.done"},
    ]


@given(st.lists(st.binary(max_size=9), min_size=1))
def test_sound_comes_in_whole_samples_however_it_is_cut(pieces):
    # A beginning that is no sound file's.
    pieces = [b"\0\0", *pieces]
    whole = b"".join(pieces)
    speech = Speech(100, 24_000)
    made = [speech.take(delta(each)) for each in pieces]
    assert all(len(each) % 2 == 0 for each in made)
    assert b"".join(made) == whole[: len(whole) // 2 * 2]


def test_it_is_finished_when_it_is_told_so():
    speech = Speech(5, 24_000)
    assert speech.take(delta(b"\1\0")) == b"\1\0"
    assert not speech.finished
    assert speech.take(DONE) == b""
    assert speech.finished


def test_an_end_without_a_sound_belongs_to_another_text():
    with pytest.raises(UplinkLostError, match="without a sound"):
        Speech(5, 24_000).take(DONE)


def test_an_error_is_told():
    with pytest.raises(UplinkLostError, match="reports: no voice"):
        Speech(5, 24_000).take(Message("error", {"message": "no voice\n"}))


@pytest.mark.parametrize("text", ["***", "AAA", "é", "QUJD\n"])
def test_sound_that_cannot_be_decoded_is_told(text):
    with pytest.raises(UnreadableSoundError):
        Speech(5, 24_000).take(Message("audio.delta", {"delta": text}))


@pytest.mark.parametrize("fields", [{}, {"delta": None}, {"delta": 3}, {"delta": ""}])
def test_no_sound_is_none(fields):
    assert Speech(5, 24_000).take(Message("audio.delta", fields)) == b""


def test_what_is_not_known_is_left_alone():
    assert Speech(5, 24_000).take(Message("audio.clear")) == b""


@pytest.mark.parametrize("start", [b"RIFF", b"ID3", b"OggS", b"fLaC"])
def test_a_sound_file_is_no_speech(start):
    with pytest.raises(UplinkError, match="a sound file"):
        Speech(5, 24_000).take(delta(start + bytes(100)))


def test_sound_without_end_is_stopped():
    speech = Speech(10, 8_000)
    with pytest.raises(UplinkError, match="more sound than the text"):
        for _ in range(50):
            speech.take(delta(bytes(16_000)))


@given(st.lists(st.tuples(st.sampled_from(["audio.delta", "x"]), st.text(max_size=40)), max_size=9))
def test_whatever_comes_only_known_errors_leave(messages):
    speech = Speech(3, 8_000)
    for kind, text in messages:
        try:
            assert len(speech.take(Message(kind, {"delta": text}))) % 2 == 0
        except UplinkError:
            return
