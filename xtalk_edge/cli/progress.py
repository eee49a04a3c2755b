"""Shows how far something long is: one live line on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterator

from xtalk_edge.clock import now_s

CLEAR_LINE = "\r\x1b[K"

SHOWN_EVERY_S = 0.2
"""Faster, nobody reads it."""

TOLD_EVERY_S = 10.0
"""In a file or a log, which somebody may read later."""

SPEED_OVER_S = 5.0
"""Shorter, the time left jumps about; longer, it does not notice a drop."""

Tell = Callable[[str], None]


@contextlib.contextmanager
def progress(*, elsewhere_every_s: float | None = None) -> Iterator[Tell]:
    """Give a function that shows a text in place of the last one; "" shows none.

    Args:
        elsewhere_every_s: how often a text becomes a line where standard error is no terminal;
            None: never.
    """
    live = sys.stderr.isatty()
    every_s = SHOWN_EVERY_S if live else elsewhere_every_s
    shown_s = now_s() - SHOWN_EVERY_S

    def tell(text: str) -> None:
        nonlocal shown_s
        if every_s is None or (text and now_s() - shown_s < every_s):
            return
        if live:
            width = shutil.get_terminal_size().columns
            sys.stderr.write(CLEAR_LINE + text[: width - 1])
            sys.stderr.flush()
        elif text:
            sys.stderr.write(f"{text}\n")
        shown_s = now_s() if text else now_s() - SHOWN_EVERY_S

    try:
        yield tell
    finally:
        tell("")


class Transfer:
    """Tells of one file after another how much is there, how fast it comes and what is left."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._name = ""
        self._came: deque[tuple[float, int]] = deque()

    def __call__(self, name: str, have: int, total: int | None) -> None:
        """Take how far a file is, in bytes."""
        # Another file, or the same one read again from its beginning.
        if name != self._name or (self._came and have < self._came[-1][1]):
            self._name = name
            self._came.clear()
        at_s = now_s()
        self._came.append((at_s, have))
        while at_s - self._came[0][0] > SPEED_OVER_S:
            self._came.popleft()
        self._tell(progress_text(name, have, total, self._speed()))

    def _speed(self) -> float:
        (first_s, first), (last_s, last) = self._came[0], self._came[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0


def progress_text(name: str, have: int, total: int | None, bytes_s: float) -> str:
    """Return "encoder.onnx: 40 of 71.1 MB (56 %), 3.2 MB/s, 10 s left"."""
    if total is None:
        text = f"{name}: {megabytes(have)}"
    else:
        text = (
            f"{name}: {have / 1e6:.1f} of {megabytes(total)} ({100 * have / max(1, total):.0f} %)"
        )
    if bytes_s > 0:
        text += f", {megabytes(bytes_s)}/s"
        if total is not None:
            text += f", {duration((total - have) / bytes_s)} left"
    return text


def megabytes(size: float) -> str:
    """Return a size as publishers give it: "71.1 MB", "5.1 kB"."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def duration(seconds: float) -> str:
    """Return "45 s", "3 min" or "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
