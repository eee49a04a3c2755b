"""Every speech recogniser keeps its promises."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import models, sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import ASR

pytestmark = pytest.mark.parametrize("name", registry.names("asr"))


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], ASR]:
    return functools.partial(models.make, "asr", folder=tmp_path)


def stream(recogniser: ASR, pieces: list[bytes]) -> list[str]:
    texts = [recogniser.recognize_stream(piece) for piece in pieces]
    return [*texts, recogniser.recognize_stream(b"", is_final=True)]


@pytest.mark.slow
def test_bad_sound_gives_text_and_a_confidence(make: Callable[[str], ASR], name: str) -> None:
    recogniser = make(name)
    for audio in sound.hard_sounds().values():
        recogniser.reset()
        assert all(isinstance(text, str) for text in stream(recogniser, sound.cut(audio, 3200)))
        assert 0.0 <= recogniser.confidence() <= 1.0
    recogniser.close()


def test_nothing_said_is_nothing_heard(make: Callable[[str], ASR], name: str) -> None:
    recogniser = make(name)
    assert recogniser.recognize(b"") == ""
    assert recogniser.recognize(sound.silence(1.0)) == ""
    recogniser.reset()
    assert recogniser.recognize_stream(b"", is_final=True) == ""
    recogniser.close()


def test_reset_in_the_middle_forgets(make: Callable[[str], ASR], name: str) -> None:
    recogniser = make(name)
    recogniser.recognize_stream(sound.noise(0.5).tobytes())
    recogniser.reset()
    recogniser.reset()
    assert recogniser.recognize_stream(b"", is_final=True) == ""
    recogniser.close()


def test_the_size_hint_is_whole_samples(make: Callable[[str], ASR], name: str) -> None:
    recogniser = make(name)
    hint = recogniser.stream_chunk_bytes_hint()
    assert hint is None or (hint > 0 and hint % 2 == 0)
    recogniser.close()


def test_a_clone_hears_for_itself(make: Callable[[str], ASR], name: str) -> None:
    recogniser = make(name)
    recogniser.recognize_stream(sound.noise(0.5).tobytes())
    other = recogniser.clone()
    assert other.recognize_stream(b"", is_final=True) == ""
    other.close()
    recogniser.close()


def test_a_spoken_command_is_text_in_the_end(make: Callable[[str], ASR], name: str) -> None:
    recogniser = make(name)
    audio = sound.recording("commands/rhasspy3_turn_on_the_lamp.wav") + sound.silence(0.5)
    final = stream(recogniser, sound.cut(audio, 3200))[-1]
    assert isinstance(final, str)
    recogniser.reset()
    assert stream(recogniser, sound.cut(audio, 3200))[-1] == final
    recogniser.close()
