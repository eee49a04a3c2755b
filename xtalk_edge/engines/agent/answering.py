"""One answer: speech and tool calls, in bounded rounds.

Before anything that cannot be taken back, a `Hold` comes: whoever only guesses stops there.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass

from xtalk_edge.engines.agent.abstention import Abstention, Verdict
from xtalk_edge.engines.agent.conversation import Conversation, Turn
from xtalk_edge.engines.agent.generation import Decision, Generation
from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.agent.refusal import marked
from xtalk_edge.engines.agent.stopping import Stop
from xtalk_edge.engines.interfaces import NoAnswer, ToolCall, ToolResult, ToolRunner
from xtalk_edge.engines.worker import Worker

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


class Answerer:
    """Answers with a model and its tools.

    Args:
        worker: where the model runs.
        generation: runs the model.
        prompts: writes its prompts.
        conversation: what was said before.
        abstention: when a call is run, asked about, or refused.
        max_tool_rounds: how many calls a turn may have.
        speak_tool_results: a tool's sentence is the reply; else the model words it.
        refusals: what the model was taught to say where it cannot help.
    """

    def __init__(
        self,
        worker: Worker,
        generation: Generation,
        prompts: Prompts,
        conversation: Conversation,
        abstention: Abstention,
        *,
        max_tool_rounds: int,
        speak_tool_results: bool,
        refusals: Collection[str],
    ) -> None:
        self._worker = worker
        self._generation = generation
        self._prompts = prompts
        self._conversation = conversation
        self._abstention = abstention
        self._max_tool_rounds = max_tool_rounds
        self._speak_tool_results = speak_tool_results
        self._refusals = refusals
        self._runner: ToolRunner | None = None
        self._with_arguments: frozenset[str] = frozenset()
        self.confidence = 1.0
        """Chance that the last decision was right."""

    def use_tools(self, runner: ToolRunner) -> None:
        """Let these tools be called."""
        self._runner = runner
        functions = [schema["function"] for schema in runner.schemas()]
        self._with_arguments = frozenset(
            each["name"] for each in functions if each.get("parameters", {}).get("properties")
        )

    async def answer(self, turn: Turn, stop: Stop) -> AsyncGenerator[Piece | Hold, None]:
        """Yield the answer to a turn and write it into the turn."""
        if not harmless(turn.text):
            yield NoAnswer(turn.close_with(NOT_UNDERSTOOD))
        elif len(turn.text) > LONGEST_QUESTION_CHARS:
            yield NoAnswer(turn.close_with(TOO_LONG))
        else:
            async with contextlib.aclosing(self._rounds(turn, stop)) as items:
                async for item in marked(items, self._refusals):
                    yield item
        if not stop.stopped:
            turn.settled = True

    async def _rounds(self, turn: Turn, stop: Stop) -> AsyncGenerator[Piece | Hold, None]:
        for calls_left in range(self._max_tool_rounds, 0, -1):
            calls_before = len(turn.made)
            prompt = self._prompts.fitted(turn)
            if not prompt:
                yield NoAnswer(turn.close_with(TOO_LONG))
                return
            async with contextlib.aclosing(self._round(turn, prompt, calls_left, stop)) as items:
                async for item in items:
                    yield item
            if stop.stopped or turn.answered:
                return
            if self._speak_tool_results or len(turn.made) == calls_before:
                break
        if turn.reply:
            return
        if not turn.made:
            yield NoAnswer(turn.say_sentence(NOT_UNDERSTOOD))
        elif turn.last_result:
            yield turn.say_sentence(turn.last_result)

    async def _round(
        self, turn: Turn, prompt: list[int], calls_left: int, stop: Stop
    ) -> AsyncGenerator[Piece | Hold, None]:
        """Let the model speak once; it may call tools on the way."""
        calls_before = len(turn.made)
        flag = stop.renew()
        items = stop.stream = self._worker.stream(lambda: self._generation.run(prompt, flag))
        try:
            async for item in items:
                if isinstance(item, str):
                    if len(turn.made) > calls_before:
                        # What a model adds to a call is a guess at a result it has not seen.
                        break
                    if text := turn.say(item):
                        yield text
                    continue
                made = len(turn.made)
                read_results = calls_before > 0
                async with contextlib.aclosing(self._act(turn, item, read_results)) as pieces:
                    async for piece in pieces:
                        yield piece
                if turn.answered or len(turn.made) in (made, calls_before + calls_left):
                    break
            else:
                if not turn.made:
                    self.confidence = self._generation.text_confidence
        finally:
            await stop.free_worker()

    async def _act(
        self, turn: Turn, decision: Decision, read_results: bool
    ) -> AsyncGenerator[Piece | Hold, None]:
        """Run a call, ask whether it was meant, or refuse it; a call made before means nothing."""
        self.confidence = self._abstention.calibrated(decision.confidence)
        call, runner = decision.call, self._runner
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
        elif result.content and self._speak_tool_results:
            yield turn.say_sentence(result.content)

    def _verdict(
        self, turn: Turn, call: ToolCall, *, has_effects: bool, read_results: bool
    ) -> Verdict:
        last = self._conversation.before(turn)
        verdict = self._abstention.verdict(self.confidence, has_effects=has_effects)
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
