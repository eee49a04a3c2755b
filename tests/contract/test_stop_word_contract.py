"""Every stop word spotter hears its word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.contract import sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import ModelError
from xtalk_edge.scenes.sounds import spoken

NAMES = registry.names("stop_word")
HEARING = [name for name in NAMES if name != "none"]


def make(name: str) -> WakeWord:
    spotter = registry.create("stop_word", name, {"threshold": 0.0})
    assert isinstance(spotter, WakeWord)
    return spotter


def said(text: str, voice: str = "en-us") -> bytes:
    words = spoken(text, EspeakTTS(voice=voice)).tobytes()
    return sound.silence(1.0) + words + sound.silence(1.0)


def hits(spotter: WakeWord, pieces: list[bytes]) -> list[float]:
    """Return how likely each word was at most: it is told again while its end passes by."""
    found: list[float] = []
    same_until = at = 0
    for piece in pieces:
        at += len(piece)
        probability = spotter.detect(piece)
        if probability is None:
            continue
        if found and at < same_until:
            found[-1] = max(found[-1], probability)
        else:
            found.append(probability)
            same_until = at + 32_000
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_sound_but_the_word_stops_it(name: str) -> None:
    spotter = make(name)
    for audio in sound.hard_sounds().values():
        assert hits(spotter, sound.cut_unevenly(audio)) == []
    assert hits(spotter, sound.cut(said("what time is it in Tokyo tomorrow"), 320)) == []


@pytest.mark.parametrize("name", HEARING)
def test_the_word_counts_once_however_it_is_cut(name: str) -> None:
    spotter = make(name)
    audio = said("stop")
    for pieces in ([audio], sound.cut(audio, 320), sound.cut_unevenly(audio)):
        spotter.reset()
        found = hits(spotter, pieces)
        assert len(found) == 1
        assert 0.3 < found[0] <= 1.0


@pytest.mark.parametrize("name", HEARING)
def test_reset_forgets_the_first_half(name: str) -> None:
    spotter = make(name)
    audio = said("stop")
    expected = hits(spotter, sound.cut(audio, 320))
    spotter.reset()
    spotter.detect(audio[: len(audio) // 4 * 2])
    spotter.reset()
    assert hits(spotter, sound.cut(audio, 320)) == expected


@pytest.mark.parametrize("name", HEARING)
def test_a_person_is_understood(name: str) -> None:
    words = sound.recording("asr/gsc_yes_no_go_stop.wav")
    assert len(hits(make(name), sound.cut(words + sound.silence(1.0), 320))) == 1


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_another_file_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "stop.npz"
    if content is None:
        np.savez(path, mean=np.zeros(3), scale=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"stop\.npz"):
        registry.create("stop_word", "embedding", {"model": str(path)})
