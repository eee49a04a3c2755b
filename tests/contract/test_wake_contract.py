"""Every wake word spotter hears its phrase."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import models, sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import WakeWord

pytestmark = pytest.mark.parametrize("name", registry.names("wake"))

Make = Callable[[str], WakeWord]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return functools.partial(models.make, "wake", folder=tmp_path)


def spoken_phrase(name: str) -> bytes:
    """Return the phrase, with silence around it."""
    said = sound.noise(0.3).tobytes()
    if name == "microwakeword":
        said = sound.recording("wake/hey_mycroft/wyoming.wav")
    return sound.silence(1.0) + said + sound.silence(1.0)


def hits(spotter: WakeWord, pieces: list[bytes]) -> list[float]:
    return [p for piece in pieces if (p := spotter.detect(piece)) is not None]


def test_no_sound_but_the_phrase_wakes_it(make: Make, name: str) -> None:
    spotter = make(name)
    sounds = sound.hard_sounds()
    if name != "microwakeword":
        sounds = {kind: sounds[kind] for kind in ("silence", "offset")}
    for audio in sounds.values():
        assert hits(spotter, sound.cut_unevenly(audio)) == []


def test_a_spoken_phrase_counts_once_however_it_is_cut(make: Make, name: str) -> None:
    spotter = make(name)
    audio = spoken_phrase(name)
    for pieces in ([audio], sound.cut(audio, 320), sound.cut_unevenly(audio)):
        spotter.reset()
        found = hits(spotter, pieces)
        assert len(found) == 1
        assert 0.5 < found[0] <= 1.0


def test_where_the_phrase_ended_is_a_stretch_before_now(make: Make, name: str) -> None:
    spotter = make(name)
    heard_samples = 0
    for piece in sound.cut(spoken_phrase(name), 320):
        heard_samples += len(piece) // 2
        if spotter.detect(piece) is not None:
            break
    most, least = spotter.ended_ago()
    assert heard_samples >= most >= least >= 0
    phrase_ended = len(spoken_phrase(name)) // 2 - sound.RATE_HZ
    assert heard_samples - most <= phrase_ended


def test_a_phrase_spoken_twice_counts_twice(make: Make, name: str) -> None:
    assert len(hits(make(name), sound.cut(spoken_phrase(name) * 2, 320))) == 2


def test_reset_forgets_the_first_half(make: Make, name: str) -> None:
    spotter = make(name)
    audio = spoken_phrase(name)
    expected = hits(spotter, sound.cut(audio, 320))
    spotter.reset()
    spotter.detect(audio[: len(audio) // 4 * 2])
    spotter.reset()
    assert hits(spotter, sound.cut(audio, 320)) == expected
