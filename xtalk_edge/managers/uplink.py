"""Keeps the connection to a server, and tells everybody how it stands with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    SpeechRequested,
    TurnLLMAgentStartRequested,
    UplinkSideChosen,
    UplinkStateChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.uplink.cloud import Cloud
from xtalk_edge.uplink.notice import Notice
from xtalk_edge.uplink.way import Chosen, Way


class Client(Cloud, Protocol):
    """A server, and the life of the connection to it."""

    def start(self) -> None:
        """Begin to connect; returns at once."""

    async def aclose(self) -> None:
        """Disconnect."""


class UplinkManager(Manager):
    """Owns the client's life, publishes what it can do, and speaks the notice.

    Args:
        event_bus: where it publishes.
        config: the settings.
        client: the server.
        ways: to its abilities; their news come here.
    """

    def __init__(
        self, *, event_bus: EventBus, config: Config, client: Client, ways: Sequence[Way]
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        uplink = config.uplink
        self._client = client
        self._ways = ways
        self._turn_id = 0
        self._told: tuple[tuple[str, ...], str] = ((), "")
        self._notice = Notice(
            {way.ability: way.policy.mode for way in ways}, uplink.notice_every_min * 60
        )
        client.on_change = self._on_change
        for way in ways:
            way.on_chosen = self._on_chosen

    async def start(self) -> None:
        """Begin to connect."""
        self._client.start()

    async def shutdown(self) -> None:
        """Disconnect."""
        for way in self._ways:
            await way.tasks.aclose()
        await self._client.aclose()
        await super().shutdown()

    @handles(TurnLLMAgentStartRequested, priority=1)
    def on_turn(self, event: TurnLLMAgentStartRequested) -> None:
        """Take note which turn is being answered."""
        self._turn_id = event.turn_id

    def _on_change(self) -> None:
        state = tuple(sorted(self._client.abilities)), self._client.trouble
        if state != self._told:
            self._told = state
            self.bus.publish(UplinkStateChanged(abilities=state[0], trouble=state[1]))

    def _on_chosen(self, chosen: Chosen) -> None:
        self.bus.publish(
            UplinkSideChosen(
                turn_id=self._turn_id,
                ability=chosen.ability,
                side=chosen.side,
                why=chosen.why.value,
                usual_ms=None if chosen.usual_s is None else 1000 * chosen.usual_s,
            )
        )
        notice = self.config.uplink.notice
        if self._notice.is_due(chosen.ability, chosen.side, chosen.why, now_s()) and notice:
            self.bus.publish(SpeechRequested(text=notice))
