"""What a fault must not cost: timers that the device has acknowledged."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.clock import now_s
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import Database
from xtalk_edge.store.timers import TimerTable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fault."""

    recovered: bool
    """Whether the next question was answered as if nothing had been."""
    listening_s: float | None
    """From the end of the cause until the device listened again; None where it did not."""
    lost: tuple[str, ...] = ()
    """What the owner will miss, in words."""


class Ledger:
    """Timers that were asked for and acknowledged, by their lengths in seconds."""

    def __init__(self) -> None:
        self._asked: Counter[float] = Counter()
        self._acknowledged: list[tuple[float, float]] = []
        """Length, and when it is over."""
        self._asking: float | None = None

    def call(self, name: str, arguments: dict[str, Any]) -> None:
        """Take that a tool is called."""
        if name == "set_timer":
            self._asking = _length_s(arguments)
            self._asked[self._asking] += 1

    def result(self, name: str, *, ok: bool) -> None:
        """Take what it has answered."""
        if name == "set_timer" and self._asking is not None:
            if ok:
                self._acknowledged.append((self._asking, now_s() + self._asking))
            self._asking = None

    def losses(self, state_dir: Path) -> tuple[str, ...]:
        """Return what is not on disk as it was acknowledged."""
        try:
            kept = Counter(_kept_s(state_dir))
        except EdgeError as error:
            return (str(error),)
        # One that was over has rung, and may be gone.
        missing = Counter(length_s for length_s, end_s in self._acknowledged if end_s > now_s())
        missing -= kept
        # What was asked for in the moment of a fault may have come to disk.
        unwanted = kept - self._asked
        return tuple(
            [f"timer of {length_s:g} s missing" for length_s in missing.elements()]
            + [f"timer of {length_s:g} s that nobody set" for length_s in unwanted.elements()]
        )


def _kept_s(state_dir: Path) -> Iterable[float]:
    with contextlib.closing(Database(state_dir)) as database:
        ((verdict,),) = database.rows("PRAGMA integrity_check")
        if verdict != "ok":
            raise EdgeError(f"the store is damaged: {verdict}")
        return [each.duration_s for each in TimerTable(database).all() if each.rang_at is None]


def _length_s(arguments: dict[str, Any]) -> float:
    units = {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
    return sum(each_s * float(arguments.get(unit, 0)) for unit, each_s in units.items())
