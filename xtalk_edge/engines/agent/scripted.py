"""An agent that answers from a list: for tests, demonstrations and fixed announcements."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping

from xtalk_edge.engines.agent.conversation import Conversation, Turn
from xtalk_edge.engines.agent.tool_grammar import OPEN
from xtalk_edge.engines.agent.tool_parse import parse_call
from xtalk_edge.engines.interfaces import Agent, AgentContext, ToolCall, ToolResult, ToolRunner
from xtalk_edge.errors import ConfigError

Piece = str | ToolCall | ToolResult


class ScriptedAgent(Agent):
    """Gives the reply of the first rule whose words are in the text.

    Args:
        rules: what is said -> what is answered; an answer may be a tool call in its tags.
        otherwise: the answer when no rule fits.
        word_s: seconds of the loop's time that each word of a reply takes.

    Raises:
        ConfigError: a rule's tool call cannot be read.
    """

    def __init__(
        self,
        rules: Mapping[str, str] | None = None,
        otherwise: str = "Sorry, I didn't understand that.",
        word_s: float = 0.0,
    ) -> None:
        self._rules = {key.casefold(): _action(answer) for key, answer in (rules or {}).items()}
        self._otherwise = otherwise
        self._word_s = word_s
        self._tools: ToolRunner | None = None
        self._conversation = Conversation(turns_shown=0)

    def use_tools(self, runner: ToolRunner) -> None:
        """Let the rules call these tools."""
        self._tools = runner

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Answer a final text word by word; say nothing to anything else."""
        if context.type != "asr_final":
            return
        turn = self._conversation.begin(context.text)
        text = context.text.casefold()
        found = (answer for key, answer in self._rules.items() if key in text)
        action = next(found, self._otherwise)
        if isinstance(action, ToolCall) and self._tools is not None:
            yield action
            result = await self._tools.run(action)
            turn.add_call(action, result)
            yield result
            action = result.content
        if isinstance(action, str):
            async for piece in self._said(turn, action):
                yield piece
        turn.settled = True

    async def _said(self, turn: Turn, reply: str) -> AsyncGenerator[str, None]:
        for word in re.findall(r"\S+\s*", reply):
            await asyncio.sleep(self._word_s)
            yield turn.say(word)

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take an exchange into the history that was settled without the script."""
        self._conversation.note(text, reply, call)

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages, oldest first."""
        return self._conversation.history()


def _action(answer: str) -> str | ToolCall:
    if not answer.startswith(OPEN):
        return answer
    call = parse_call(answer.removeprefix(OPEN))
    if call is None:
        raise ConfigError(f"agent.rules: {answer!r} is no tool call; see docs/extending.md")
    return call
