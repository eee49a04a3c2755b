"""Which of several devices in earshot answers a wake phrase. Pure.

Each that heard it tells the others how well, waits a moment, and yields to whoever heard it better.
Nobody is asked and nobody decides for all: the same claims give the same winner everywhere.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

WAIT_S = 0.15
"""After the own claim: phrases are recognised within 100 ms of each other, and a network in a home
takes a few milliseconds."""

TOGETHER_S = 0.6
"""Claims of one phrase lie no further apart; nobody says it twice in that time."""

_PROBABILITY_STEPS = 20
"""Probabilities near 1 say little about who is nearer: to one in twenty they count as the same."""

_DATAGRAM = re.compile(rb"xtalk-edge wake 1 ([0-9a-f]{16}) (\d\.\d{3}) (-?\d{1,3}\.\d)")


@dataclass(frozen=True, slots=True)
class Claim:
    """How well a device heard the phrase."""

    device: str
    """16 hexadecimal digits, drawn anew at each start."""
    probability: float
    level_db: float
    """Of the phrase, dB of full scale."""

    @property
    def rank(self) -> tuple[int, float, str]:
        """The higher one answers; no two devices have the same."""
        return round(self.probability * _PROBABILITY_STEPS), self.level_db, self.device


def to_datagram(claim: Claim) -> bytes:
    """Return a claim as it is sent."""
    level_db = max(-200.0, min(100.0, claim.level_db))
    text = f"xtalk-edge wake 1 {claim.device} {claim.probability:.3f} {level_db:.1f}"
    return text.encode("ascii")


def from_datagram(data: bytes) -> Claim | None:
    """Return the claim that was sent; None for anything else, which may be anything."""
    found = _DATAGRAM.fullmatch(data)
    if found is None:
        return None
    device, probability, level_db = (part.decode("ascii") for part in found.groups())
    claim = Claim(device, float(probability), float(level_db))
    return claim if claim.probability <= 1.0 else None


class Arbitration:
    """Collects the claims around the own one."""

    def __init__(self) -> None:
        self._own: Claim | None = None
        self._decides_s = math.inf
        self._others: list[tuple[float, Claim]] = []

    def claim(self, own: Claim, at_s: float) -> None:
        """The phrase was heard here."""
        self._own, self._decides_s = own, at_s + WAIT_S
        self._others = [each for each in self._others if at_s - each[0] <= TOGETHER_S]

    def hear(self, other: Claim, at_s: float) -> None:
        """It was heard elsewhere."""
        recent = [each for each in self._others if at_s - each[0] <= TOGETHER_S]
        # Whoever floods the network with claims shall not fill the memory.
        self._others = [*recent[-31:], (at_s, other)]

    def decided(self, at_s: float) -> bool | None:
        """Return whether this device answers; None before that is due, or when nothing is."""
        if self._own is None or at_s < self._decides_s:
            return None
        own, self._own, self._decides_s = self._own, None, math.inf
        return all(own.rank > other.rank for _, other in self._others if other.device != own.device)
