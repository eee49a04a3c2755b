"""Gives a text on clause by clause, as it was written. Pure."""

from __future__ import annotations

from xtalk_edge.turn.clauses import ClauseSplitter


class WholeClauses:
    """Holds back what may still be cut off in the middle of a clause."""

    def __init__(self) -> None:
        self._splitter = ClauseSplitter()
        self._held = ""

    def push(self, piece: str) -> str:
        """Take the next piece; return the clauses it completes, white space included."""
        self._held += piece
        end = 0
        for clause in self._splitter.push(piece):
            end = self._held.index(clause, end) + len(clause)
        while 0 < end < len(self._held) and self._held[end].isspace():
            # Whoever splits it again sees the clause's end by it.
            end += 1
        whole, self._held = self._held[:end], self._held[end:]
        return whole

    def rest(self) -> str:
        """Return what is left: the text is over."""
        rest, self._held = self._held, ""
        return rest
