"""One answer of a local model: speech and tool calls, in bounded rounds."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Collection

from xtalk_edge.engines.agent.conversation import Turn
from xtalk_edge.engines.agent.generation import Generation
from xtalk_edge.engines.agent.hands import TOO_LONG, Hands, Hold, Piece, excuse, last_word
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.agent.refusal import marked
from xtalk_edge.engines.agent.stopping import Stop
from xtalk_edge.engines.interfaces import NoAnswer
from xtalk_edge.engines.worker import Worker


class Answerer:
    """Answers with a model and its tools.

    Args:
        worker: where the model runs.
        generation: runs the model.
        prompts: writes its prompts.
        hands: uses the tools.
        max_tool_rounds: how many calls a turn may have.
        refusals: what the model was taught to say where it cannot help.
    """

    def __init__(
        self,
        worker: Worker,
        generation: Generation,
        prompts: Prompts,
        hands: Hands,
        *,
        max_tool_rounds: int,
        refusals: Collection[str],
    ) -> None:
        self._worker = worker
        self._generation = generation
        self._prompts = prompts
        self._hands = hands
        self._max_tool_rounds = max_tool_rounds
        self._refusals = refusals

    async def answer(self, turn: Turn, stop: Stop) -> AsyncGenerator[Piece | Hold, None]:
        """Yield the answer to a turn and write it into the turn."""
        if sorry := excuse(turn.text):
            yield NoAnswer(turn.close_with(sorry))
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
            if self._hands.speak_tool_results or len(turn.made) == calls_before:
                break
        if rest := last_word(turn):
            yield rest

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
                acting = self._hands.act(
                    turn, item.call, item.confidence, read_results=calls_before > 0
                )
                async with contextlib.aclosing(acting) as pieces:
                    async for piece in pieces:
                        yield piece
                if turn.answered or len(turn.made) in (made, calls_before + calls_left):
                    break
            else:
                if not turn.made:
                    self._hands.confidence = self._generation.text_confidence
        finally:
            await stop.free_worker()
