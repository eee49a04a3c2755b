"""Lets the agent think while the owner still speaks; nothing comes of it that cannot be undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
from xtalk_edge.turn.assent import assent


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the agent should think of; compared by identity, the newest counts."""

    turn_id: int = 0
    text: str = ""
    answer: bool = False
    """Begin to answer it; else only read it."""


_NOTHING = _Wanted()


class ThinkingAheadManager(Manager):
    """Has the agent read what is being said, and begin to answer when the owner pauses.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        agent: what thinks.
        awaits_answer: tells whether what is said now may answer a question that is not the agent's.
        heeds: tells whether a text is not for the agent.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        agent: Agent,
        awaits_answer: Callable[[], bool],
        heeds: Callable[[str], bool] = lambda _text: False,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._agent = agent
        self._awaits_answer = awaits_answer
        self._heeds = heeds
        self._wanted = _NOTHING
        self._following: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._answering: asyncio.Task[None] | None = None
        self._answered_text = ""
        """To what the agent keeps the beginning of an answer."""

    @handles(ASRResultPartial)
    def on_partial(self, event: ASRResultPartial) -> None:
        """Have the newest text read; an answer to the very same words is kept."""
        known = self._wanted.answer and event.text == self._wanted.text
        if not (known or self._heeds(event.text)):
            self._want(_Wanted(event.turn_id, event.text))

    @handles(TurnPreparationRequested)
    def on_pause(self, event: TurnPreparationRequested) -> None:
        """Have the answer begun to what was said so far."""
        asked = self._awaits_answer()
        if not (asked or self._heeds(event.text)):
            self._want(_Wanted(event.turn_id, event.text, answer=True))
        elif not asked or assent(event.text) is not None:
            self.bus.publish(TurnPrepared(turn_id=event.turn_id, text=event.text, is_request=True))

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Have the answer forgotten when nobody waits for it any more."""
        if event.state in RESTING:
            self._want(_NOTHING)

    def _want(self, wanted: _Wanted) -> None:
        self._wanted = wanted
        if self._following is None or self._following.done():
            self._following = self._start(self._follow, wanted.turn_id)

    async def _follow(self) -> None:
        """Do what is wanted, one thing after another, until nothing newer is."""
        done: _Wanted | None = None
        while (wanted := self._wanted) is not done:
            if not wanted.answer and self._reading is not None and not self._reading.done():
                # What comes meanwhile is read once; an answer does not wait, the agent sees to it.
                await asyncio.wait({self._reading})
                continue
            done = wanted
            if self._answered_text and wanted.text != self._answered_text:
                await self._forget()
            if wanted.answer:
                self._answered_text = wanted.text
                self._answering = self._start(partial(self._answer, wanted), wanted.turn_id)
            elif wanted.text:
                self._reading = self._start(partial(self._agent.prefill, wanted.text),
                                            wanted.turn_id)  # fmt: skip

    async def _forget(self) -> None:
        answering, self._answering, self._answered_text = self._answering, None, ""
        if answering is not None:
            answering.cancel()
        await self._agent.discard()

    async def _answer(self, wanted: _Wanted) -> None:
        prepared = await self._agent.speculate(wanted.text)
        self.bus.publish(
            TurnPrepared(
                turn_id=wanted.turn_id,
                text=wanted.text,
                is_request=prepared.is_request,
                said=prepared.said,
            )
        )

    def _start(self, work: Callable[[], Awaitable[None]], turn_id: int) -> asyncio.Task[None]:
        return self.tasks.start(self._contained(work, turn_id), "thinking ahead")

    async def _contained(self, work: Callable[[], Awaitable[None]], turn_id: int) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - an agent may raise anything; the turn goes on
            self.report(error, error_type="llm_ahead_error", component="agent", turn_id=turn_id)
