"""Shows how far something long is: one live line on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import shutil
import sys
from collections import deque

import click

from xtalk_edge.clock import now_s

CLEAR_LINE = "\r\x1b[K"

SHOWN_EVERY_S = 0.2
TOLD_EVERY_S = 10.0
"""On a terminal, and in a file that somebody may read later."""

SPEED_OVER_S = 5.0
"""Shorter, the time left jumps about; longer, it does not notice a drop."""


class ProgressLine:
    """Tells of one file after another how much is there, how fast it comes and what is left."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._name = ""
        self._told_s = 0.0
        self._came: deque[tuple[float, int]] = deque()

    def __call__(self, name: str, have: int, total: int | None) -> None:
        """Take how far a file is, in bytes."""
        at_s = now_s()
        if name != self._name:
            self._name, self._told_s = name, at_s
            self._came.clear()
        self._came.append((at_s, have))
        while at_s - self._came[0][0] > SPEED_OVER_S:
            self._came.popleft()
        if self._is_due(at_s):
            self._tell(progress_text(name, have, total, self._speed()))

    def _speed(self) -> float:
        (first_s, first), (last_s, last) = self._came[0], self._came[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0

    def note(self, text: str) -> None:
        """Say in words how far something is."""
        if self._is_due(now_s()):
            self._tell(text)

    def _is_due(self, at_s: float) -> bool:
        due = at_s - self._told_s >= (SHOWN_EVERY_S if self._live else TOLD_EVERY_S)
        if due:
            self._told_s = at_s
        return due

    def _tell(self, text: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns
            click.echo(f"{CLEAR_LINE}{text[: width - 1]}", err=True, nl=False)
        else:
            click.echo(text, err=True)

    def close(self) -> None:
        """Take the live line away."""
        if self._live:
            click.echo(CLEAR_LINE, err=True, nl=False)


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
