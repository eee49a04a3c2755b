"""What every voice activity detector promises."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.engines.promises.promise import BrokenPromiseError, Make, Promises, chance, expect
from xtalk_edge.engines.promises.sounds import cut, hard_sounds, noise
from xtalk_edge.errors import EngineError

PROMISES = Promises()

NO_SPEECH = ("silence", "noise", "offset")


def _heard(detector: VAD, audio: bytes) -> list[float]:
    frames = cut(audio, 2 * detector.frame_samples)
    return [chance(detector.probability(frame), "probability()") for frame in frames]


@PROMISES.that("probabilities are probabilities")
def probabilities(make: Make) -> None:
    """Hear what microphones deliver on bad days."""
    with contextlib.closing(make()) as detector:
        for audio in hard_sounds().values():
            _heard(detector, audio)


@PROMISES.that("what is not speech is not taken for it")
def not_speech(make: Make) -> None:
    """Hear three seconds of each."""
    for kind in NO_SPEECH:
        with contextlib.closing(make()) as detector:
            highest = max(_heard(detector, hard_sounds()[kind] * 3))
            expect(highest < 0.5, f"{kind} was speech at {highest:.2f}; stay below 0.5")


@PROMISES.that("a frame of another size is refused")
def other_size(make: Make) -> None:
    """Pass frames that are too short or too long."""
    with contextlib.closing(make()) as detector:
        size = 2 * detector.frame_samples
        for wrong in (0, 1, size - 2, size + 2):
            try:
                detector.probability(bytes(wrong))
            except (EngineError, ValueError) as error:
                expect(str(size) in str(error), f"the error must name the right size, {size}")
            else:
                raise BrokenPromiseError(f"a frame of {wrong} bytes was taken; raise ValueError")


@PROMISES.that("reset forgets")
def reset_forgets(make: Make) -> None:
    """Hear the same before and after something else."""
    with contextlib.closing(make()) as detector:
        first = _heard(detector, noise(1.0))
        _heard(detector, hard_sounds()["clipping"])
        detector.reset()
        expect(
            _heard(detector, noise(1.0)) == first,
            "the same sound was judged otherwise after reset(); forget earlier frames",
        )
