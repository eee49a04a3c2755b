"""Lets the agent think while the owner still speaks; nothing comes of it that cannot be undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import Agent
from xtalk_edge.events import (
    ASRResultPartial,
    TurnPreparationRequested,
    TurnPrepared,
    TurnStateChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.turn.actions import RESTING


class ThinkingAheadManager(Manager):
    """Has the agent read what is being said, and begin to answer when the owner pauses.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        agent: what thinks.
        awaits_answer: tells whether what is said now may answer a question that is not the agent's.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        agent: Agent,
        awaits_answer: Callable[[], bool],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._agent = agent
        self._awaits_answer = awaits_answer
        self._unread = ""
        self._reading: asyncio.Task[None] | None = None
        self._guessing: asyncio.Task[None] | None = None
        self._guessed_text = ""

    @handles(ASRResultPartial)
    def on_partial(self, event: ASRResultPartial) -> None:
        """Read the newest text; what came while reading the one before is read once."""
        self._unread = event.text
        if self._reading is None or self._reading.done():
            self._reading = self._start(self._read, event.turn_id)

    @handles(TurnPreparationRequested)
    def on_pause(self, event: TurnPreparationRequested) -> None:
        """Begin to answer what was said so far."""
        if self._awaits_answer():
            return
        if self._guessing is not None:
            self._guessing.cancel()
        self._guessed_text = event.text
        self._guessing = self._start(partial(self._guess, event.turn_id, event.text), event.turn_id)

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Forget the answer begun when nobody waits for it any more."""
        if event.state in RESTING and self._guessing is not None:
            self._start(self._forget, 0)

    async def _read(self) -> None:
        while self._unread:
            text, self._unread = self._unread, ""
            if text != self._guessed_text:
                # The agent reads nothing while it keeps an answer.
                await self._forget()
            await self._agent.prefill(text)

    async def _forget(self) -> None:
        guessing, self._guessing, self._guessed_text = self._guessing, None, ""
        if guessing is not None:
            guessing.cancel()
            await self._agent.discard()

    async def _guess(self, turn_id: int, text: str) -> None:
        prepared = await self._agent.speculate(text)
        self.bus.publish(TurnPrepared(turn_id=turn_id, text=text, is_request=prepared.is_request))

    def _start(self, work: Callable[[], Awaitable[None]], turn_id: int) -> asyncio.Task[None]:
        return self.tasks.start(self._contained(work, turn_id), "thinking ahead")

    async def _contained(self, work: Callable[[], Awaitable[None]], turn_id: int) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - an agent may raise anything; the turn goes on
            self.report(error, error_type="llm_ahead_error", component="agent", turn_id=turn_id)
