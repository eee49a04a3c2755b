"""Asks a running appliance question after question in real time, and times its answers.

When a question ended is not taken from the appliance: its sound is looked for in what the
microphone heard.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.card import Card
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.events import (
    ASRResultFinal,
    ButtonPressed,
    Event,
    LatencyMetricsUpdated,
    TTSPlaybackStarted,
    TurnASREndRequested,
)
from xtalk_edge.scenes.sounds import spoken

from .echo_room import onset_s
from .turn_questions import Question

ANSWER_LIMIT_S = 8.0
"""From the end of a question; nothing takes so long that is answered at all."""

ROOM_NOISE_DB = -60.0
"""A quiet living room at a microphone of usual gain."""


class Mouth(Protocol):
    """Says questions into the appliance's microphone."""

    async def say(self, sound: Samples) -> None:
        """Say a sound at 16 kHz; return when it is over."""


class RoomMouth:
    """Somebody in the simulated room."""

    def __init__(self) -> None:
        self.card = RoomCard(RoomScene(noise_db=ROOM_NOISE_DB, record=False))

    async def say(self, sound: Samples) -> None:
        """Say a sound at 16 kHz; return when it is over."""
        self.card.say(sound, RATE_HZ)
        await asyncio.sleep(len(sound) / RATE_HZ)


class PulseMouth:
    """A player that feeds the virtual microphone of a private sound server."""

    async def say(self, sound: Samples) -> None:
        """Say a sound at 16 kHz; return when it is over."""
        player = await asyncio.create_subprocess_exec(
            *("paplay", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1"),
            *("--device=micfeed", "--latency-msec=20"),
            stdin=asyncio.subprocess.PIPE,
        )
        try:
            await player.communicate(sound.tobytes())
        finally:
            with contextlib.suppress(ProcessLookupError):
                player.kill()


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question; milliseconds, None where it did not come to that."""

    question: Question
    heard: str = ""
    """The text it was answered by."""
    cut_off: bool = False
    """Whether the turn was over before the question was."""
    decided_ms: float | None = None
    """From the end of the question until the turn counted as over."""
    audible_ms: float | None = None
    """From there until the answer could be heard."""
    voice_to_voice_ms: float | None = None
    thought_ahead: bool = False

    @property
    def right(self) -> bool:
        """Tell whether it was heard as it was said."""
        return self.heard == self.question.text


class Conversation:
    """One appliance and its mouth; `async with` opens it."""

    def __init__(self, config: Config, mouth: Mouth, card: Card) -> None:
        self.appliance = Appliance(config, card=card)
        self._mouth = mouth
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self.appliance.subscribe_event(Event, self._take)

    async def __aenter__(self) -> Conversation:
        """Open the appliance."""
        await self.appliance.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close it."""
        await self.appliance.__aexit__(*error)  # type: ignore[arg-type]

    @property
    def latency_ms(self) -> float:
        """How long the device takes from a sample handed over to its sounding."""
        return 1000 * self.appliance.capture.card.latency_s

    @property
    def block_ms(self) -> float:
        """Sound that the device moves at a time."""
        card = self.appliance.capture.card
        return 1000 * card.block_frames / card.rate_hz

    async def ask(self, question: Question) -> Asked:
        """Ask, wait until the answer can be heard, and silence it."""
        capture = self.appliance.capture
        sound = spoken(question.spelled, EspeakTTS(voice=question.voice))
        from_sample = capture.head
        self._events.clear()
        await self._mouth.say(sound)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_LIMIT_S):
                await self._until(self._answered)
        ends_at = from_sample + self._end_of(sound, from_sample)
        asked = self._judge(question, ends_at)
        # The button ends any answer, and opens the ears for the next question.
        self.appliance.bus.publish(ButtonPressed(at_sample=capture.head))
        await self.appliance.settled()
        return asked

    def _take(self, event: Event) -> None:
        self._events.append(event)
        self._news.set()

    async def _until(self, fact: Callable[[], bool]) -> None:
        while not fact():
            self._news.clear()
            await self._news.wait()

    def _answered(self) -> bool:
        """Tell whether an answer can be heard, or nothing was understood."""
        return any(
            isinstance(event, LatencyMetricsUpdated)
            or (isinstance(event, ASRResultFinal) and not event.text)
            for event in self._events
        )

    def _end_of(self, sound: Samples, from_sample: int) -> int:
        """Return the sample, behind `from_sample`, at which a sound that was heard ended."""
        raw = self.appliance.capture.rings.raw
        heard, _ = raw.slice(from_sample, raw.head)
        size = 1 << (len(heard) + len(sound)).bit_length()
        spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size))
        begins_at = int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))
        quiet_s = onset_s(np.ascontiguousarray(sound[::-1]))
        return begins_at + len(sound) - round(quiet_s * RATE_HZ)

    def _judge(self, question: Question, ends_at: int) -> Asked:
        events = self._events
        ends = [event for event in events if isinstance(event, TurnASREndRequested)]
        if not ends:
            return Asked(question)
        end = ends[0]
        own = [event for event in events if event.turn_id == end.turn_id]
        texts = [event.text for event in own if isinstance(event, ASRResultFinal)]
        audible = [event.at_s for event in own if isinstance(event, TTSPlaybackStarted)]
        timed = [event for event in own if isinstance(event, LatencyMetricsUpdated)]
        ended_s = self.appliance.capture.time_of(ends_at)
        return Asked(
            question,
            heard=texts[0] if texts else "",
            cut_off=end.at_sample < ends_at,
            decided_ms=1000 * (end.at_s - ended_s),
            audible_ms=1000 * (audible[0] - end.at_s) if audible else None,
            voice_to_voice_ms=1000 * (audible[0] - ended_s) if audible else None,
            thought_ahead=bool(timed) and timed[0].thought_ahead,
        )
