"""The ledger of what has left the device."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable

from xtalk_edge.clock import wall_now
from xtalk_edge.net.border import Border, Kind, Sent
from xtalk_edge.store.egress import EgressTable, SentThatDay

KEPT_DAYS = 400
"""A year and a month, so that last winter can be compared; some kilobytes."""

LATE = datetime.timedelta(seconds=2)
"""What is written at midnight was sent before; who writes it may come a moment late."""


class EgressLedger:
    """Writes down what passes the border, and tells what did.

    Args:
        table: where it is written.
        border: what it passes.
        clock: returns the owner's local date and time; their days are those of the ledger.
    """

    def __init__(
        self,
        table: EgressTable,
        border: Border,
        clock: Callable[[], datetime.datetime] = wall_now,
    ) -> None:
        self._table = table
        self._border = border
        self._clock = clock
        self._unwritten: Counter[tuple[str, Kind]] = Counter()
        """Taken from the border, and not on the disk yet."""

    def write(self) -> None:
        """Bring what was sent since the last time to the disk.

        Raises:
            EdgeError: the disk does not take it; the next call tries again.
        """
        self._take()
        if not self._unwritten:
            return
        found = [Sent(host, kind, n) for (host, kind), n in self._unwritten.items()]
        self._table.add((self._clock() - LATE).date(), found)
        self._unwritten.clear()
        self._table.forget_all_but(KEPT_DAYS)

    def _take(self) -> None:
        for sent in self._border.take():
            self._unwritten[sent.host, sent.kind] += sent.n_bytes

    def today(self) -> list[SentThatDay]:
        """Return what was sent since midnight. Raises EdgeError as `write`."""
        return self.days(1)

    def days(self, count: int) -> list[SentThatDay]:
        """Return what was sent today and on the days before, the latest first.

        Raises:
            EdgeError: the disk cannot be read or written.
        """
        self.write()
        first = self._clock().date().toordinal() - (count - 1)
        return self._table.since(datetime.date.fromordinal(max(1, first)))

    def so_far(self) -> list[SentThatDay]:
        """Return what was sent since midnight, without writing: for who asks again and again.

        Raises:
            EdgeError: the disk cannot be read.
        """
        self._take()
        today = self._clock().date()
        rows = {(each.host, each.kind): each.n_bytes for each in self._table.since(today)}
        for (host, kind), n_bytes in self._unwritten.items():
            rows[host, kind] = rows.get((host, kind), 0) + n_bytes
        return [SentThatDay(today, host, kind, n) for (host, kind), n in sorted(rows.items())]

    def is_empty(self) -> bool:
        """Tell whether nothing has left the device, ever. Raises EdgeError as `write`."""
        self.write()
        return self._table.is_empty()
