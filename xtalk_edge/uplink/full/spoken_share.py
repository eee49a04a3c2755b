"""How much of a text a length of sound holds, where nobody says so. Pure."""

from __future__ import annotations

from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.turn.heard import estimate_sounds

USUAL_PACE = 13.5
"""Speech sounds a second: most voices have 12 to 15."""


def sounds_of(text: str) -> float:
    """Return about how many speech sounds a text has, pauses included."""
    return sum(map(estimate_sounds, text.split()))


def clause_end_near(text: str, sounds: float) -> int:
    """Return where the clause ends with which a text has about so many sounds; 0 is before all."""
    splitter = ClauseSplitter()
    clauses = [*splitter.push(text), splitter.flush()]
    best, nearest, end, total = 0, sounds, 0, 0.0
    for clause in filter(None, clauses):
        end = text.index(clause, end) + len(clause)
        total += sounds_of(clause)
        if abs(total - sounds) <= nearest:
            best, nearest = end, abs(total - sounds)
    return best
