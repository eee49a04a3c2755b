"""Watches that the device goes on, helps it where it does not, and tells."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import liveness
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EdgeError, problem_of
from xtalk_edge.events import CardEnded, HealthChanged, RecoveryStepTaken, SpeechRequested
from xtalk_edge.managers.base import WATCH_EVERY_S, Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.microphone import MicrophoneManager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.service import notify, storage
from xtalk_edge.service.notify import ServiceManager
from xtalk_edge.service.recovery import Recovery, Step, Taken
from xtalk_edge.service.storage import Surroundings
from xtalk_edge.service.vital_signs import DISK_ANSWERS_S, Check, Signs, Verdict, VitalSigns

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2 * WATCH_EVERY_S

SURROUNDINGS_EVERY_S = 60.0
"""How often disk and heat are looked at; both change within minutes."""

WRITE_EVERY_S = 600.0
"""How often the store is found out by writing a page; a card bears millions of those."""

AGAIN_S = 5.0
"""How often while something is wrong with the disk or the store."""

FED_A_PERIOD = 4
"""How often the watchdog is fed in the time that it waits: a busy machine may miss a few."""

DONE = {
    Step.REOPEN: "My sound had stopped, so I opened the sound card again.",
    Step.REENUMERATE: "My sound had stopped, so I looked for the sound card anew.",
    Step.RESTART_ENGINE: "A part of me had stopped, so I started it again.",
    Step.EXIT: "Something is wrong with me, so I start afresh. I'll be back in a moment.",
}
"""What is said of a step, the first time that it is taken."""

WRONG = {
    Check.DISK: "My disk is nearly full, or cannot be written to. Please have a look at it.",
    Check.STORE: "I can't keep anything new at the moment. Please have a look at my disk.",
}
"""What is said of what no step can mend, the first time that it is seen."""


class HealthManager(Manager):
    """Looks at the device twice a second, which is a thousandth of what listening costs.

    Args:
        event_bus: where it publishes.
        config: the settings.
        capture: has to bring sound.
        playback: has to get rid of it.
        microphone: knows sound that is not live.
        give_up: ends the program with that sentence, to be started afresh.
        service: whose watchdog is fed; None for the one that started this process.
        watchdog_s: after how long without food it bites; None for what it said.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        playback: PlaybackManager,
        microphone: MicrophoneManager,
        give_up: Callable[[str], None],
        service: ServiceManager | None = None,
        watchdog_s: float | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._playback = playback
        self._microphone = microphone
        self._give_up = give_up
        self._service = service or ServiceManager()
        self._watchdog_s = watchdog_s or notify.watchdog_s()
        self._fed_s = 0.0
        self._signs = VitalSigns(config.health, 0.0)
        self._recovery = Recovery()
        self._watches_sound = config.audio.card == "portaudio"
        self._surroundings = Surroundings()
        self._asked_s: float | None = None
        """When the disk was asked something that it has not answered yet."""
        self._worker = Worker("health")
        self._unsaid: list[str] = []
        """What is to be said as soon as it can be heard."""
        self._said: set[str] = set()

    def verdict(self) -> Mapping[str, Verdict]:
        """Return what is to be said of each check, by its name."""
        return {str(check): each for check, each in self._signs.verdicts.items()}

    @property
    def fresh(self) -> bool:
        """Whether everything goes on that has to; the watchdog is fed only then."""
        return not self._signs.stale

    async def start(self) -> None:
        """Begin to watch."""
        self._signs = VitalSigns(self.config.health, now_s())
        self.tasks.start(self._watch(), "health")
        self.tasks.start(self._watch_surroundings(), "health of the disk")

    async def shutdown(self) -> None:
        """Stop watching; a disk that does not answer is not waited for."""
        await super().shutdown()
        if self._asked_s is None or now_s() - self._asked_s < DISK_ANSWERS_S:
            self._worker.close()

    @handles(CardEnded)
    def on_end(self, event: CardEnded) -> None:
        """No more sound is to come: a file is over, or the device is given up."""
        self._watches_sound = False

    async def _watch(self) -> None:
        while True:
            due_s = now_s() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self._look(late_s=now_s() - due_s)

    def _look(self, late_s: float) -> None:
        at_s = now_s()
        for check in self._signs.look(self._take_signs(at_s, late_s), at_s):
            self._tell(check, self._signs.verdicts[check])
        for taken in self._recovery.look(self._signs.ills, at_s):
            self._take_step(taken)
        self._speak()
        self._feed(at_s)

    def _take_signs(self, at_s: float, late_s: float) -> Signs:
        core, card_return = self._capture.card.core, self._capture.card_return
        engine, engine_s = liveness.slowest()
        return Signs(
            late_s=late_s,
            watches_sound=self._watches_sound,
            head=self._capture.head,
            fresh=self._microphone.fresh,
            lost=card_return.lost,
            attempts=card_return.attempts,
            to_play=core.written > core.consumed and not self._playback.held,
            played=core.consumed,
            engine=engine,
            engine_s=engine_s,
            dead_engines=tuple(home.worker.name for home in liveness.died()),
            disk_asked_s=0.0 if self._asked_s is None else at_s - self._asked_s,
            disk=self._surroundings.disk,
            disk_free_mb=self._surroundings.disk_free_mb,
            store=self._surroundings.store,
            temperature_c=self._surroundings.temperature_c,
        )

    def _tell(self, check: Check, verdict: Verdict) -> None:
        if verdict.healthy:
            log.warning("%s: all is well again", check)
        else:
            log.warning("%s: %s", check, verdict.detail)
        self.bus.publish(HealthChanged(check=check, healthy=verdict.healthy, detail=verdict.detail))
        if not verdict.healthy and check in WRONG:
            self._say(WRONG[check])

    # -- what is done about it -------------------------------------------------------------

    def _take_step(self, taken: Taken) -> None:
        detail = self._signs.verdicts[taken.check].detail
        log.warning("%s: %s; helps itself: %s", taken.check, detail, taken.step)
        self.bus.publish(RecoveryStepTaken(step=taken.step, check=taken.check, count=taken.count))
        self._say(DONE[taken.step])
        match taken.step:
            case Step.REOPEN:
                self._capture.card_return.renew()
            case Step.REENUMERATE:
                self._capture.card_return.look_anew()
            case Step.RESTART_ENGINE:
                liveness.end_hanging(self.config.health.engine_s)
                self.tasks.start(self._revive(), "engines anew")
            case Step.EXIT:
                self._give_up(f"{taken.check}: {detail}; a fresh start may help")

    async def _revive(self) -> None:
        for home in liveness.died():
            try:
                await home.revive()
            except EdgeError as error:
                log.error("%s cannot be started again: %s", home.worker.name, problem_of(error))

    def _say(self, sentence: str) -> None:
        if self.config.health.speak and sentence not in self._said:
            self._said.add(sentence)
            self._unsaid.append(sentence)

    def _speak(self) -> None:
        if {Check.CAPTURE, Check.PLAYBACK} & self._signs.stale or self._capture.card_return.lost:
            return
        for sentence in self._unsaid:
            self.bus.publish(SpeechRequested(text=sentence))
        self._unsaid.clear()

    def _feed(self, at_s: float) -> None:
        if self._watchdog_s is None or not self.fresh:
            return
        if at_s - self._fed_s >= self._watchdog_s / FED_A_PERIOD:
            self._fed_s = at_s
            self._service.alive()

    # -- disk, store and heat --------------------------------------------------------------

    async def _watch_surroundings(self) -> None:
        folder, wrote_s = self.config.store.folder(), now_s()
        while True:
            ill = bool(self._surroundings.disk or self._surroundings.store)
            await asyncio.sleep(AGAIN_S if ill else SURROUNDINGS_EVERY_S)
            write = ill or now_s() - wrote_s >= WRITE_EVERY_S
            self._asked_s = now_s()
            self._surroundings = await self._worker.run(storage.look, folder, write=write)
            self._asked_s = None
            wrote_s = now_s() if write else wrote_s
