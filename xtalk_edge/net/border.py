"""The border of the device: what may leave it, and how much of what has.

Everything that goes to another machine passes `BORDER`, whichever engine or client sends it; so
"go offline" is one flag, and what was sent is counted in one place.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from xtalk_edge.errors import UplinkError

Kind = Literal["audio", "text", "tools"]
"""Sound of the room; words of the conversation; what tools can do, were asked and answered."""

KINDS: frozenset[Kind] = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Sent:
    """How much of one kind went to one host."""

    host: str
    kind: Kind
    n_bytes: int


class Border:
    """Lets pass what is allowed, and counts it; any thread may call it."""

    def __init__(self) -> None:
        self.offline = False
        """Whether the owner has said that nothing is to leave; it goes before `allow`."""
        self._allowed = KINDS
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, Kind]] = Counter()

    def allow(self, kinds: Iterable[Kind]) -> None:
        """Let these kinds pass from now on, and no others."""
        self._allowed = frozenset(kinds)

    def is_open(self, *kinds: Kind) -> bool:
        """Tell whether all of these may leave now."""
        return not self.offline and self._allowed.issuperset(kinds)

    def check(self, *kinds: Kind) -> None:
        """Say why one of these may not leave now.

        Raises:
            UplinkError: one may not.
        """
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

    def take(self) -> list[Sent]:
        """Return what was sent since the last call, to be written down."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return [Sent(host, kind, n_bytes) for (host, kind), n_bytes in counts.items()]


BORDER = Border()
"""There is one device in a process, and it has one border."""
