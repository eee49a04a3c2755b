"""Somebody who talks to an appliance while things go wrong, and finds out what it still can."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Self

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.card import Card
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    Event,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSPlaybackFinished,
)
from xtalk_edge.scenes.script import Line
from xtalk_edge.scenes.sounds import sound_of
from xtalk_edge.tasks import TaskOwner

from .fault_ledger import Ledger
from .turn_talk import Mouth

QUESTIONS = (
    "Set a timer for ten minutes.",
    "Set a timer for twenty minutes.",
    "What can you do?",
    "What time is it?",
)
"""One of these is asked, or being answered, when something goes wrong."""

WITHIN_S = 7.0
"""From the beginning of a question until the fault, at most: its answer is then over, or nearly."""

PROOF, PROVEN = "What is twelve times seven?", "84"
"""Asked once the device listens again, and what its answer must contain."""

PATIENCE_S = 30.0
"""A device that does not listen, or answer, by then is deaf."""

GLANCE_S = 0.02


class Talk:
    """An appliance and its owner; `async with` opens it.

    Args:
        config: the settings.
        mouth: says things into the appliance's microphone.
        card: the appliance's.
        chance: draws what is said, and when something goes wrong.
    """

    def __init__(self, config: Config, mouth: Mouth, card: Card, chance: random.Random) -> None:
        self.config = config
        self.chance = chance
        self.ledger = Ledger()
        self._mouth = mouth
        self._card = card
        self._appliance = Appliance(config, card=card)
        self._speaking = TaskOwner()
        self._events: list[Event] = []
        self._appliance.subscribe_event(Event, self._take)

    async def __aenter__(self) -> Self:
        """Open the appliance, and wait until it has come to rest."""
        await self._appliance.__aenter__()
        await self._appliance.settled()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close it."""
        await self._speaking.aclose()
        await self._appliance.__aexit__(*error)  # type: ignore[arg-type]

    def _take(self, event: Event) -> None:
        self._events.append(event)
        if isinstance(event, ToolCallOccurred):
            self.ledger.call(event.name, event.args)
        elif isinstance(event, ToolResultOccurred):
            self.ledger.result(event.name, ok=event.ok)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing of what listening needs."""
        return not self._appliance.capture.card_return.lost

    async def say(self, text: str) -> None:
        """Say something; return when it is over, or nobody takes it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._mouth.say(sound_of(Line(says=text), Path()).samples)

    def begin_to_say(self, text: str) -> None:
        """Say something, and go on meanwhile."""
        self._speaking.start(self.say(text), "somebody speaks")

    async def listens(self) -> bool:
        """Wait until the device listens; tell whether it comes to that."""
        capture = self._appliance.capture
        since_head = capture.head
        return await within(PATIENCE_S, lambda: self.is_whole and capture.head > since_head)

    async def has_to_speak(self) -> bool:
        """Wait until something is to be played; tell whether it comes to that."""
        core = self._card.core
        return await within(WITHIN_S, lambda: core.written > core.consumed)

    async def proves_itself(self) -> bool:
        """Ask something once the device is at rest; tell whether the answer is right."""
        if not await self._settles():
            return False
        since = len(self._events)
        await self.say(PROOF)
        answered = await within(PATIENCE_S, lambda: self._is_answered(since))
        return await self._settles() and answered

    async def _settles(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._appliance.settled()
        except TimeoutError:
            return False
        return True

    def _is_answered(self, since: int) -> bool:
        events = self._events[since:]
        turns = {each.turn_id for each in events if isinstance(each, ASRResultFinal) and each.text}
        return any(
            isinstance(each, TTSPlaybackFinished) and each.turn_id in turns and PROVEN in each.text
            for each in events
        )


async def within(limit_s: float, fact: Callable[[], bool]) -> bool:
    """Wait for a fact that nobody tells of; tell whether it came in time."""
    until_s = now_s() + limit_s
    while not fact():
        if now_s() >= until_s:
            return False
        await asyncio.sleep(GLANCE_S)
    return True
