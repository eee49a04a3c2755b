"""What every echo canceller promises."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.engines.promises.promise import Make, Promises, expect
from xtalk_edge.engines.promises.sounds import cut, delay_samples, hard_sounds, impulse, noise

PROMISES = Promises()


def _run(canceller: EchoCanceller, near: bytes, far: bytes | None = None) -> list[bytes]:
    size = 2 * canceller.frame_samples
    far_frames = cut(far or bytes(len(near)), size)
    pairs = zip(cut(near, size), far_frames, strict=True)
    return [canceller.cancel(near_frame, far_frame) for near_frame, far_frame in pairs]


@PROMISES.that("a frame gives a frame, whatever is in it")
def frame_for_frame(make: Make) -> None:
    """Put every bad sound before every other."""
    with contextlib.closing(make()) as canceller:
        size = 2 * canceller.frame_samples
        for near in hard_sounds().values():
            for far in hard_sounds().values():
                lengths = {len(frame) for frame in _run(canceller, near, far)}
                expect(lengths == {size}, f"frames of {size} bytes became {sorted(lengths)}")


@PROMISES.that("the declared latency is true")
def latency(make: Make) -> None:
    """Find by how much the output is late while the loudspeaker is silent."""
    for near in (noise(2.0), impulse(1.0)):
        with contextlib.closing(make()) as canceller:
            late = delay_samples(near, b"".join(_run(canceller, near)))
            expect(
                late == canceller.latency_samples,
                f"the output is {late} samples late; declare it as latency_samples, which is "
                f"{canceller.latency_samples}",
            )


@PROMISES.that("reset forgets the echo path")
def reset_forgets(make: Make) -> None:
    """Cancel the same twice."""
    near, far = noise(1.0), noise(2.0)[-2 * 16_000 :]
    with contextlib.closing(make()) as canceller:
        first = _run(canceller, near, far)
        canceller.reset()
        expect(_run(canceller, near, far) == first, "reset() must forget all of the sound before")
