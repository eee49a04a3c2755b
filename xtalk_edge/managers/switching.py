"""Puts another voice or agent into the place of the one in use, while the device runs.

The new one is loaded on a worker of its own while the old one goes on; they change places between
two turns, never in the middle of one. If the new one cannot be had, the old one stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from xtalk_edge import memory
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.alternatives import USUAL
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines import hosting
from xtalk_edge.engines.footprint import footprint_mb
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import ConfigError, EngineError, problem_of
from xtalk_edge.events import (
    AnnouncementDropped,
    AnnouncementStarted,
    Event,
    LLMModelSwitchRequested,
    ModelSwitched,
    ModelSwitchFailed,
    ModelSwitchRequested,
    SpeechRequested,
    TTSModelSwitchRequested,
    TTSPlaybackFinished,
    TTSStopped,
    TurnStateChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.service.board import look

log = logging.getLogger(__name__)

SPARE_MB = 150
"""Of memory, left to the rest of the device while two engines are loaded."""

OFFER_ID = -1
"""By which its own announcement is known again; those that ring have positive ones."""

AGAIN_S = 10.0
"""Until an engine is tried once more that had to make room and could not come back."""

WHAT = {"tts": "my voice", "agent": "the language model"}
"""What the device calls the slots."""


class Seat(Protocol):
    """A slot whose engine can be exchanged: `Mouth` and `AgentSeat`."""

    async def fitted(self, home: Hosted) -> Any:
        """Make an engine ready to take its place."""

    def exchange(self, fitted: Any, /) -> Hosted:
        """Let it take its place; return the one before."""

    def vacate(self) -> Hosted:
        """Let nobody have the place until `exchange`; return the engine that had it."""

    async def settle_in(self) -> None:
        """Do what can only be done once it is there."""


@dataclass(eq=False, slots=True)
class _Wish:
    """One switch that was asked for."""

    slot: str
    engine: EngineConfig
    name: str = ""
    """What it is called aloud; "" for a switch that nobody spoke of."""
    granted: asyncio.Future[None] = field(default_factory=asyncio.Future)


class SwitchingManager(Manager):
    """Grants one switch after another.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        seats: by slot.
        at_rest: tells whether nobody has the floor and all that was heard is known.
        memory_free_mb: returns how much memory could be had; None asks the machine.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        seats: Mapping[str, Seat],
        at_rest: Callable[[], bool],
        memory_free_mb: Callable[[], int] | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._seats = seats
        self._at_rest = at_rest
        self._memory_free_mb = memory_free_mb or (
            lambda: look(config.store.folder()).memory_free_mb
        )
        self._in_use: dict[str, EngineConfig] = {slot: getattr(config, slot) for slot in seats}
        self._wishes: asyncio.Queue[_Wish] = asyncio.Queue()
        self._waited_for: set[_Wish] = set()
        self._news = asyncio.Event()
        self._announced = asyncio.Event()
        self._worker = Worker("switching")
        """Where a choice is looked at, which imports the engine's file, and memory given back."""

    async def start(self) -> None:
        """Begin to take wishes."""
        self.tasks.start(self._run(), "switching")

    async def shutdown(self) -> None:
        """End; a switch under way is given up."""
        await super().shutdown()
        for wish in self._waited_for:
            wish.granted.set_exception(EngineError("the device ends; nothing was exchanged"))
        self._worker.close()

    # -- asking for one --------------------------------------------------------------------

    async def switch(self, slot: str, type: str, params: Mapping[str, Any]) -> None:
        """Put another engine into a slot; return once it is in use.

        Raises:
            ConfigError: there is no such slot, type or setting.
            EngineError, ModelError: it cannot be loaded; the one before stays in use.
        """
        if slot not in self._seats:
            raise ConfigError(f"{slot} cannot be exchanged; only {', '.join(self._seats)} can")
        await self.put(slot, EngineConfig(type, params=dict(params)))

    async def put(self, slot: str, engine: EngineConfig) -> None:
        """Put an engine into a slot that has a seat; return and raise as `switch`."""
        wish = _Wish(slot, engine)
        self._wishes.put_nowait(wish)
        self._waited_for.add(wish)
        try:
            await wish.granted
        finally:
            self._waited_for.discard(wish)

    def switch_to(self, slot: str, name: str, *, aloud: bool = True) -> bool:
        """Put one of the settings' alternatives into a slot; return whether it is another one.

        Args:
            slot: "tts" or "agent".
            name: of `[alternatives.SLOT.NAME]`, or "usual" for what the slot's section says.
            aloud: say so once it is there.

        Raises:
            KeyError: there is no such alternative.
        """
        engine = getattr(self.config, slot) if name == USUAL else self._alternatives(slot)[name]
        if engine == self._in_use[slot] and self._wishes.empty():
            return False
        self._wishes.put_nowait(_Wish(slot, engine, name if aloud else ""))
        return True

    def _alternatives(self, slot: str) -> Mapping[str, EngineConfig]:
        return self.config.alternatives.get(slot, {})

    @handles(TTSModelSwitchRequested)
    def on_tts(self, event: TTSModelSwitchRequested) -> None:
        """Speak with another engine."""
        self._wish("tts", event)

    @handles(LLMModelSwitchRequested)
    def on_agent(self, event: LLMModelSwitchRequested) -> None:
        """Let another agent answer."""
        self._wish("agent", event)

    def _wish(self, slot: str, event: ModelSwitchRequested) -> None:
        engine = EngineConfig(event.model_type, params=dict(event.config))
        self._wishes.put_nowait(_Wish(slot, engine, event.name))

    # -- granting it -----------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            wish = await self._wishes.get()
            try:
                done = await self._grant(wish)
            except Exception as error:  # noqa: BLE001 - an engine may raise anything; the old one stays
                self._refuse(wish, error)
            else:
                self.bus.publish(done)
                if not wish.granted.done():
                    wish.granted.set_result(None)
                if wish.name:
                    self._say(f"{wish.name.capitalize()} is ready.")
            # Somebody may be talking by now: not the thorough way, which holds everybody up.
            await self._worker.run(memory.trim)

    def _refuse(self, wish: _Wish, error: Exception) -> None:
        problem = str(error) or type(error).__name__
        log.error("the %s engine stays as it is: %s", wish.slot, problem)
        log.debug("it could not be exchanged", exc_info=error)
        self.bus.publish(
            ModelSwitchFailed(
                slot=wish.slot, model_type=wish.engine.type, name=wish.name, problem=problem
            )
        )
        self._say(f"Sorry, I could not change {WHAT[wish.slot]}. I go on as before.")
        if not wish.granted.done():
            wish.granted.set_exception(error)
            # Nobody need have waited for it.
            wish.granted.exception()

    async def _grant(self, wish: _Wish) -> ModelSwitched:
        began_s = now_s()
        await self._worker.run(hosting.check_choice, wish.slot, wish.engine)
        seat = self._seats[wish.slot]
        if footprint_mb(wish.engine) + SPARE_MB > self._memory_free_mb():
            fitted = await self._one_after_the_other(wish, seat)
            ready_s = now_s()
        else:
            home, fitted = await self._made_ready(wish.slot, wish.engine)
            ready_s = now_s()
            try:
                await self._rest()
            except BaseException:
                await home.aclose()
                raise
        # Nothing may be awaited before: the next turn begins with the one or the other.
        before, placed_s = seat.exchange(fitted), now_s()
        self._in_use[wish.slot] = wish.engine
        await self._settle(wish.slot, before)
        return ModelSwitched(
            slot=wish.slot, model_type=wish.engine.type, name=wish.name,
            load_s=ready_s - began_s, wait_s=placed_s - ready_s,
        )  # fmt: skip

    async def _settle(self, slot: str, before: Hosted) -> None:
        """Do what is left; whatever fails now, the new engine is the one in use."""
        try:
            await before.aclose()
            await self._seats[slot].settle_in()
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the device goes on
            self.report(error, error_type="model_switch_error", component=slot, turn_id=0)

    async def _one_after_the_other(self, wish: _Wish, seat: Seat) -> Any:
        """Return the new engine, made ready once the old one was closed; or the old one's like."""
        log.warning("too little memory for two: the %s engine is closed first", wish.slot)
        self._announced.clear()
        self._say(f"One moment, please. I change {WHAT[wish.slot]}.", OFFER_ID)
        await self._announced.wait()
        await self._rest()
        await seat.vacate().aclose()
        await self._worker.run(memory.trim)
        try:
            return (await self._made_ready(wish.slot, wish.engine))[1]
        except Exception:
            seat.exchange(await self._restored(wish.slot))
            raise

    async def _restored(self, slot: str) -> Any:
        while True:
            try:
                return (await self._made_ready(slot, self._in_use[slot]))[1]
            except Exception as error:
                # It was here a moment ago: what is missing is memory, and that comes back.
                log.error("the %s engine does not come back yet: %s", slot, problem_of(error))
                log.debug("it does not come back", exc_info=error)
                await asyncio.sleep(AGAIN_S)

    async def _made_ready(self, slot: str, engine: EngineConfig) -> tuple[Hosted, Any]:
        """Return a loaded engine, and what its seat takes."""
        home = await hosting.open_hosted(slot, engine)
        try:
            return home, await self._seats[slot].fitted(home)
        except BaseException:
            await home.aclose()
            raise

    # -- between turns ---------------------------------------------------------------------

    async def _rest(self) -> None:
        """Return when nobody has the floor; nothing has happened since."""
        while not self._at_rest():
            self._news.clear()
            await self._news.wait()

    @handles(TurnStateChanged)
    @handles(TTSPlaybackFinished)
    @handles(TTSStopped)
    def on_news(self, _event: Event) -> None:
        """Look again whether nobody has the floor."""
        self._news.set()

    @handles(AnnouncementStarted)
    @handles(AnnouncementDropped)
    def on_announced(self, event: AnnouncementStarted | AnnouncementDropped) -> None:
        """Take note that what was to be said first is being said, or will not be."""
        if event.offer_id == OFFER_ID:
            self._announced.set()

    def _say(self, text: str, offer_id: int = 0) -> None:
        self.bus.publish(SpeechRequested(text=text, offer_id=offer_id))
