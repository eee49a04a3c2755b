"""What a bad line does to frames: loses, damages, doubles and delays them. Pure, by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from firmware_bridge.wire import DELIMITER


@dataclass(frozen=True, slots=True)
class Faults:
    """How bad a line is; probabilities are those of one frame."""

    loss: float = 0.0
    corruption: float = 0.0
    """Of one to three bytes becoming others, zero bytes among them."""
    duplicates: float = 0.0
    delay_s: float = 0.0
    """At most; frames never overtake one another."""


class FaultyLine:
    """One direction of a line."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self._faults = faults
        self._chance = random.Random(seed)
        self._begun = b""
        self._last_s = 0.0

    def carry(self, data: bytes, at_s: float) -> list[tuple[float, bytes]]:
        """Take bytes; return what comes out at the other end, and when."""
        pieces = (self._begun + data).split(DELIMITER)
        self._begun = pieces.pop()
        return [arrival for piece in pieces if piece for arrival in self._frame(piece, at_s)]

    def _frame(self, piece: bytes, at_s: float) -> list[tuple[float, bytes]]:
        faults, chance = self._faults, self._chance
        if chance.random() < faults.loss:
            return []
        if chance.random() < faults.corruption:
            piece = damaged(piece, chance)
        times = 2 if chance.random() < faults.duplicates else 1
        self._last_s = max(self._last_s, at_s + chance.uniform(0.0, faults.delay_s))
        return [(self._last_s, DELIMITER + piece + DELIMITER)] * times


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one to three of them changed."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)
