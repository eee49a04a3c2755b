"""What every speech enhancer promises."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.interfaces import SpeechEnhancer
from xtalk_edge.engines.promises.promise import Make, Promises, expect
from xtalk_edge.engines.promises.sounds import (
    cut,
    cut_unevenly,
    delay_samples,
    hard_sounds,
    impulse,
    noise,
    rms,
)

PROMISES = Promises()


def _clean(enhancer: SpeechEnhancer, pieces: list[bytes]) -> bytes:
    return b"".join(enhancer.enhance(piece) for piece in pieces) + enhancer.flush()


@PROMISES.that("the output is longer than the input by the latency exactly")
def length(make: Make) -> None:
    """Clean sounds of odd lengths."""
    for samples in (0, 1, 159, 160, 161, 16_000, 16_001):
        with contextlib.closing(make()) as enhancer:
            given = len(_clean(enhancer, [noise(2.0)[: 2 * samples]])) // 2
            expect(
                given == samples + enhancer.latency_samples,
                f"{samples} samples became {given}; enhance() and flush() must give "
                f"latency_samples ({enhancer.latency_samples}) more than they took",
            )


@PROMISES.that("how the input is cut does not matter")
def cuts(make: Make) -> None:
    """Clean the same sound in one piece, in uneven ones, and sample by sample."""
    audio = noise(1.0)
    with contextlib.closing(make()) as enhancer:
        whole = _clean(enhancer, [audio])
        for pieces in (cut_unevenly(audio), cut(audio, 2)):
            enhancer.reset()
            expect(
                _clean(enhancer, pieces) == whole,
                "the same sound in other pieces came out otherwise; hold back what is no whole hop",
            )


@PROMISES.that("the declared latency is true")
def latency(make: Make) -> None:
    """Find by how much the output is late."""
    for audio in (noise(2.0), impulse(1.0)):
        with contextlib.closing(make()) as enhancer:
            late = delay_samples(audio, _clean(enhancer, [audio]))
            expect(
                late == enhancer.latency_samples,
                f"the output is {late} samples late; declare it as latency_samples, which is "
                f"{enhancer.latency_samples}",
            )


@PROMISES.that("bad input does not become louder")
def louder(make: Make) -> None:
    """Clean what microphones deliver on bad days."""
    for kind, audio in hard_sounds().items():
        with contextlib.closing(make()) as enhancer:
            output = _clean(enhancer, cut(audio, 320))
            expect(rms(output) <= rms(audio) * 1.1 + 1, f"{kind} became louder; limit the output")


@PROMISES.that("reset and flush forget")
def forget(make: Make) -> None:
    """Clean the same sound again and again."""
    audio = noise(1.0)
    with contextlib.closing(make()) as enhancer:
        first = _clean(enhancer, [audio])
        expect(_clean(enhancer, [audio]) == first, "flush() must leave nothing of the sound behind")
        enhancer.enhance(noise(0.333))
        enhancer.reset()
        expect(_clean(enhancer, [audio]) == first, "reset() must forget all of the sound before")


@PROMISES.that("a clone is independent")
def clone(make: Make) -> None:
    """Clone in the middle of a sound."""
    audio = noise(1.0)
    with contextlib.closing(make()) as enhancer:
        expected = _clean(enhancer, [audio])
        enhancer.enhance(noise(0.5))
        with contextlib.closing(enhancer.clone()) as other:
            expect(
                _clean(other, [audio]) == expected,
                "clone() went on with the sound; return an enhancer that heard nothing yet",
            )
