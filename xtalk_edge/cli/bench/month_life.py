"""Lives a month with an appliance on the virtual clock: asks, is rung for, has faults."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.clock import now_s
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import (
    ASRResultFinal,
    ButtonPressed,
    Event,
    LatencyMetricsUpdated,
    SpeechRequested,
    TTSPlaybackStarted,
    TurnASRStartRequested,
    TurnStateChanged,
)
from xtalk_edge.scenes.sounds import spoken
from xtalk_edge.turn.actions import State

from .holdings import Kept, kept_now
from .month_house import DistantServer, QuietRoom
from .month_plan import DAY_S, Happening, Kind
from .people import at_level
from .process_tree import processes

PHRASE = "okay naboo"
"""How a synthetic voice must be told to say the wake phrase."""

GAP_S = 0.15
"""Between phrase and question."""

TALKER_DB = -27.0
"""RMS of the talkers at the microphone: somebody two metres away."""

ANSWER_LIMIT_S = 15.0
"""From the end of a question; nothing takes so long that is answered at all."""

TRIES = 2
"""Whoever is not answered says it once more; after that it counts."""

BEFORE_S = 2.0
"""Sound is heard for so long before a question, a ring or a fault."""

BEHIND_S = 0.5
"""And for so long after a jump, so that everybody who waits for a time has woken up."""

LONGEST_JUMP_S = 3_500.0
"""The audio core takes a card for broken that claims to have lost more than an hour."""

REST_LIMIT_S = 600.0
"""Within which a device is asleep again, whatever happened."""

REACTS_S = (2.0, 6.0)
"""How long something rings until somebody stops it."""

PLUGGED_BACK_S = (2.0, 20.0)
"""How long a card is unplugged; the device waits for half a minute."""

FAULT_S = 0.5
"""Of sound that is lost, or late."""

RINGS = ("timer", "alarm")

STOPPED_S = 8.0
"""Quiet after which it certainly rings no more: it pauses for 3 s between two rounds."""


@dataclass(slots=True)
class Lived:
    """What came of it."""

    questions: int = 0
    answered: int = 0
    understood: int = 0
    """Of those answered: heard as they were said."""
    repeated: int = 0
    """Questions that had to be said twice."""
    lost: list[str] = field(default_factory=list)
    """Questions that were not answered at all, with the time of each."""
    rings: int = 0
    rings_late_s: list[float] = field(default_factory=list)
    """Behind the time at which each was due."""
    faults: int = 0
    losses: int = 0
    voice_to_voice_ms: list[float] = field(default_factory=list)
    """On a clock that leaves computing out."""
    at_day: list[float] = field(default_factory=list)
    looks: list[Kept] = field(default_factory=list)
    """After each question, when the device sleeps again."""


class Household:
    """Somebody who lives with the device.

    Args:
        appliance: the device, open.
        room: where it stands.
        server: what it may ask.
        dice: of what the plan leaves open.
    """

    def __init__(
        self, appliance: Appliance, room: QuietRoom, server: DistantServer, dice: random.Random
    ) -> None:
        self.lived = Lived()
        self._appliance = appliance
        self._room = room
        self._server = server
        self._dice = dice
        self._sounds: dict[tuple[str, str], Samples] = {}
        self._state = State.ASLEEP
        self._opened: set[int] = set()
        """Turns since the last question that somebody was listened to in."""
        self._audible: set[int] = set()
        """Turns since then of which something was heard: answers, and what rings."""
        self._texts: list[str] = []
        """What was understood since then."""
        self._rang_s: float | None = None
        """When the last ring began that nobody has reacted to."""
        self._due_s: float | None = None
        """When the next ring is due; None where that is not known for sure."""
        self._news = asyncio.Event()
        appliance.subscribe_event(Event, self._take)

    def _take(self, event: Event) -> None:
        self._news.set()
        match event:
            case TurnStateChanged(state=state):
                self._state = State(state)
            case TurnASRStartRequested():
                self._opened.add(event.turn_id)
            case ASRResultFinal(text=text):
                self._texts.append(text)
            case TTSPlaybackStarted():
                self._audible.add(event.turn_id)
            case LatencyMetricsUpdated(voice_to_voice_ms=took_ms) if took_ms is not None:
                self.lived.voice_to_voice_ms.append(took_ms)
            case SpeechRequested(sound=sound) if sound in RINGS:
                self._note_ring(event.at_s)

    def _note_ring(self, at_s: float) -> None:
        if self._rang_s is None:
            self._rang_s = at_s
            self.lived.rings += 1
            if self._due_s is not None:
                self.lived.rings_late_s.append(at_s - self._due_s)
                self._due_s = None

    # -- a month ---------------------------------------------------------------------------

    async def live(self, happenings: Sequence[Happening], told: Callable[[int], None]) -> Lived:
        """Live through all that happens; `told` is called with the number of questions so far."""
        self._prepare(happenings)
        began_s = now_s()
        for each in happenings:
            await self._wait_until(began_s + each.at_s)
            if each.kind == "question":
                await self._ask(each)
                await self._rest()
                self.lived.at_day.append((now_s() - began_s) / DAY_S)
                gc.collect()
                self.lived.looks.append(kept_now(processes()))
                told(self.lived.questions)
            else:
                self._happen(each.kind)
        await self._rest()
        return self.lived

    def _prepare(self, happenings: Sequence[Happening]) -> None:
        """Make every sound beforehand: what the bench itself keeps must not grow."""
        voices = {each.voice: EspeakTTS(voice=each.voice) for each in happenings if each.voice}
        gap = np.zeros(round(GAP_S * RATE_HZ), np.int16)
        phrases = {name: spoken(PHRASE, voice) for name, voice in voices.items()}
        for each in happenings:
            if each.kind == "question" and (each.voice, each.says) not in self._sounds:
                said = spoken(each.says, voices[each.voice])
                whole = np.concatenate((phrases[each.voice], gap, said))
                self._sounds[each.voice, each.says] = at_level(whole, TALKER_DB)
        self._stop = at_level(spoken("stop", next(iter(voices.values()))), TALKER_DB)

    # -- waiting ---------------------------------------------------------------------------

    async def _wait_until(self, at_s: float) -> None:
        """Let time pass; silence in which nothing is due is skipped."""
        while now_s() < at_s:
            await self._rest()
            bell = self._appliance.bell
            waits = [each.next_s() for each in (bell.timers, bell.alarms)]
            due_s = min((each for each in waits if each is not None), default=float("inf"))
            self._due_s = now_s() + due_s if 0 < due_s < float("inf") else None
            free_s = min(at_s - now_s(), due_s, LONGEST_JUMP_S) - BEFORE_S
            if free_s > BEHIND_S:
                self._room.skip(free_s)
            await asyncio.sleep(min(BEHIND_S, max(0.01, at_s - now_s())))

    async def _rest(self) -> None:
        """Wait until the device sleeps and its card runs, and react to what rings meanwhile.

        Raises:
            DeviceError: it does not come to rest.
        """
        try:
            async with asyncio.timeout(REST_LIMIT_S):
                await self._quiet()
        except TimeoutError:
            raise DeviceError(
                f"after {now_s() / DAY_S:.2f} days the device does not come to rest: it is "
                f"{self._state}, and its card {self._room.ended() or 'runs'}"
            ) from None

    async def _quiet(self) -> None:
        quiet_s = 0.0
        while quiet_s < BEHIND_S:
            if self._rang_s is not None:
                await self._react()
            await asyncio.sleep(0.1)
            quiet = self._state is State.ASLEEP and not self._appliance.playback.busy
            quiet_s = quiet_s + 0.1 if quiet and self._room.ended() is None else 0.0

    async def _react(self) -> None:
        """Stop what rings: by a word, the button, or a question that waits anyhow."""
        await asyncio.sleep(self._dice.uniform(*REACTS_S))
        if self._dice.random() < 0.5:
            said = self._room.say(self._stop, RATE_HZ)
            await asyncio.sleep(said.end_s - said.start_s + 1.0)
        self._rang_s = None
        await asyncio.sleep(STOPPED_S)
        if self._rang_s is not None:
            # It was not heard, and rings again.
            self.lived.rings -= 1
            self._appliance.bus.publish(ButtonPressed(at_sample=self._appliance.capture.head))
            self._rang_s = None

    # -- asking and failing ----------------------------------------------------------------

    async def _ask(self, question: Happening) -> None:
        self.lived.questions += 1
        if question.fault_after_s is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(question.fault_after_s, self._happen, question.fault)
        for attempt in range(TRIES):
            self.lived.repeated += attempt == 1
            if await self._answered(question):
                self.lived.answered += 1
                return
            await self._rest()
        self.lived.lost.append(f"{now_s() / DAY_S:.2f} d: {question.says} ({question.voice})")

    async def _answered(self, question: Happening) -> bool:
        """Say it, and tell whether an answer is heard."""
        for noted in (self._opened, self._audible, self._texts):
            noted.clear()
        self._due_s = None
        said = self._room.say(self._sounds[question.voice, question.says], RATE_HZ)
        limit_s = said.end_s - said.start_s + ANSWER_LIMIT_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not self._opened & self._audible:
                    self._news.clear()
                    await self._news.wait()
                self.lived.understood += question.says in self._texts
                return True
        return False

    def _happen(self, kind: Kind) -> None:
        self.lived.losses += kind == "server lost"
        self.lived.faults += not kind.startswith("server")
        match kind:
            case "server lost" | "server back":
                self._server.reach(kind == "server back")
            case "overrun":
                self._room.drop(FAULT_S)
            case "stall":
                self._room.delay(FAULT_S)
            case _:
                self._room.unplug()
                back_s = self._dice.uniform(*PLUGGED_BACK_S)
                asyncio.get_running_loop().call_later(back_s, self._room.replug)
