"""What every turn detector promises."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.promises.promise import Make, Promises, chance, expect
from xtalk_edge.engines.promises.sounds import hard_sounds, silence

PROMISES = Promises()

TEXTS = ("", " ", "turn on the light", "turn on the", "\0\ud800😀", "word " * 2_000, "打开灯")


@PROMISES.that("a chance is a chance, whatever was said or heard")
def any_turn(make: Make) -> None:
    """Show it every text with every bad sound."""
    with contextlib.closing(make()) as detector:
        sounds = [b"", silence(0.1), *(audio * 10 for audio in hard_sounds().values())]
        for text in TEXTS:
            for audio in sounds:
                finished = detector.finished(text, audio)
                if finished is not None:
                    chance(finished, f"finished({text[:20]!r}, {len(audio)} bytes)")


@PROMISES.that("without words and sound nothing is known")
def nothing(make: Make) -> None:
    """Show it nothing."""
    with contextlib.closing(make()) as detector:
        finished = detector.finished("", b"")
        expect(finished is None, f"of nothing it said {finished!r}; return None")
