"""An agent on any server that speaks OpenAI's chat completions: vLLM, llama.cpp's, Ollama, LiteLLM,
xAI, OpenAI.

Words, and what tools answer, leave the device; the history, the tools and every decision about them
stay. The device starts without the server, and asks it anew at each question.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import Any

from xtalk_edge.engines.agent.abstention import Abstention
from xtalk_edge.engines.agent.clock_line import ClockLine
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.agent.hands import Hands, Hold, Piece
from xtalk_edge.engines.agent.openai_answering import ServerAnswerer
from xtalk_edge.engines.agent.openai_messages import TAKEN, Requests, Wording
from xtalk_edge.engines.agent.openai_pace import Limits
from xtalk_edge.engines.agent.openai_server import ChatServer
from xtalk_edge.engines.agent.persona import PERSONA
from xtalk_edge.engines.agent.speculation import Speculation
from xtalk_edge.engines.agent.stamp import Stamp
from xtalk_edge.engines.interfaces import Agent, AgentContext, Prepared, ToolCall, ToolRunner
from xtalk_edge.engines.parameters import check_least
from xtalk_edge.errors import ConfigError, UplinkError
from xtalk_edge.net.address import address_of
from xtalk_edge.net.border import BORDER
from xtalk_edge.net.http_line import HttpLine
from xtalk_edge.net.peer import peer_of
from xtalk_edge.net.secret import secret_of
from xtalk_edge.net.trust import Trust
from xtalk_edge.net.way_faults import Goal
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

_SETTING = "agent.base_url"
_PATH = "/chat/completions"

LEAST: dict[str, float] = {
    "temperature": 0,
    "max_tokens": 0,
    "history_turns": 0,
    "history_chars": 0,
    "forget_after_s": 0,
    "max_tool_rounds": 1,
    "connect_s": 0.1,
    "first_token_s": 0.1,
    "stall_s": 0.1,
    "whole_s": 0.1,
}
"""The least a setting may be."""


class OpenAIAgent(Agent):
    """Answers with the model of a server and the tools of this device.

    Args:
        base_url: where the server's interface begins, mostly "http://host:port/v1".
        model: its name there; "" for servers with one.
        api_key: where the key is kept: "env:NAME", "file:PATH" or "credential:NAME"; "" is none.
        persona: what the model is told first.
        temperature: 0 for the most likely answer every time; None for the server's own.
        max_tokens: where a reply ends at the latest, thoughts included; 0 is the server's own.
        extra_body: whatever else requests are to have.
        history_turns: how many past turns the model is shown.
        history_chars: how many characters of them at most.
        forget_after_s: turns older than this are not shown; 0 for never.
        max_tool_rounds: how often per turn the model may call tools.
        speak_tool_results: a tool's sentence is the reply; else the model words it.
        think_ahead: answers are begun while it is not certain that the owner has finished.
        connect_s: how long a connection may take, encryption included.
        first_token_s, stall_s, whole_s: see `Limits`.
        allow_plain: http:// may lead out of this machine.
        ca_file, client_cert, client_key: see `Trust`.

    Raises:
        ConfigError: a setting is out of its range, or the key or a certificate is not there.
    """

    thread_only = "what leaves the device is counted, and may be held back, in its own process"

    def __init__(
        self,
        base_url: str,
        model: str = "",
        api_key: str = "",
        persona: str = PERSONA,
        temperature: float | None = None,
        max_tokens: int = 400,
        extra_body: dict[str, Any] | None = None,
        history_turns: int = 20,
        history_chars: int = 24_000,
        forget_after_s: float = 0.0,
        max_tool_rounds: int = 3,
        speak_tool_results: bool = False,
        think_ahead: bool = False,
        connect_s: float = 5.0,
        first_token_s: float = 20.0,
        stall_s: float = 10.0,
        whole_s: float = 120.0,
        allow_plain: bool = False,
        ca_file: str = "",
        client_cert: str = "",
        client_key: str = "",
    ) -> None:
        check_least(
            "agent",
            LEAST,
            {
                "temperature": temperature,
                "max_tokens": max_tokens,
                "history_turns": history_turns,
                "history_chars": history_chars,
                "forget_after_s": forget_after_s,
                "max_tool_rounds": max_tool_rounds,
                "connect_s": connect_s,
                "first_token_s": first_token_s,
                "stall_s": stall_s,
                "whole_s": whole_s,
            },
        )
        address = address_of(_SETTING, base_url, ("http", "https"), allow_plain=allow_plain)
        if "?" in address.url:
            raise ConfigError(f"{_SETTING}: leave out what stands behind the path")
        trust = Trust(ca_file=ca_file, client_cert=client_cert, client_key=client_key)
        self._model = model
        self._think_ahead = think_ahead
        self._line = HttpLine(peer_of(Goal(address, _SETTING), trust), connect_s)
        self._server = ChatServer(
            self._line,
            address.url.rstrip("/").removesuffix(_PATH),
            secret_of("agent.api_key", api_key),
            model,
            Limits(first_token_s, stall_s, whole_s),
        )
        self._conversation = Conversation(history_turns, forget_after_s)
        self._stamp = Stamp(ClockLine())
        wording = Wording(persona, model, temperature, max_tokens, _checked(extra_body or {}))
        self._requests = Requests(
            wording, self._conversation, self._stamp, history_chars=history_chars
        )
        # A server tells no chances; what may be done without asking is decided by the rest.
        self._hands = Hands(self._conversation, Abstention(), speak_tool_results=speak_tool_results)
        self._answerer = ServerAnswerer(
            self._server, self._requests, self._hands, max_tool_rounds=max_tool_rounds
        )
        self._tasks = TaskOwner()
        self._guess: Speculation[_Flag] | None = None

    def use_tools(self, runner: ToolRunner) -> None:
        """Let the model call these tools."""
        self._requests.use_tools(runner.schemas())
        self._hands.use_tools(runner)

    def use_speaker(self, name: str, about: str = "") -> None:
        """Take who is speaking."""
        self._stamp.use_speaker(name, about)

    def use_caption(self, text: str) -> None:
        """Take what is heard around the device."""
        self._stamp.use_caption(text)

    def use_thought(self, text: str) -> None:
        """Take a note about the conversation."""
        self._stamp.use_thought(text)

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Answer a final text; at the start, see whether the server is there."""
        if context.type == "asr_final":
            async with contextlib.aclosing(self.commit(context.text)) as pieces:
                async for piece in pieces:
                    yield piece
        elif context.type == "loop":
            await self._look()

    async def _look(self) -> None:
        """Tell the owner early of what would spoil every answer; it also opens a connection."""
        if BORDER.offline:
            return
        try:
            names = await self._server.models()
        except UplinkError as error:
            log.warning("the agent's server cannot answer now: %s", error)
            return
        if names and self._model and self._model not in names:
            log.warning("the agent's server has no model %r; it has %r", self._model, names[:20])

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change, where the owner wants that.

        What was begun in vain costs as much as an answer, and half sentences leave the device.
        """
        if not self._think_ahead:
            return Prepared()
        guess = self._guess
        if guess is None or not guess.fits(text, self._conversation.version):
            await self.discard()
            turn = self._requests.turn(text)
            guess = self._guess = Speculation(
                turn,
                _Flag(),
                self._answerer.answer(turn),
                self._conversation.version,
                self._tasks,
            )
        await guess.resting()
        return guess.prepared

    async def discard(self) -> None:
        """Throw the speculation away; nothing of it remains."""
        guess, self._guess = self._guess, None
        if guess is not None:
            await guess.close()

    async def commit(self, text: str) -> AsyncGenerator[Piece, None]:
        """Answer `text`; closing the iterator closes the connection.

        Raises:
            UplinkError: the server gave no answer, or not to its end.
        """
        guess = self._guess
        if guess is not None and guess.fits(text, self._conversation.version) and not guess.failed:
            self._guess = None
            turn, items = guess.turn, guess.release()
        else:
            await self.discard()
            turn = self._requests.turn(text)
            items = self._answerer.answer(turn)
        self._requests.begun()
        self._conversation.add(turn)
        async with contextlib.aclosing(items):
            async for item in items:
                if not isinstance(item, Hold):
                    yield item

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take an exchange into the history that was settled without the model."""
        self._conversation.note(text, reply, call)

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages, oldest first."""
        return self._conversation.history()

    def close(self) -> None:
        """Close the connections."""
        self._line.close()


class _Flag:
    """Ends an answer that occupies nothing but its own connection."""

    def __init__(self) -> None:
        self.stopped = False

    async def make_way(self) -> None:
        """Take it that the answer ends; closing it closes the connection."""
        self.stopped = True


def _checked(extra: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(extra, dict):
        raise ConfigError(f"agent.extra_body: must be a table, {{ top_p = 0.9 }}, not {extra!r}")
    for name in TAKEN:
        if name in extra:
            raise ConfigError(f"agent.extra_body: {name} is what the agent itself says; remove it")
    return extra
