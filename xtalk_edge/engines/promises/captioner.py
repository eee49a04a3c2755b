"""What every captioner promises."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.promises.promise import Make, Promises, expect
from xtalk_edge.engines.promises.sounds import hard_sounds, noise, silence

PROMISES = Promises()


@PROMISES.that("of silence there is nothing to say")
def nothing_heard(make: Make) -> None:
    """Pass nothing, and silence."""
    with contextlib.closing(make()) as captioner:
        for audio in (b"", silence(0.01), silence(2.0)):
            said = captioner.caption(audio)
            expect(said == "", f'{len(audio)} bytes of silence are {said!r}; return ""')


@PROMISES.that("a sound of any length has one description, in one piece or in several")
def descriptions(make: Make) -> None:
    """Pass what microphones deliver on bad days, twice."""
    sounds = [*hard_sounds().values(), noise(0.03), noise(2.0), noise(20.0)]
    with contextlib.closing(make()) as captioner:
        for audio in sounds:
            said = captioner.caption(audio)
            expect(isinstance(said, str), f"caption gave {said!r}; return text")
            expect("\n" not in said, "a caption has several lines; return one sentence")
            expect(captioner.caption(audio) == said, "the same sound had another caption")
            streamed = "".join(captioner.caption_stream(audio))
            expect(streamed == said, f"caption_stream made {streamed!r} of it, caption {said!r}")
