"""How long to wait before another machine is tried again (pure)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, up to a longest."""

    first_s: float = 1.0
    longest_s: float = 60.0

    def pause_s(self, failures: int, chance: float) -> float:
        """Return how long to wait after so many failures one after another; 0 after none.

        Devices that lost one server all at once do not all come back at once: `chance`, from 0 to
        1, is each one's own.
        """
        if failures == 0:
            return 0.0
        # From the thirtieth on nothing gets longer, and powers of two would get too long.
        longest: float = min(self.longest_s, self.first_s * 2.0 ** (min(failures, 30) - 1))
        return longest * (0.5 + 0.5 * chance)
