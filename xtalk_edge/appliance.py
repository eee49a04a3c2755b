"""The appliance: its life, and what an owner may add to it.

`async with Appliance(config) as appliance: await appliance.run()` is the whole life of the device.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from xtalk_edge import memory
from xtalk_edge.assembly import Assembly
from xtalk_edge.audio.card import Card
from xtalk_edge.audio.portaudio import PortAudioCard
from xtalk_edge.bus import EventBus, Subscription, create_event_class
from xtalk_edge.clock import now_s
from xtalk_edge.config.load import load, load_table
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting, registry
from xtalk_edge.errors import DeviceError, UnwellError
from xtalk_edge.events import CardEnded, Event, SettingsReloaded
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.event_log import EventLogManager
from xtalk_edge.managers.own import own_manager
from xtalk_edge.managers.reloading import ReloadManager
from xtalk_edge.managers.uplink import Client
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.foreign.own import tools_of
from xtalk_edge.tools.registry import Tool

Progress = Callable[[str], None]
M = TypeVar("M", bound=Manager)

SETTLE_S = 0.5
"""Quiet after the end of a file before the conversation counts as over: the voice detector and
the bus have then said all they had to say."""

RESTART_PATIENCE_S = 15.0
"""A restart waits for its own confirmation to be heard, but not for a talk show."""

GIVING_UP_PATIENCE_S = 6.0
"""The same where the device has given up: one sentence, if it can still be heard."""


class Appliance:
    """A voice appliance built from a configuration."""

    create_event_class = staticmethod(create_event_class)
    register_model_search_spec = staticmethod(registry.register_search)

    def __init__(
        self,
        config: Config,
        *,
        card: Card | None = None,
        server: Client | None = None,
        events_path: Path | None = None,
        progress: Progress = lambda _what: None,
    ) -> None:
        """Prepare; nothing is opened or started before `async with`.

        Args:
            config: the settings.
            card: where sound comes from and goes to; None for the one the settings name.
            server: what may answer in its stead; None for the one the settings name.
            events_path: file for every bus event, one JSON object a line.
            progress: told what is being loaded, in words for the owner.
        """
        self.config = config
        self.bus = EventBus()
        self._card = card
        self._server = server
        self._events_path = events_path
        self._progress = progress
        self._managers: list[Manager] = []
        self._tools: list[Tool] = []
        self._tasks = TaskOwner()
        self._stack = contextlib.AsyncExitStack()
        self._ended: CardEnded | None = None
        self._end_noticed = asyncio.Event()
        self._unwell = ""
        """Why it had to give up; "" while it has not."""
        self.restart_asked = False
        """Whether `run` returned because the owner wants the program started afresh."""

    @classmethod
    def from_config(
        cls, settings: Path | str | Mapping[str, Any] | None = None, **more: Any
    ) -> Appliance:
        """Return an appliance with the settings of a file or a dictionary, or the starter kit's.

        Args:
            settings: path of a TOML file, its content as a dictionary, or None.
            more: as `__init__` takes it.

        Raises:
            ConfigError: with every problem on a line of its own.
        """
        if isinstance(settings, Mapping):
            return cls(load_table(settings), **more)
        return cls(load(None if settings is None else Path(settings)), **more)

    # -- the owner's own parts -------------------------------------------------------------

    def register_manager(self, manager: type[M], **params: Any) -> M:
        """Add a manager of the owner's own, with its own settings; before `async with`."""
        made = manager(event_bus=self.bus, config=self.config, appliance=self, **params)
        self._managers.append(made)
        return made

    def unregister_manager(self, manager: Manager) -> None:
        """Undo `register_manager`; before `async with`.

        Raises:
            ValueError: it was not registered.
        """
        self._managers.remove(manager)

    def add_agent_tools(self, *tools: Any) -> None:
        """Let the agent call functions, or tool objects as LangChain has them; before `async with`.

        A model reads their names, docstrings and annotations: the built-in one does not.

        Raises:
            ConfigError: one of them is no tool, or lacks what a model has to know.
        """
        self._tools += tools_of(tools)

    def subscribe_event(
        self, event_type: type[Event], handler: Callable[[Any], Any], priority: int = 0
    ) -> Subscription:
        """Call `handler`, plain or async, for every event of that type."""
        return self.bus.subscribe(event_type, handler, priority)

    def unsubscribe_event(self, subscription: Subscription) -> None:
        """Undo `subscribe_event`."""
        self.bus.unsubscribe(subscription)

    async def switch_engine(self, slot: Literal["tts", "agent"], type: str, **params: Any) -> None:
        """Put another voice or agent in place between two turns; return once it is in use.

        Args:
            slot: which.
            type: as in the settings.
            params: the engine's own settings.

        Raises:
            ConfigError: there is no such type or setting.
            EngineError, ModelError: it cannot be loaded; the one before stays in use.
        """
        await self._switching.switch(slot, type, params)

    async def reload(self, read: Callable[[], Config]) -> SettingsReloaded:
        """Put changed settings in force; what cannot be, by a restart once the conversation rests.

        Args:
            read: returns the settings, or raises EdgeError; called off the loop.

        Returns:
            What came of it, in a sentence for the owner too. Settings that are wrong change
            nothing.
        """
        told = await self._reloading.reload(read)
        self.config = self._reloading.config
        return told

    # -- life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Appliance:
        """Load every engine and start every manager."""
        try:
            await self._build()
            for manager in self._managers:
                self.bus.register(manager)
            for manager in self._managers:
                self._stack.push_async_callback(manager.shutdown)
                await manager.start()
            memory.give_back()
            # Not before everybody is there who has to hear what was missed.
            self._tasks.start(self.bell.run(), "bell")
        except BaseException:
            await self._stack.__aexit__(*sys.exc_info())
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every manager and close everything that was opened."""
        await self._stack.__aexit__(kind, error, trace)

    async def run(self) -> None:
        """Hold conversations until cancelled, until a file or script is over and answered, or until
        a restart is asked for.

        Raises:
            DeviceError: the sound card was lost.
            UnwellError: something stands still that only a fresh start may mend.
            Exception: what ended the ear, or another part that must not end.
        """
        await self._end_or_failure()
        if self._ended is not None and isinstance(self.capture.card, PortAudioCard):
            raise DeviceError(f"{self.capture.card.name}: {self._ended.reason}")
        patience_s = RESTART_PATIENCE_S if self.restart_asked else None
        patience_s = GIVING_UP_PATIENCE_S if self._unwell else patience_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self.settled()
        if self._unwell:
            raise UnwellError(self._unwell)

    def give_up(self, why: str) -> None:
        """Let `run` raise `UnwellError` with that sentence, once what is being said is over."""
        self._unwell = why
        self._end_noticed.set()

    def ask_restart(self) -> None:
        """Let `run` return once what is being said is over; whoever called it starts afresh."""
        self.restart_asked = True
        self._end_noticed.set()

    async def settled(self) -> None:
        """Wait until nobody has had the floor for a while, or sound has stopped that long."""
        turn, vad = self.config.turn, self.config.vad
        needed_s = SETTLE_S + (turn.silence_ms + vad.min_silence_ms) / 1000
        quiet_since_s, head = now_s(), self.capture.head
        while now_s() - quiet_since_s < needed_s:
            await self.capture.advance()
            # A card that gives no sound any more will not let anybody finish.
            sounding, head = self.capture.head > head, self.capture.head
            if sounding and (self.playback.busy or not self.turn.resting):
                quiet_since_s = now_s()

    async def _end_or_failure(self) -> None:
        """Wait until the card has ended; raise what a manager's task has raised."""
        waiting = TaskOwner()
        owners = [self._tasks, *(manager.tasks for manager in self._managers)]
        ends = [self._end_noticed, *(owner.failed for owner in owners)]
        try:
            waits = [waiting.start(end.wait(), "end of the appliance") for end in ends]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await waiting.aclose()
        for owner in owners:
            owner.raise_failure()

    def _on_card_ended(self, event: CardEnded) -> None:
        self._ended = event
        self._end_noticed.set()

    # -- building --------------------------------------------------------------------------

    async def _build(self) -> None:
        config, bus, stack = self.config, self.bus, self._stack
        own, self._managers = self._managers, []
        if self._events_path is not None:
            event_log = EventLogManager(event_bus=bus, config=config, path=self._events_path)
            # Behind the bus, which may have something to say to its very end.
            stack.callback(event_log.close)
            self._managers.append(event_log)
        stack.push_async_callback(bus.aclose)
        hosting.check(config)
        bus.subscribe(CardEnded, self._on_card_ended)
        self._managers += own
        for each in config.managers:
            self.register_manager(own_manager(each), **each.params)
        parts = await Assembly(config, bus, stack, self._progress).assemble(
            self._card,
            self._tools,
            self.ask_restart,
            self._tasks.aclose,
            self._server,
            self.give_up,
        )
        self._managers += parts.managers
        self.capture, self.playback, self.turn = parts.capture, parts.playback, parts.turn
        self.agent, self.bell = parts.agent, parts.bell
        self._switching, self.button = parts.switching, parts.button
        self._reloading = ReloadManager(
            event_bus=bus,
            config=config,
            managers=self._managers,
            switching=parts.switching,
            restart=self.ask_restart,
        )
        self._managers.insert(0, self._reloading)
        self.metrics = parts.metrics
        self.health = parts.health
