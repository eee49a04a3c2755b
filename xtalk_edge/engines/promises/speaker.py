"""What every speaker encoder promises."""

from __future__ import annotations

import contextlib

import numpy as np

from xtalk_edge.engines.promises.promise import Make, Promises, expect
from xtalk_edge.engines.promises.sounds import hard_sounds, noise, silence

PROMISES = Promises()


@PROMISES.that("of no speech there is no vector")
def no_speech(make: Make) -> None:
    """Pass nothing, and silence."""
    with contextlib.closing(make()) as encoder:
        for audio in (b"", silence(0.1), silence(2.0)):
            vector = encoder.extract(audio)
            expect(vector is None, f"{len(audio)} bytes of silence have a vector; return None")


@PROMISES.that("vectors are finite, of one size, and the same for the same sound")
def vectors(make: Make) -> None:
    """Pass what microphones deliver on bad days, twice."""
    with contextlib.closing(make()) as encoder:
        found = [encoder.extract(audio * 2) for audio in [*hard_sounds().values(), noise(1.0)]]
        again = [encoder.extract(audio * 2) for audio in [*hard_sounds().values(), noise(1.0)]]
        made = [np.asarray(each, np.float64) for each in found if each is not None]
        expect(len({each.shape for each in made}) <= 1, "vectors differ in size")
        for vector in made:
            expect(vector.ndim == 1 and bool(np.isfinite(vector).all()), "a vector is not finite")
        for first, second in zip(found, again, strict=True):
            expect(np.array_equal(first, second), "the same sound had another vector")
