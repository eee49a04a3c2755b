"""What was said, as the model is told it (pure).

The assistant's side is what was heard. A reply that was broken off counts only if somebody
reports what was heard of it, or a tool ran: a guess that was thrown away leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from xtalk_edge.clock import now_s
from xtalk_edge.engines.agent.prompt import Message, harmless
from xtalk_edge.engines.agent.tool_parse import render_call
from xtalk_edge.engines.interfaces import ToolCall, ToolResult

KEPT_TURNS = 100
"""For whoever asks for the history; the model is shown fewer."""


@dataclass(slots=True)
class Turn:
    """One question and everything done about it."""

    text: str
    stamp: str = ""
    """Date, time and surroundings, where the model is told them."""
    meant: str = ""
    """What was said when the device asked back, where the model sees both as one exchange."""
    calls: list[Message] = field(default_factory=list)
    """Tool calls and their results, in the model's words."""
    made: list[ToolCall] = field(default_factory=list)
    """The calls alone."""
    proposed: ToolCall | None = None
    """The call that the reply asks about."""
    last_result: str = ""
    """What the last tool answered."""
    reply: str = ""
    answered: bool = False
    """Whether nothing is to be added, whatever the model would go on to say."""
    settled: bool = False
    """Whether it stays in the history."""
    at_s: float = 0.0
    """When it was last heard of."""

    def say(self, piece: str) -> str:
        """Add a piece to the reply; return what is new, without space at the very start."""
        new = piece if self.reply else piece.lstrip()
        self.reply += new
        return new

    def say_sentence(self, sentence: str) -> str:
        """Add a sentence of its own to the reply; return what is new."""
        return self.say(f" {sentence}")

    def close_with(self, sentence: str) -> str:
        """End the reply with a sentence; return what is new."""
        self.answered = True
        return self.say_sentence(sentence)

    def add_call(self, call: ToolCall, result: ToolResult) -> None:
        """Record a tool that ran."""
        self.made.append(call)
        self.last_result = result.content
        self.calls.append(Message("assistant", render_call(call)))
        self.calls.append(Message("tool", harmless(result.content)))
        self.settled = True

    @property
    def asked(self) -> str:
        """The question as the model is told it."""
        return f"{self.stamp} {harmless(self.meant or self.text)}".strip()

    def answered_calls(self) -> list[tuple[ToolCall, str]]:
        """Return each call with what the model is told of its answer."""
        answers = [each.content for each in self.calls if each.role == "tool"]
        return list(zip(self.made, answers, strict=True))

    def messages(self) -> list[Message]:
        """Return the turn as chat messages for the model."""
        # A reply may quote a tool, and a tool may quote anything.
        said = [Message("assistant", harmless(self.reply))] if self.reply else []
        return [Message("user", self.asked), *self.calls, *said]


class Conversation:
    """The last turns, oldest first, of which the model is shown the newest.

    Args:
        turns_shown: how many at most.
        forget_after_s: older ones are not shown; 0 for never.
        answers_joined: whether a question of the device and the yes to it are shown as one turn.
        clock: gives monotonic seconds.
    """

    def __init__(
        self,
        turns_shown: int,
        forget_after_s: float = 0.0,
        *,
        answers_joined: bool = False,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self.turns_shown = turns_shown
        self.summary = ""
        """What was said before the turns that are shown, in short."""
        self.version = 0
        """Changes with everything that the model would be told differently."""
        self._forget_after_s = forget_after_s
        self._answers_joined = answers_joined
        self._clock = clock
        self._turns: list[Turn] = []
        self._first_shown = 0

    def begin(self, text: str) -> Turn:
        """Open a turn; an earlier one that was never settled is forgotten."""
        turn = Turn(text)
        self.add(turn)
        return turn

    def add(self, turn: Turn) -> None:
        """Make a turn the last one; an earlier one that was never settled is forgotten."""
        self._turns = [each for each in self._turns if each.settled]
        excess = max(0, len(self._turns) - KEPT_TURNS)
        del self._turns[:excess]
        self._first_shown = max(0, self._first_shown - excess)
        turn.at_s = self._clock()
        self._turns.append(turn)
        self.version += 1

    def note(self, text: str, reply: str, call: ToolCall | None) -> None:
        """Add an exchange that was settled without the model: an answer to a question of ours."""
        turn = Turn(text)
        if call is not None:
            if self._answers_joined and self._turns:
                turn.meant = self._turns[-1].text
            turn.add_call(call, ToolResult(call.name, reply))
        self.add(turn)
        turn.say(reply)
        turn.settled = True

    def hide(self, turns: list[Turn]) -> None:
        """Show the model no longer what came up to the last of these turns."""
        for place, turn in enumerate(self._turns):
            if turn is turns[-1]:
                self._first_shown = place + 1

    def summarise(self, turns: list[Turn], summary: str) -> None:
        """Show the model what came up to the last of these turns in short."""
        self.hide(turns)
        self.summary = summary
        self.version += 1

    def heard(self, text: str) -> None:
        """Replace the last reply by what was heard of it."""
        if self._turns:
            last = self._turns[-1]
            self.version += last.reply != text or not last.settled
            last.reply = text
            last.settled = True
            last.at_s = self._clock()

    def before(self, current: Turn | None = None) -> Turn | None:
        """Return the last turn, shown or not, but for `current`; None when there is none."""
        earlier = [turn for turn in self._turns if turn is not current]
        return earlier[-1] if earlier else None

    def past(self, current: Turn | None = None) -> list[Turn]:
        """Return the settled turns, but for `current`, that the model is shown.

        When too many are shown, the older half is hidden at once: every cut makes the model read
        all that follows anew, so cuts are few.
        """
        if not self.turns_shown:
            return []
        shown = self._turns[self._first_shown :]
        settled = [turn for turn in shown if turn is not current and turn.settled]
        if len(settled) > self.turns_shown:
            kept = (self.turns_shown + 1) // 2
            self.hide(settled[:-kept])
            settled = settled[-kept:]
        if self._forget_after_s:
            oldest_s = self._clock() - self._forget_after_s
            settled = [turn for turn in settled if turn.at_s >= oldest_s]
        return settled

    def history(self) -> list[dict[str, str]]:
        """Return what both sides said, without the machinery of tools."""
        lines: list[dict[str, str]] = []
        for turn in self._turns:
            if turn.settled:
                lines.append({"role": "user", "content": turn.text})
                if turn.reply:
                    lines.append({"role": "assistant", "content": turn.reply})
        return lines
