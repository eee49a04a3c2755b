"""What was said, as the model is told it (pure).

The assistant's side is what was heard. A reply that was broken off counts only if somebody
reports what was heard of it, or a tool ran: a guess that was thrown away leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xtalk_edge.engines.agent.prompt import Message, harmless
from xtalk_edge.engines.agent.tool_parse import render_call
from xtalk_edge.engines.interfaces import ToolCall, ToolResult


@dataclass(slots=True)
class Turn:
    """One question and everything done about it."""

    text: str
    calls: list[Message] = field(default_factory=list)
    """Tool calls and their results, in the model's words."""
    made: list[ToolCall] = field(default_factory=list)
    """The calls alone."""
    last_result: str = ""
    """What the last tool answered."""
    reply: str = ""
    settled: bool = False
    """Whether it stays in the history."""

    def say(self, piece: str) -> str:
        """Add a piece to the reply; return what is new, without space at the very start."""
        new = piece if self.reply else piece.lstrip()
        self.reply += new
        return new

    def say_sentence(self, sentence: str) -> str:
        """Add a sentence of its own to the reply; return what is new."""
        return self.say(f" {sentence}")

    def add_call(self, call: ToolCall, result: ToolResult) -> None:
        """Record a tool that ran."""
        self.made.append(call)
        self.last_result = result.content
        self.calls.append(Message("assistant", render_call(call)))
        self.calls.append(Message("tool", harmless(result.content)))
        self.settled = True

    def messages(self) -> list[Message]:
        """Return the turn as chat messages for the model."""
        said = [Message("assistant", self.reply)] if self.reply else []
        return [Message("user", harmless(self.text)), *self.calls, *said]


KEPT_TURNS = 100
"""For whoever asks for the history; the model is shown fewer."""


class Conversation:
    """The last turns, oldest first, of which the model is shown the newest."""

    def __init__(self, turns_shown: int) -> None:
        self._turns_shown = turns_shown
        self._turns: list[Turn] = []
        self._first_shown = 0

    def begin(self, text: str) -> Turn:
        """Open a turn; an earlier one that was never settled is forgotten.

        When too many are shown, the older half is hidden at once: every cut makes the model read
        all that follows anew, so cuts are few.
        """
        self._turns = [turn for turn in self._turns if turn.settled]
        if len(self._turns) - self._first_shown > self._turns_shown:
            self._first_shown = len(self._turns) - (self._turns_shown + 1) // 2
        excess = max(0, len(self._turns) - KEPT_TURNS)
        del self._turns[:excess]
        self._first_shown = max(0, self._first_shown - excess)
        turn = Turn(text)
        self._turns.append(turn)
        return turn

    def hide(self, count: int) -> None:
        """Show the model `count` turns less, the oldest."""
        self._first_shown += count

    def heard(self, text: str) -> None:
        """Replace the last reply by what was heard of it."""
        if self._turns:
            self._turns[-1].reply = text
            self._turns[-1].settled = True

    def past(self, current: Turn) -> list[Turn]:
        """Return the settled turns before `current` that the model is shown."""
        if not self._turns_shown:
            return []
        shown = self._turns[self._first_shown :]
        return [turn for turn in shown if turn is not current and turn.settled]

    def history(self) -> list[dict[str, str]]:
        """Return what both sides said, without the machinery of tools."""
        lines: list[dict[str, str]] = []
        for turn in self._turns:
            if turn.settled:
                lines.append({"role": "user", "content": turn.text})
                if turn.reply:
                    lines.append({"role": "assistant", "content": turn.reply})
        return lines
