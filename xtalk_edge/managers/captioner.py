"""Tells the agent what is heard around the device."""

from __future__ import annotations

import asyncio
from collections import deque

from xtalk_edge.audio.format import RATE_HZ, SILENCE_DB, SOUNDING_DB, Samples, level_db
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import Agent, Captioner
from xtalk_edge.events import CaptionUpdated, TurnStateChanged
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.rewriting import Rewriting
from xtalk_edge.turn.actions import RESTING, State
from xtalk_edge.turn.scene_watch import Look, SceneWatch

SHORTEST_S = 1.0
"""Of less sound a description is a guess."""

REVERBERATION_SAMPLES = RATE_HZ // 2
"""So long a room may still sound of what the device has played."""

MOMENT_SAMPLES = RATE_HZ // 10
"""A bark lasts longer, and its level is not lost in the silence around it."""

SCENE_S = 15.0
"""From how far back descriptions are shortened into one, as in X-Talk."""


class CaptionerManager(Manager):
    """Describes the sound as it was before noise suppression, which takes away what is described.

    Only while nobody has the floor: the answer needs the processor, and what people say is in
    their words.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        captioner: what describes, with its worker.
        capture: whose sound it hears.
        agent: is told.
        rewriter: what shortens several descriptions into one, with its worker; None for nothing.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        captioner: Hosted,
        capture: CaptureManager,
        agent: Agent,
        rewriter: Hosted | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._captioner: Captioner = captioner.engine
        self._worker = captioner.worker
        self._rings = capture.rings
        self._agent = agent
        settings = config.captioner
        self._watch = SceneWatch(settings.interval_s, settings.window_s, settings.quiet_db)
        self._rewriting = (
            Rewriting(self, rewriter.engine, rewriter.worker, self._shortened) if rewriter else None
        )
        self._recent: deque[tuple[float, str]] = deque()
        """Descriptions of the scene, and when each began to hold."""
        self._resting = True
        self._looked = 0
        """Sample up to which the sound has been looked at."""
        self._own_until = 0
        """Sample up to which the device may hear itself."""

    async def start(self) -> None:
        """Begin to listen."""
        self.tasks.start(self._run(), "captioner")

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Rest while somebody has the floor."""
        self._resting = State(event.state) in RESTING
        if not self._resting:
            self._stop_shortening()

    async def shutdown(self) -> None:
        """End, without waiting for a shorter description."""
        self._stop_shortening()
        await super().shutdown()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.config.captioner.interval_s)
            head = self._rings.raw.head
            level = self._new_level(head)
            if not self._resting:
                continue
            look = self._watch.look(head / RATE_HZ, level)
            if look is Look.FORGET:
                self._stop_shortening()
                self._recent.clear()
                self._tell("", is_final=True, reason="quiet")
            elif look is Look.DESCRIBE:
                await self._describe(head)

    def _new_level(self, head: int) -> float:
        """Return the loudest moment since the last look; nothing while the device itself sounds."""
        far, _ = self._rings.far.slice(self._looked, head)
        raw, _ = self._rings.raw.slice(self._looked, head)
        self._looked = head
        if _loudest_db(far) >= SOUNDING_DB:
            self._own_until = head + REVERBERATION_SAMPLES
        return SILENCE_DB if self._own_until > head else _loudest_db(raw)

    async def _describe(self, head: int) -> None:
        earliest = head - round(self.config.captioner.window_s * RATE_HZ)
        sound, _ = self._rings.raw.slice(max(self._own_until, earliest), head)
        if len(sound) < SHORTEST_S * RATE_HZ:
            return
        try:
            text = await self._worker.run(self._captioner.caption, sound.tobytes())
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; it is not needed
            self.report(error, error_type="captioner_error", component="captioner", turn_id=0)
            # One that always fails is asked more and more rarely.
            self._watch.described(self._watch.text)
            return
        # In a turn the agent has read what it is told already.
        if self._resting and self._watch.described(text.strip()):
            self._scene(head / RATE_HZ, self._watch.text)

    def _scene(self, at_s: float, text: str) -> None:
        """Tell what is newly heard, and have it shortened with what was heard just before."""
        self._stop_shortening()
        while self._recent and at_s - self._recent[0][0] > SCENE_S:
            self._recent.popleft()
        if text:
            self._recent.append((at_s, text))
        shorten = self._rewriting if text and len(self._recent) > 1 else None
        self._tell(text, is_final=shorten is None, reason="refresh")
        if shorten:
            shorten.start("\n".join(each for _, each in self._recent))

    def _stop_shortening(self) -> None:
        if self._rewriting:
            self._rewriting.stop()

    def _shortened(self, text: str) -> None:
        self._tell(text, is_final=True, reason="rewritten")

    def _tell(self, text: str, *, is_final: bool, reason: str) -> None:
        self._agent.use_caption(text)
        self.bus.publish(CaptionUpdated(text=text, is_final=is_final, reason=reason))


def _loudest_db(samples: Samples) -> float:
    """Return the level of the loudest moment."""
    moments = [samples[at : at + MOMENT_SAMPLES] for at in range(0, len(samples), MOMENT_SAMPLES)]
    return max(map(level_db, moments), default=SILENCE_DB)
