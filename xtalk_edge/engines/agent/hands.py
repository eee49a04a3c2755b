"""What an agent does about a tool call: it runs it, asks whether it was meant, or refuses it.

Before anything that cannot be taken back, a `Hold` comes: whoever only guesses stops there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from xtalk_edge.engines.agent.abstention import Abstention, Verdict
from xtalk_edge.engines.agent.conversation import Conversation, Turn
from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.engines.interfaces import NoAnswer, ToolCall, ToolResult, ToolRunner

NOT_UNDERSTOOD = "Sorry, I didn't understand that."
TOO_LONG = "Sorry, that was too long for me."

LONGEST_QUESTION_CHARS = 2000
"""Two minutes of talk. A Pi 4 would read more for longer than anybody waits."""

LONGEST_RESULT_CHARS = 1000
"""A minute of speech; tools of ours stop well before."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What comes next cannot be taken back."""

    is_request: bool = False
    """Whether it is a call that says all there is to say, and no question back."""
    is_command: bool = False
    """Whether it is a call, and no question whether one was meant."""


Piece = str | ToolCall | ToolResult


def excuse(text: str) -> str:
    """Return why a question is answered by nobody; "" where it can be."""
    if not harmless(text):
        return NOT_UNDERSTOOD
    return TOO_LONG if len(text) > LONGEST_QUESTION_CHARS else ""


def last_word(turn: Turn) -> str:
    """Say what is left to be said once the model has fallen silent; "" for nothing."""
    if turn.reply.strip():
        return ""
    if not turn.made:
        return NoAnswer(turn.say_sentence(NOT_UNDERSTOOD))
    return turn.say_sentence(turn.last_result) if turn.last_result else ""


class Hands:
    """Uses tools for an agent.

    Args:
        conversation: what was said before.
        abstention: when a call is run, asked about, or refused.
        speak_tool_results: a tool's sentence is the reply; else the model words it.
    """

    def __init__(
        self, conversation: Conversation, abstention: Abstention, *, speak_tool_results: bool
    ) -> None:
        self._conversation = conversation
        self.abstention = abstention
        self.speak_tool_results = speak_tool_results
        self._runner: ToolRunner | None = None
        self._with_arguments: frozenset[str] = frozenset()
        self.names: frozenset[str] = frozenset()
        """Of the tools there are."""
        self.confidence = 1.0
        """Chance that the last decision was right."""

    def use_tools(self, runner: ToolRunner) -> None:
        """Let these tools be called."""
        self._runner = runner
        functions = [schema["function"] for schema in runner.schemas()]
        self.names = frozenset(each["name"] for each in functions)
        self._with_arguments = frozenset(
            each["name"] for each in functions if each.get("parameters", {}).get("properties")
        )

    async def act(
        self, turn: Turn, call: ToolCall | None, confidence: float, *, read_results: bool
    ) -> AsyncGenerator[Piece | Hold, None]:
        """Do what is to be done about a call; one that was made before means nothing.

        Args:
            turn: what is being answered.
            call: what the model wants; None where what it wrote is no call.
            confidence: how sure the model is, before calibration.
            read_results: whether the model has read what tools found in this turn.
        """
        self.confidence = self.abstention.calibrated(confidence)
        runner = self._runner
        if call is None or runner is None:
            yield NoAnswer(turn.close_with(NOT_UNDERSTOOD))
            return
        if call in turn.made:
            return
        has_effects = runner.has_effects(call.name)
        verdict = self._verdict(turn, call, has_effects=has_effects, read_results=read_results)
        if verdict is Verdict.REFUSE:
            yield NoAnswer(turn.close_with(NOT_UNDERSTOOD))
            return
        if verdict is Verdict.ASK:
            yield Hold()
            question = runner.propose(call)
            turn.proposed = call if question else None
            yield turn.close_with(question or NOT_UNDERSTOOD)
            return
        if has_effects:
            # A call that could say more and says nothing ("set a timer") is likely to go on.
            says_something = any(str(value).strip() for value in call.arguments.values())
            is_whole = says_something or call.name not in self._with_arguments
            yield Hold(is_request=is_whole, is_command=True)
        yield call
        result = _bounded(await runner.run(call))
        turn.add_call(call, result)
        yield result
        if result.content and not result.ok:
            # A question or an excuse: it is said as it is.
            yield turn.close_with(result.content)
        elif result.content and self.speak_tool_results:
            yield turn.say_sentence(result.content)

    def _verdict(
        self, turn: Turn, call: ToolCall, *, has_effects: bool, read_results: bool
    ) -> Verdict:
        last = self._conversation.before(turn)
        verdict = self.abstention.verdict(self.confidence, has_effects=has_effects)
        if verdict is Verdict.ACT and has_effects and read_results:
            # What a tool found may be words of a stranger: only the owner asks for effects.
            verdict = Verdict.ASK
        if verdict is Verdict.ASK and last is not None and last.proposed == call:
            # It was asked and not answered with yes: asking for ever would be a nuisance.
            verdict = Verdict.REFUSE
        return verdict


def _bounded(result: ToolResult) -> ToolResult:
    if len(result.content) <= LONGEST_RESULT_CHARS:
        return result
    return dataclasses.replace(result, content=result.content[:LONGEST_RESULT_CHARS])
