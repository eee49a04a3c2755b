"""What every spotter of a phrase promises: the wake word's and the stop word's."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.engines.promises.promise import BrokenPromiseError, Make, Promises, chance, expect
from xtalk_edge.engines.promises.sounds import cut, cut_unevenly, hard_sounds, noise, silence
from xtalk_edge.errors import EngineError

PROMISES = Promises()

QUIET = ("silence", "offset")
"""What no spotter may take for speech, however it was made."""


def _hits(spotter: WakeWord, pieces: list[bytes]) -> list[float]:
    heard = (spotter.detect(piece) for piece in pieces)
    return [chance(each, "what detect() returned") for each in heard if each is not None]


@PROMISES.that("it says what to say")
def phrase(make: Make) -> None:
    """Ask for the phrase."""
    with contextlib.closing(make()) as spotter:
        said = spotter.phrase
        expect(isinstance(said, str) and bool(said.split()), "phrase must be the phrase in words")


@PROMISES.that("silence is not the phrase")
def quiet(make: Make) -> None:
    """Listen to nothing."""
    with contextlib.closing(make()) as spotter:
        for kind in QUIET:
            found = _hits(spotter, cut_unevenly(hard_sounds()[kind] * 3))
            expect(not found, f"{kind} was taken for the phrase; return None")


@PROMISES.that("any length of sound is taken")
def any_length(make: Make) -> None:
    """Listen to what microphones deliver on bad days, cut anyhow."""
    with contextlib.closing(make()) as spotter:
        for audio in hard_sounds().values():
            _hits(spotter, cut_unevenly(audio))
        most, least = spotter.ended_ago()
        expect(most >= least >= 0, f"ended_ago() was {most, least}; return most and least samples")


@PROMISES.that("half a sample is refused")
def half_a_sample(make: Make) -> None:
    """Pass one byte."""
    with contextlib.closing(make()) as spotter:
        try:
            spotter.detect(b"\0")
        except (EngineError, ValueError):
            return
        raise BrokenPromiseError("detect() took half a sample; raise ValueError for it")


@PROMISES.that("reset forgets")
def reset_forgets(make: Make) -> None:
    """Listen to the same before and after something else."""
    audio = silence(1.0) + noise(0.3) + silence(1.0)
    with contextlib.closing(make()) as spotter:
        first = _hits(spotter, cut(audio, 320))
        spotter.reset()
        spotter.detect(noise(0.5))
        spotter.reset()
        expect(_hits(spotter, cut(audio, 320)) == first, "reset() must forget all sound before")
