"""One line that tells what is going on, on the terminal only."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

TELL_EVERY_S = 0.2
"""Faster, nobody reads it."""

CLEAR_LINE = "\r\x1b[2K"


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that shows a text in place of the last one; "" shows none.

    Where standard error is no terminal, nothing is shown.
    """
    shown_s = -TELL_EVERY_S
    terminal = sys.stderr.isatty()

    def tell(text: str) -> None:
        nonlocal shown_s
        if terminal and (not text or time.monotonic() - shown_s >= TELL_EVERY_S):
            sys.stderr.write(CLEAR_LINE + text)
            sys.stderr.flush()
            shown_s = time.monotonic() if text else -TELL_EVERY_S

    try:
        yield tell
    finally:
        tell("")
