"""How much of something is allowed in how much time (pure)."""

from __future__ import annotations

import ipaddress

WRONG_TOKENS = 5
"""So often somebody may mistype it in a row."""

WRONG_TOKEN_EVERY_S = 10.0
"""After that, one more in this time: whoever guesses at random gets nowhere."""

WRONG_TOKENS_OF_ALL = 60
WRONG_TOKEN_OF_ALL_EVERY_S = 1.0
"""The same for all addresses together, as some have very many."""

MOST_PEERS = 256
"""Addresses that are remembered; the one that was longest quiet is forgotten first."""


class Allowance:
    """Lets `burst` through at once, and `per_s` in the long run."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left = burst
        self._at_s = 0.0

    def has(self, amount: float, now_s: float) -> bool:
        """Tell whether so much would be let through now."""
        self._left = min(self._burst, self._left + self._per_s * max(0.0, now_s - self._at_s))
        self._at_s = max(self._at_s, now_s)
        return amount <= self._left

    def take(self, amount: float, now_s: float) -> bool:
        """Let so much through if there is enough left; tell whether there was."""
        if not self.has(amount, now_s):
            return False
        self._left -= amount
        return True


class Guesses:
    """Knows who has shown wrong tokens, and who may show another one."""

    def __init__(self) -> None:
        self._all = Allowance(WRONG_TOKENS_OF_ALL, 1 / WRONG_TOKEN_OF_ALL_EVERY_S)
        self._of: dict[str, Allowance] = {}

    def may_try(self, peer: str, now_s: float) -> bool:
        """Tell whether a token of that address is looked at."""
        own = self._of.get(neighbourhood(peer))
        return self._all.has(1, now_s) and (own is None or own.has(1, now_s))

    def wrong(self, peer: str, now_s: float) -> None:
        """Note that one was wrong."""
        key = neighbourhood(peer)
        own = self._of.pop(key, None) or Allowance(WRONG_TOKENS, 1 / WRONG_TOKEN_EVERY_S)
        self._of[key] = own
        own.take(1, now_s)
        self._all.take(1, now_s)
        if len(self._of) > MOST_PEERS:
            del self._of[next(iter(self._of))]


def neighbourhood(peer: str) -> str:
    """Return what all addresses of one household have in common: of IPv6, the first half."""
    try:
        number = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is None:
        return str(ipaddress.ip_network((number, 64), strict=False))
    return str(number)
