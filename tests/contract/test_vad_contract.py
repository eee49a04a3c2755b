"""Every voice activity detector keeps its promises."""

from __future__ import annotations

import pytest

from tests.contract import sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.errors import EngineError

pytestmark = pytest.mark.parametrize("name", registry.names("vad"))


def make(name: str) -> VAD:
    detector = registry.create("vad", name, {})
    assert isinstance(detector, VAD)
    return detector


def probabilities(detector: VAD, audio: bytes) -> list[float]:
    return [detector.probability(frame) for frame in sound.cut(audio, 2 * detector.frame_samples)]


def test_probabilities_are_probabilities(name: str) -> None:
    detector = make(name)
    for audio in sound.hard_sounds().values():
        assert all(0.0 <= p <= 1.0 for p in probabilities(detector, audio))


@pytest.mark.parametrize("kind", ["silence", "noise", "offset"])
def test_what_is_not_speech_is_not_taken_for_it(name: str, kind: str) -> None:
    assert max(probabilities(make(name), sound.hard_sounds()[kind] * 3)) < 0.5


def test_a_frame_of_another_size_is_refused(name: str) -> None:
    detector = make(name)
    size = 2 * detector.frame_samples
    for wrong in (0, 1, size - 2, size + 2):
        with pytest.raises(EngineError, match=str(size)):
            detector.probability(bytes(wrong))


def test_reset_forgets(name: str) -> None:
    detector = make(name)
    audio = sound.noise(1.0).tobytes()
    first = probabilities(detector, audio)
    probabilities(detector, sound.hard_sounds()["clipping"])
    detector.reset()
    assert probabilities(detector, audio) == first


@pytest.mark.slow
def test_it_agrees_with_human_labels(name: str) -> None:
    detector = make(name)
    frame_s = detector.frame_samples / sound.RATE_HZ
    right = total = 0
    for entry in [entry for entry in sound.catalogue() if "vad" in entry][:6]:
        detector.reset()
        for index, p in enumerate(probabilities(detector, sound.recording(entry["file"]))):
            middle_s = (index + 0.5) * frame_s
            label = next((what for start, end, what in entry["vad"] if start <= middle_s < end), 0)
            right += (p >= 0.5) == bool(label)
            total += 1
    # The labels leave out short pauses that a detector sees, and the other way round.
    assert right / total > 0.85
