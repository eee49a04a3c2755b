"""An agent that is two: the device's own, and one behind a server.

The conversation's history is the device's. It takes in what the server said once it was heard; the
other way round there is nothing in the protocol by which a server could be told.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.clock import now_s
from xtalk_edge.engines.agent.exchanges import exchanges
from xtalk_edge.engines.interfaces import (
    Agent,
    AgentContext,
    Prepared,
    ToolCall,
    ToolResult,
    ToolRunner,
)
from xtalk_edge.errors import EngineLostError, UplinkError, places_of, problem_of
from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.uplink.asking import Asker, TextAsker
from xtalk_edge.uplink.choice import DeviceKnows, Side
from xtalk_edge.uplink.contest import Contest
from xtalk_edge.uplink.way import Way

log = logging.getLogger(__name__)

Piece = str | ToolCall | ToolResult | LiveSpeech


@dataclass(slots=True)
class _LookedAt:
    """A text the device has begun to think about."""

    text: str
    since_s: float
    known: DeviceKnows | None = None


class HedgedAgent(Agent):
    """Answers with the device's agent or the server's, as the policy says.

    Args:
        device: the agent on the device; also takes everything that is no question.
        way: to the server's.
        lost_rest: said where the server was lost in mid-answer and the device cannot go on.
        asker: how the server is asked; None is by the text.
    """

    def __init__(self, device: Agent, way: Way, lost_rest: str, asker: Asker | None = None) -> None:
        self._device = device
        self._way = way
        self._asker: Asker = asker or TextAsker(way.cloud)
        self._lost_rest = lost_rest
        self._looked_at: _LookedAt | None = None
        self._unheard: str | None = None
        """A question of which the device's agent knows nothing until its answer was heard."""
        self._not_again = ""
        """A text that was given to the server already, and is asked once more."""

    def async_accept(self, context: AgentContext) -> AsyncIterator[Piece]:
        """Answer a final text; whatever else the context is about, the device's agent does."""
        is_question = context.type == "asr_final"
        return self._answer(context) if is_question else self._device.async_accept(context)

    # -- answering -------------------------------------------------------------------------

    async def _answer(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        looked_at, self._looked_at = self._looked_at, None
        if context.text == self._not_again:
            looked_at = _LookedAt(context.text, now_s(), DeviceKnows(is_command=True))
        self._not_again = ""
        contest = Contest(
            self._way,
            lambda: self._asker.answer(context.text),
            lambda: self._foreseen(context.text),
        )
        self._unheard = context.text
        try:
            if await self._chosen(contest, context.text, looked_at) == "device":
                self._unheard = None
                async with contextlib.aclosing(self._tried(context, contest)) as pieces:
                    async for piece in pieces:
                        self._asker.leave()
                        yield piece
            if contest.side == "server":
                self._unheard = self._asker.understood(context.text)
                await self._device.discard()
                async with contextlib.aclosing(self._said(contest, context.text)) as said:
                    async for clause in said:
                        yield clause
        finally:
            contest.close()

    async def _chosen(
        self, contest: Contest[str | LiveSpeech], text: str, looked_at: _LookedAt | None
    ) -> Side:
        if looked_at is None or looked_at.text.strip() != text.strip():
            return await contest.choose()
        return await contest.choose(looked_at.known, looked_at.since_s)

    async def _tried(
        self, context: AgentContext, contest: Contest[str | LiveSpeech]
    ) -> AsyncGenerator[Piece, None]:
        """Yield the device's answer; where it fails before its first word, ask the server."""
        begun = False
        try:
            items = self._device.async_accept(context)
            async with contextlib.aclosing(items) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    begun = True
                    yield piece
        except Exception as error:
            if begun or not await contest.steps_in():
                if isinstance(error, EngineLostError):
                    self._not_again = context.text
                raise
            log.warning("the device's agent failed, the server answers: %s", error)
            past = exchanges(self._device.history())
            if not past or past[-1][0] != context.text:
                self._unheard = context.text

    async def _said(
        self, contest: Contest[str | LiveSpeech], text: str
    ) -> AsyncGenerator[str | LiveSpeech, None]:
        """Yield the server's answer; where it is lost, the device's idea of the rest."""
        said = ""
        try:
            async with contextlib.aclosing(contest.of_server()) as pieces:
                async for piece in pieces:
                    said = said + piece if isinstance(piece, str) else piece.text
                    yield piece
        except UplinkError:
            words, is_whole = self._asker.rest()
            if words:
                words = f"{_space(said)}{words}"
                said += words
                yield words
            if is_whole:
                return
            async with contextlib.aclosing(self._rest(text, said)) as rest:
                async for piece in rest:
                    yield piece

    async def _rest(self, text: str, said: str) -> AsyncGenerator[str, None]:
        space = _space(said)
        try:
            async with contextlib.aclosing(self._device.resume(text, said)) as pieces:
                async for piece in pieces:
                    yield space + piece
                    space = ""
        except Exception as error:  # noqa: BLE001 - an agent may raise anything; the owner is told
            log.warning("the device's agent does not go on with the answer: %s", error)
            if self._lost_rest:
                yield space + self._lost_rest

    # -- thinking ahead --------------------------------------------------------------------

    async def prefill(self, text: str) -> None:
        """Let the device read ahead; a server is shown no text that may still change."""
        await self._device.prefill(text)

    async def speculate(self, text: str) -> Prepared:
        """Let the device begin an answer."""
        looked_at = self._looked_at = _LookedAt(text, now_s())
        prepared = await self._device.speculate(text)
        looked_at.known = _knowledge(prepared, is_all=True)
        return prepared

    def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        """Let the device begin an answer."""
        return self._device.foresee(text)

    async def discard(self) -> None:
        """Throw away what the device began."""
        self._looked_at = None
        await self._device.discard()

    async def _foreseen(self, text: str) -> AsyncGenerator[DeviceKnows, None]:
        """Yield what the device finds out about its answer."""
        prepared = Prepared()
        try:
            async with contextlib.aclosing(self._device.foresee(text)) as progress:
                async for prepared in progress:
                    yield _knowledge(prepared, is_all=False)
        except Exception as error:  # noqa: BLE001 - what it makes of the text for good will tell
            log.error("the agent cannot think ahead: %s\n%s", problem_of(error), places_of(error))
        yield _knowledge(prepared, is_all=True)

    # -- what the device's agent is told -----------------------------------------------------

    def use_tools(self, tools: ToolRunner) -> None:
        """Take the tools that may be called."""
        self._device.use_tools(tools)

    def use_speaker(self, name: str, about: str = "") -> None:
        """Take who is speaking."""
        self._device.use_speaker(name, about)

    def use_caption(self, text: str) -> None:
        """Take what is heard around the device."""
        self._device.use_caption(text)

    def use_thought(self, text: str) -> None:
        """Take a note about the conversation."""
        self._device.use_thought(text)

    def confidence(self) -> float:
        """Return how sure the device's agent was of its last decision."""
        return self._device.confidence()

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take into the history an exchange that was settled without any agent."""
        self._unheard = None
        self._asker.leave()
        self._device.note(text, reply, call)

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        asked, self._unheard = self._unheard, None
        if asked is None:
            self._device.heard(text)
        else:
            self._device.note(asked, text)

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages, oldest first."""
        return self._device.history()


def _space(said: str) -> str:
    """Return what is to stand between what was said and what follows."""
    return "" if said[-1:].isspace() else " "


def _knowledge(prepared: Prepared, *, is_all: bool) -> DeviceKnows:
    """Return what an answer, begun or as far as it may go, tells the policy."""
    said = prepared.said
    whole = bool(said) if is_all else bool(ClauseSplitter().push(said))
    return DeviceKnows(
        is_command=prepared.is_request or prepared.is_command,
        is_speakable=whole,
        abstains=prepared.abstains,
    )
