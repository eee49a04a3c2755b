"""How long the network is waited for, and when a try counts as one that got somewhere. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.net.backoff import Backoff


@dataclass(frozen=True, slots=True)
class Patience:
    """What a download bears."""

    silent_s: float = 30.0
    """A server that sends nothing for so long is asked again; a phone changing cells takes 10 s."""
    least_bytes_s: float = 1_000.0
    """What comes slower over `silent_s` will not end; a modem brought 4,000."""
    fruitless_tries: int = 6
    """So many tries one after another without progress mean that nobody is there: half a minute
    with their pauses, or three and a half where a server takes the call and says nothing. Tries
    that bring something are not counted: 20 drops are borne."""
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0

    def pause_s(self, fruitless: int, chance: float) -> float:
        """Return how long to wait before the next try, none after progress; see `Backoff`."""
        return Backoff(self.first_pause_s, self.longest_pause_s).pause_s(fruitless, chance)

    def is_progress(self, gained_bytes: int, took_s: float) -> bool:
        """Tell whether a try that ended early got somewhere."""
        return gained_bytes > 0 and gained_bytes >= self.least_bytes_s * min(took_s, self.silent_s)
