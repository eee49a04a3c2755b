"""The border of the device: what may leave it, and how much of what has.

Everything that goes to another machine passes `BORDER`, whichever engine or client sends it; so
"go offline" is one flag, and what was sent is counted in one place.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xtalk_edge.config.uplink import KINDS, Kind
from xtalk_edge.errors import UplinkError

__all__ = ["BORDER", "KINDS", "UNCOUNTED", "Border", "Kind", "Sent"]


@dataclass(frozen=True, slots=True)
class Sent:
    """How much of one kind went to one host."""

    host: str
    kind: Kind
    n_bytes: int


class Border:
    """Lets pass what is allowed, and counts it; any thread may call it."""

    def __init__(self) -> None:
        self._offline = False
        self._allowed = frozenset(KINDS)
        self._closed_because = ""
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, Kind]] = Counter()
        self._totals: Counter[Kind] = Counter()
        self._watching: list[Callable[[], object]] = []

    @property
    def offline(self) -> bool:
        """Whether the owner has said that nothing is to leave; it goes before `allow`."""
        return self._offline

    @offline.setter
    def offline(self, offline: bool) -> None:
        changed, self._offline = offline is not self._offline, offline
        if changed:
            for told in list(self._watching):
                told()

    def watch(self, told: Callable[[], object]) -> Callable[[], None]:
        """Call back, on the thread that changes it, whenever `offline` has changed.

        Returns what ends that.
        """
        self._watching.append(told)
        return lambda: self._watching.remove(told)

    @property
    def allowed(self) -> frozenset[Kind]:
        """What may leave while the device is not offline."""
        return self._allowed

    def allow(self, kinds: Iterable[Kind]) -> None:
        """Let these kinds pass from now on, and no others."""
        self._allowed = frozenset(kinds)

    def close(self, because: str) -> None:
        """Let nothing pass any more, whatever else is allowed: nobody could count it here.

        Args:
            because: a sentence for the owner.
        """
        self._closed_because = because

    def is_open(self, *kinds: Kind) -> bool:
        """Tell whether all of these may leave now."""
        return not (self._closed_because or self.offline) and self._allowed.issuperset(kinds)

    def check(self, *kinds: Kind) -> None:
        """Say why one of these may not leave now.

        Raises:
            UplinkError: one may not.
        """
        if self._closed_because:
            raise UplinkError(self._closed_because)
        if self.offline:
            raise UplinkError('the device is offline because you asked for it; say "go online"')
        for kind in kinds:
            if kind not in self._allowed:
                raise UplinkError(
                    f"{kind} may not leave the device; add it to uplink.cloud_allowed to send it"
                )

    def send(self, host: str, kind: Kind, n_bytes: int) -> None:
        """Let bytes leave; call it before they are sent. Raises as `check`."""
        self.check(kind)
        with self._lock:
            self._counts[host, kind] += n_bytes
            self._totals[kind] += n_bytes

    def sent_bytes(self, kind: Kind) -> int:
        """Return how much of a kind has left since the start."""
        return self._totals[kind]

    def take(self) -> list[Sent]:
        """Return what was sent since the last call, to be written down."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return [Sent(host, kind, n_bytes) for (host, kind), n_bytes in counts.items()]


UNCOUNTED = (
    "an engine in a process of its own may send nothing, since nobody would count it; set "
    'isolation = "thread"'
)
"""Why the border of a child process is closed."""

BORDER = Border()
"""There is one device in a process, and it has one border."""
