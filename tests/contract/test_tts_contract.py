"""Every voice keeps its promises."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.contract import models
from tests.contract.sound import rms
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import TTS

pytestmark = pytest.mark.parametrize("name", registry.names("tts"))

TEXTS = [
    "Hello, world.",
    "It is 25 °C, isn't it? Yes!",
    "The café – naïve, €5.50 (about 3 items)…",
    "Dr. Smith lives at 21 Baker St. since 1999.",
    "日本 means Japan.",
    "Tick ✅ and smile 😀👍🏽 now",
    "a\0b\x07c\u200bd\ud800e",
    "<b>bold</b> & [[phonemes]] \\ {x}",
    "supercalifragilistic" * 15,
]
UNSPEAKABLE = ["", " \t\n", "...", "😀", "\0", "?!", "\ud83d"]


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], TTS]:
    return functools.partial(models.make, "tts", folder=tmp_path)


def assert_same_speech(voice: TTS, one: bytes, other: bytes) -> None:
    """Voices may vary breath and pitch a little, so the same text need not give the same bytes."""
    assert len(one) == pytest.approx(len(other), rel=0.005, abs=0.02 * 2 * voice.sample_rate)
    assert rms(one) == pytest.approx(rms(other), rel=0.1)


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_becomes_sound(make: Callable[[str], TTS], name: str, text: str) -> None:
    voice = make(name)
    pcm = voice.synthesize(text)
    assert len(pcm) % 2 == 0
    assert 0.2 < len(pcm) / 2 / voice.sample_rate < 120
    assert np.abs(np.frombuffer(pcm, "<i2").astype(int)).max() > 1_000


@pytest.mark.parametrize("text", UNSPEAKABLE)
def test_what_cannot_be_spoken_is_silently_nothing(
    make: Callable[[str], TTS], name: str, text: str
) -> None:
    assert make(name).synthesize(text) == b""
    assert list(make(name).synthesize_marked(text)) == []


@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_make_the_whole(make: Callable[[str], TTS], name: str, text: str) -> None:
    voice = make(name)
    whole = voice.synthesize(text)
    assert_same_speech(voice, b"".join(voice.synthesize_stream(text)), whole)
    marked = b"".join(chunk.pcm for chunk in voice.synthesize_marked(text))
    assert_same_speech(voice, marked, whole)


@pytest.mark.parametrize("text", TEXTS)
def test_word_marks_go_forward_and_stay_inside(
    make: Callable[[str], TTS], name: str, text: str
) -> None:
    voice = make(name)
    text_at = frame_at = 0
    frames = 0
    for chunk in voice.synthesize_marked(text):
        assert chunk.pcm
        frames += len(chunk.pcm) // 2
        for mark in chunk.marks:
            assert text_at <= mark.text_start < mark.text_end <= len(text)
            assert frame_at <= mark.at_frame < frames
            text_at, frame_at = mark.text_end, mark.at_frame


def test_ten_thousand_characters_can_be_stopped(make: Callable[[str], TTS], name: str) -> None:
    pieces = iter(make(name).synthesize_marked("One more word, please. " * 435))
    assert next(pieces).pcm
    pieces.close()  # type: ignore[attr-defined] # generators can be closed


def test_voices_do_not_disturb_one_another(make: Callable[[str], TTS], name: str) -> None:
    first, second = make(name), make(name).clone()
    alone = first.synthesize("Hello, world. How are you?")
    stream = iter(first.synthesize_stream("Hello, world. How are you?"))
    mixed = next(stream)
    assert second.synthesize("Something else.")
    assert_same_speech(first, mixed + b"".join(stream), alone)
    second.close()
    assert_same_speech(first, first.synthesize("Hello, world. How are you?"), alone)


def test_an_unknown_voice_is_refused_and_changes_nothing(
    make: Callable[[str], TTS], name: str
) -> None:
    voice = make(name)
    before = voice.synthesize("Hello.")
    with pytest.raises(ValueError, match="no-such-voice"):
        voice.set_voice(["no-such-voice"])
    assert_same_speech(voice, voice.synthesize("Hello."), before)
