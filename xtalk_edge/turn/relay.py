"""What is to be answered and said while the device interprets, in order. Pure.

The agent works on one piece at a time, and the voice speaks its answers one behind another. Only so
much is prepared that the voice need not wait: what is not begun yet can still be left out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MOST_UNHEARD = 2
"""One that is spoken, and one that is ready when it ends."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A turn of a few words."""

    turn_id: int
    text: str


class Relay:
    """Pieces on their way to the agent, the voice and the loudspeaker.

    Args:
        most_waiting: pieces that may wait for the agent.
    """

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._waiting: deque[Piece] = deque()
        self._asked: int | None = None
        """The turn that the agent works on."""
        self._unheard: list[int] = []
        """Turns whose answer was not heard to its end."""
        self.audible = False
        """Whether an answer can be heard."""

    @property
    def waiting(self) -> int:
        """How many pieces wait for the agent."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether anything is still to be answered or said."""
        return bool(self._waiting or self._unheard)

    @property
    def ready(self) -> bool:
        """Whether something more may be said behind what is being said."""
        return self._asked is None and len(self._unheard) < MOST_UNHEARD

    def add(self, piece: Piece) -> Piece | None:
        """Let a piece wait; return the oldest if it has to make room."""
        full = len(self._waiting) == self._most_waiting
        left_out = self._waiting.popleft() if full else None
        self._waiting.append(piece)
        return left_out

    def ask(self) -> Piece | None:
        """Return the piece to ask the agent next, which then waits no more; None while there is
        none, or enough is to be said already.
        """
        if not self.ready or not self._waiting:
            return None
        piece = self._waiting.popleft()
        self._asked = piece.turn_id
        self._unheard.append(piece.turn_id)
        return piece

    def say(self, turn_id: int) -> None:
        """Note that something is said for which the agent is not asked."""
        self._unheard.append(turn_id)

    def answered(self, turn_id: int) -> None:
        """Note that the agent has finished with a turn."""
        if self._asked == turn_id:
            self._asked = None

    def began(self, turn_id: int) -> None:
        """Note that a turn's answer can be heard."""
        self.audible = self.audible or turn_id in self._unheard

    def ended(self, turn_id: int) -> None:
        """Note that a turn's answer was heard to its end."""
        self.answered(turn_id)
        if turn_id in self._unheard:
            self._unheard.remove(turn_id)
            self.audible = False

    def clear(self) -> list[int]:
        """Forget everything; return the turns that agent or voice are at work on."""
        begun, self._unheard = self._unheard, []
        self._waiting.clear()
        self._asked, self.audible = None, False
        return begun
