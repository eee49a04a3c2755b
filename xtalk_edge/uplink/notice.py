"""When to say that the device is on its own. Pure."""

from __future__ import annotations

from xtalk_edge.config.uplink import Policy
from xtalk_edge.uplink.choice import Side, Why

_ALONE = frozenset({Why.ABSENT, Why.RESTING, Why.LOST})
"""Of a server that was only slow once, or that the owner does not want, nothing is said."""


class Notice:
    """Watches who answers; a switch-over in an empty room is no news to anybody.

    Args:
        policies: of the server's abilities.
        every_s: the notice is given once in this time.
    """

    def __init__(self, policies: dict[str, Policy], every_s: float) -> None:
        self._expected = {name for name, mode in policies.items() if mode in ("prefer", "race")}
        self._every_s = every_s
        self._alone: set[str] = set()
        """What the device does by itself since the server is gone."""
        self._given_at_s = float("-inf")

    def is_due(self, ability: str, side: Side, why: Why, at_s: float) -> bool:
        """Take who answered; tell whether the owner is to hear of it now."""
        if side == "server":
            self._alone.discard(ability)
            return False
        if why not in _ALONE or ability not in self._expected or ability in self._alone:
            return False
        known = bool(self._alone)
        self._alone.add(ability)
        if known or at_s - self._given_at_s < self._every_s:
            return False
        self._given_at_s = at_s
        return True
