"""One answer of a model behind a server: speech and tool calls, in bounded rounds."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from xtalk_edge.engines.agent.conversation import Turn
from xtalk_edge.engines.agent.hands import Hands, Hold, Piece, excuse, last_word
from xtalk_edge.engines.agent.openai_messages import Done, Requests
from xtalk_edge.engines.agent.openai_server import ChatServer, Finished
from xtalk_edge.engines.agent.openai_stream import Asked
from xtalk_edge.engines.interfaces import NoAnswer, ToolCall
from xtalk_edge.net.border import BORDER

CUT_SHORT = "That is as much as I can say at once."
"""Said where the model came to the end of its tokens in the middle of an answer."""

THOUGHT_TOO_LONG = "Sorry, I thought about that for too long."
"""Said where it came there before it began to answer."""

NOT_ALLOWED = "Sorry, I may not answer that."
"""Said where the server's filter stopped the answer."""

UNKNOWN_TOOL = "there is no tool of this name"
DONE_BEFORE = "this was done already, with the same answer"


class ServerAnswerer:
    """Answers with the model of a server and the tools of this device.

    Args:
        server: where the model is.
        requests: writes what it is asked.
        hands: uses the tools.
        max_tool_rounds: how often a turn the model may call tools.
    """

    def __init__(
        self, server: ChatServer, requests: Requests, hands: Hands, *, max_tool_rounds: int
    ) -> None:
        self._server = server
        self._requests = requests
        self._hands = hands
        self._max_tool_rounds = max_tool_rounds

    async def answer(self, turn: Turn) -> AsyncGenerator[Piece | Hold, None]:
        """Yield the answer to a turn and write it into the turn.

        Raises:
            UplinkError: the server gave none, or not to its end.
        """
        if sorry := excuse(turn.text):
            yield NoAnswer(turn.close_with(sorry))
        else:
            async with contextlib.aclosing(self._rounds(turn)) as items:
                async for item in items:
                    yield item
        turn.settled = True

    async def _rounds(self, turn: Turn) -> AsyncGenerator[Piece | Hold, None]:
        done: list[Done] = []
        for rounds_left in reversed(range(self._max_tool_rounds + 1)):
            asked: list[Asked] = []
            async with contextlib.aclosing(self._ask(turn, done, rounds_left, asked)) as texts:
                async for text in texts:
                    yield text
            if turn.answered or not asked:
                break
            async with contextlib.aclosing(self._act(turn, asked, done)) as pieces:
                async for piece in pieces:
                    yield piece
            if turn.answered or (self._hands.speak_tool_results and turn.made):
                break
        if rest := last_word(turn):
            yield rest

    async def _ask(
        self, turn: Turn, done: list[Done], rounds_left: int, asked: list[Asked]
    ) -> AsyncGenerator[str, None]:
        """Let the model speak once, and take down what it wants done."""
        # Who does not want tools told about can have answers without them.
        with_tools = BORDER.is_open("tools")
        may_call = with_tools and rounds_left > 0
        request = self._requests.request(turn, done, with_tools=with_tools, may_call=may_call)
        if turn.reply:
            # What is said after a call goes on where it left off before it.
            yield turn.say(" ")
        async with contextlib.aclosing(self._server.answer(request)) as items:
            async for item in items:
                if isinstance(item, Finished):
                    asked += item.calls if may_call else []
                    if ending := _ending(item.reason, turn, asked):
                        yield turn.close_with(ending)
                elif text := turn.say(item):
                    yield text

    async def _act(
        self, turn: Turn, asked: list[Asked], done: list[Done]
    ) -> AsyncGenerator[Piece | Hold, None]:
        """Do what the model wants done, one after another, and take down what came of it."""
        read_results = bool(turn.made)
        for each in asked:
            call = ToolCall(each.name, each.arguments or {})
            problem = self._problem(turn, each, call)
            if problem:
                done.append((call, problem))
                continue
            acting = self._hands.act(turn, call, 1.0, read_results=read_results)
            async with contextlib.aclosing(acting) as pieces:
                async for piece in pieces:
                    yield piece
            if turn.answered:
                return
            done.append(turn.answered_calls()[-1])

    def _problem(self, turn: Turn, asked: Asked, call: ToolCall) -> str:
        """Return why a call is not run, for the model; "" where it is."""
        if asked.arguments is None:
            return f"error: {asked.problem}; the call was not run"
        if asked.name not in self._hands.names:
            return f"error: {UNKNOWN_TOOL}; the call was not run"
        return DONE_BEFORE if call in turn.made else ""


def _ending(reason: str, turn: Turn, asked: list[Asked]) -> str:
    """Return what is to be said about the way in which an answer ended; "" for nothing."""
    if reason == "content_filter":
        return NOT_ALLOWED
    if reason == "length" and not asked:
        return CUT_SHORT if turn.reply.strip() else THOUGHT_TOO_LONG
    return ""
