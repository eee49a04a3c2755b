"""Keeps the ear running and tells everybody how far it has got."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import is_virtual, now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import EchoCanceller, SpeechEnhancer
from xtalk_edge.errors import places_of, problem_of
from xtalk_edge.events import CardEnded, Event, LoopLagged, MicrophoneMuted, TurnStateChanged
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.card_return import CardReturn, opened
from xtalk_edge.managers.ear import COMPARED_S, Ear, Listener, Rings
from xtalk_edge.turn.actions import State

log = logging.getLogger(__name__)

STEP_S = 0.010
"""How often the ear looks: one frame of the echo canceller."""

ASLEEP_STEP_S = 0.080
"""How often while the device sleeps: half of what an idle device costs is being woken. The wake
phrase is noticed up to so much later, which nobody hears or sees: what follows it is in the ring,
and a light that comes within a tenth of a second comes at once."""

LOOP_LAG_LIMIT_S = 0.050
"""A loop later than this is felt as a late duck, and is worth an event."""


class CaptureManager(Manager):
    """Runs the ear: on its own thread in real time, on the loop in virtual time."""

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        card: Card,
        echo: EchoCanceller,
        enhancer: SpeechEnhancer,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self.card = card
        self.enhancer = enhancer
        self.rings = Rings.of_seconds(config.audio.ring_s, COMPARED_S)
        self._listeners: list[Listener] = []
        self._ear = Ear(card, echo, enhancer, self.rings, self._listeners, self.post)
        self.card_return = CardReturn(card, config.audio.wait_s, self.post)
        """Whether there is a device, and how to have it opened anew."""
        self._over: str | None = None
        """Why no more sound will come."""
        self._advanced: list[asyncio.Future[None]] = []
        self._step_s = STEP_S
        self._notice_pending = threading.Event()
        self._noticed_s = 0.0
        """When the loop was last told of a step."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._ended = False
        self._failure: Exception | None = None

    @property
    def head(self) -> int:
        """Index after the newest clean sample."""
        return self.rings.clean.head

    @property
    def head_s(self) -> float:
        """The newest clean sample on the sample clock, in seconds."""
        return self.head / RATE_HZ

    def time_of(self, sample: int) -> float:
        """Return the monotonic time at which that sample was at the microphone."""
        return self._ear.sample_clock.to_s(sample * self.card.rate_hz // RATE_HZ)

    def sample_at(self, at_s: float) -> int:
        """Return the sample that was at the microphone at that monotonic time."""
        clock = self._ear.sample_clock
        if not clock.ready:
            return self.head
        return max(0, clock.to_sample(at_s) * RATE_HZ // self.card.rate_hz)

    @property
    def muted(self) -> bool:
        """Whether nothing is heard: everybody behind the ear is given zeros."""
        return self._ear.mute.on

    @property
    def muted_by(self) -> frozenset[str]:
        """Why nothing is heard; empty where something is."""
        return self._ear.mute.by

    def mute(self, muted: bool, by: str = "command") -> None:
        """Let nothing be heard from now on, or take that back.

        Args:
            muted: whether.
            by: the reason. Each is taken back by itself, and muted it is while one holds: what a
                switch has muted, no command can undo.
        """
        if self._ear.mute.put(muted, by, now_s()):
            self.bus.publish(MicrophoneMuted(muted=muted, by=by))

    async def advance(self) -> None:
        """Wait for the ear's next step.

        Raises:
            Exception: what ended the ear.
        """
        if self._failure is not None:
            raise self._failure
        future = asyncio.get_running_loop().create_future()
        self._advanced.append(future)
        await future

    def add_listener(self, listener: Listener) -> None:
        """Show the clean sound to `listener` too; before `start` only."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start the card and the ear."""
        self._loop = asyncio.get_running_loop()
        self.card.start(now_s())
        self.bus.publish(opened(self.card))
        if is_virtual():
            self.tasks.start(self._run_on_loop(), "ear")
        else:
            self._thread = threading.Thread(target=self._run_on_thread, name="ear", daemon=True)
            self._thread.start()

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Look less often while the device sleeps."""
        self._step_s = ASLEEP_STEP_S if event.state is State.ASLEEP else STEP_S

    async def shutdown(self) -> None:
        """Stop the ear; the card itself is closed by whoever made it."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        await super().shutdown()
        for future in self._advanced:
            future.cancel()

    def post(self, event: Event) -> None:
        """Publish from a listener, on whichever thread the ear runs."""
        if self._thread is None:
            self.bus.publish(event)
        else:
            self.bus.publish_threadsafe(event)

    async def _run_on_loop(self) -> None:
        next_s = now_s()
        while not self._stopping.is_set():
            try:
                self._step(now_s())
            except Exception as error:  # noqa: BLE001 - an engine may raise anything
                self._fail(error)
                return
            self._on_advance()
            # What was missed while the loop stood still is made up for by one step, not by many.
            next_s = max(next_s + self._step_s, now_s())
            await asyncio.sleep(next_s - now_s())

    def _run_on_thread(self) -> None:
        next_s = now_s()
        while not self._stopping.is_set():
            try:
                self._step(now_s())
            except Exception as error:  # noqa: BLE001 - an engine may raise anything
                self._loop.call_soon_threadsafe(self._fail, error)
                return
            # Coalesced: a loop that is late gets one notice, however many steps it missed.
            if not self._notice_pending.is_set():
                self._notice_pending.set()
                self._noticed_s = now_s()
                self._loop.call_soon_threadsafe(self._on_notice)
            next_s = max(next_s + self._step_s, now_s())
            time.sleep(max(0.0, next_s - now_s()))

    def _step(self, at_s: float) -> None:
        self._ear.step(at_s)
        self._over = self.card_return.over(at_s)

    def _on_notice(self) -> None:
        lag_s = now_s() - self._noticed_s
        self._notice_pending.clear()
        if lag_s > LOOP_LAG_LIMIT_S:
            self.bus.publish(LoopLagged(lag_s=lag_s))
        self._on_advance()

    def _on_advance(self) -> None:
        waiting, self._advanced = self._advanced, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        if self._over is not None:
            self._end(self._over)

    def _fail(self, error: Exception) -> None:
        """End the ear: everybody who waits for sound gets the error."""
        log.error("the ear failed: %s\n%s", problem_of(error), places_of(error))
        log.debug("the ear failed", exc_info=error)
        self._failure = error
        waiting, self._advanced = self._advanced, []
        for future in waiting:
            if not future.done():
                future.set_exception(error)
        self._end(f"the ear failed: {error}")

    def _end(self, reason: str) -> None:
        if not self._ended:
            self._ended = True
            self.bus.publish(CardEnded(reason=reason))
