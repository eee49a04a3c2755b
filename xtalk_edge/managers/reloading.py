"""Puts changed settings in force while the device runs, as far as they can be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from xtalk_edge.bus import EventBus
from xtalk_edge.config.difference import Action, Adopt, Exchange, Restart, difference
from xtalk_edge.config.engine import EngineConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import SettingsReloaded
from xtalk_edge.managers.base import Manager
from xtalk_edge.service.rehearsal import rehearse

log = logging.getLogger(__name__)

NAMED = 4
"""So many settings a sentence names; more are counted."""


class Exchanger(Protocol):
    """What puts another engine into a slot."""

    async def put(self, slot: str, engine: EngineConfig) -> None:
        """Return once it is in use; raises EdgeError if it stays as it was."""


class ReloadManager(Manager):
    """Reads the settings again when asked to, and does what their difference asks for.

    Args:
        event_bus: where it tells what came of it.
        config: the settings in force.
        managers: all of the appliance, itself among them.
        switching: exchanges voice and agent.
        restart: starts the appliance afresh once the conversation rests.
        rehearse: raises EdgeError if a start with these settings would fail.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        managers: Sequence[Manager],
        switching: Exchanger,
        restart: Callable[[], None],
        rehearse: Callable[[Config, tuple[str, ...]], None] = rehearse,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._managers = managers
        self._switching = switching
        self._restart = restart
        self._rehearse = rehearse
        self._one_at_a_time = asyncio.Lock()
        self._worker = Worker("reload")

    async def shutdown(self) -> None:
        """End."""
        await super().shutdown()
        self._worker.close()

    async def reload(self, read: Callable[[], Config]) -> SettingsReloaded:
        """Read the settings and put what changed in force; return what came of it, also published.

        Settings that are wrong change nothing.

        Args:
            read: returns them, or raises EdgeError; called off the loop.
        """
        async with self._one_at_a_time:
            try:
                told = await self._take(await self._worker.run(read))
            except EdgeError as error:
                told = SettingsReloaded(
                    sentence=f"The settings stay as they were: {error}", problem=str(error)
                )
        (log.error if told.problem else log.info)("%s", told.sentence)
        self.bus.publish(told)
        return told

    async def _take(self, new: Config) -> SettingsReloaded:
        actions = difference(self.config, new)
        for action in actions:
            if isinstance(action, Restart):
                await self._worker.run(self._rehearse, new, action.settings)
        sentences, changed, problems = list[str](), list[str](), list[str]()
        for action in actions:
            try:
                sentences.append(await self._do(action))
                changed += action.settings
            except EdgeError as error:
                sentences.append(f"{_named(action.settings)} stays as it was: {error}.")
                problems.append(str(error))
        return SettingsReloaded(
            sentence=" ".join(sentences) or "Nothing changed in the settings.",
            changed=tuple(changed),
            restarts=any(isinstance(action, Restart) for action in actions),
            problem="; ".join(problems),
        )

    async def _do(self, action: Action) -> str:
        """Do it; return a sentence about it. Raises EdgeError where an engine is not exchanged."""
        match action:
            case Adopt(settings, config):
                self._adopt(config)
                return f"{_named(settings)} changed."
            case Exchange(slot, settings, engine):
                await self._switching.put(slot, engine)
                self._adopt(_with_section(self.config, slot, engine))
                return f"The {slot} engine was exchanged for {_named(settings)}."
            case Restart(settings):
                self._restart()
                return f"{_named(settings)} takes a restart, at the next pause."

    def _adopt(self, config: Config) -> None:
        if config.log.level != self.config.log.level:
            logging.getLogger().setLevel(config.log.level)
        for manager in self._managers:
            manager.adopt(config)


def _with_section(config: Config, name: str, section: Any) -> Config:
    return replace(config, **{name: section})


def _named(settings: Sequence[str]) -> str:
    """Return "turn.silence_ms, vad.threshold and 3 more"."""
    shown, more = settings[:NAMED], len(settings) - NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
