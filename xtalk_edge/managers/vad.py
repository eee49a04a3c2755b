"""Says when somebody speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, SOUNDING_DB, Samples, level_db, power
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config, VadConfig
from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.events import Event, TurnStateChanged, VADSpeechClear, VADSpeechEnd, VADSpeechStart
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.ear import Rings
from xtalk_edge.turn.actions import State
from xtalk_edge.turn.clarity import Clarity
from xtalk_edge.turn.facts import SpeechEnded, SpeechStarted
from xtalk_edge.turn.own_voice import OwnVoice
from xtalk_edge.turn.speech_gate import Limits, SpeechGate

RESUMES_WITHIN_S = 1.0
"""Whoever spoke so lately is believed to go on at the first frame: a turn that is just about to end
waits for nothing longer."""

BREAK_S = 0.3
"""Heard again after more silence, somebody began anew."""

RECALLED_S = 1.5
"""What is listened to again on waking: the wake phrase takes one second, and half a second before
it tells speech from the noise of the room."""


class VADManager(Manager):
    """Feeds the voice activity detector on the ear's thread and publishes starts and ends.

    While the device sleeps nobody asks who speaks, and the detector rests: it is what an idle
    device would spend most on. On waking it listens to the last second and a half.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        vad: VAD,
        rings: Rings,
        post: Callable[[Event], None],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._vad = vad
        self._rings = rings
        self._post = post
        self._own_voice = OwnVoice(vad.frame_samples / RATE_HZ, config.vad.own_voice_db)
        self._clarity = Clarity(vad.frame_samples / RATE_HZ)
        self._gate = SpeechGate(*_gate_limits(config.vad))
        self._held = np.empty(0, np.int16)
        self._ended_s = -RESUMES_WITHIN_S
        self._asleep = self._resting = False
        self._found: list[Event] | None = None
        """What is found while it catches up on waking; None at all other times."""
        self._heard_from = self._heard = 0
        """Samples from which and up to which somebody was heard, with short pauses."""

    def adopt(self, config: Config) -> None:
        """Judge by these settings from the next frame on."""
        super().adopt(config)
        self._gate.adopt(*_gate_limits(config.vad))
        self._own_voice.adopt(config.vad.own_voice_db)

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Rest while the device sleeps."""
        self._asleep = event.state is State.ASLEEP

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take the next clean samples (ear's thread)."""
        # Speech that goes on is heard to its end: whoever was told of its start waits for it.
        if self._asleep and not self._gate.is_open:
            self._resting = True
            return
        if self._resting:
            self._recall(at_sample)
            self._found = []
        start = at_sample - len(self._held)
        self._held = np.concatenate((self._held, samples))
        size = self._vad.frame_samples
        while len(self._held) >= size:
            frame, self._held = self._held[:size], self._held[size:]
            self._judge(frame, start, start + size)
            start += size
        self._tell_found()

    def _recall(self, at_sample: int) -> None:
        """Begin anew with what was to be heard just now."""
        self._resting = False
        self._vad.reset()
        self._gate.reset()
        self._held, _ = self._rings.clean.slice(at_sample - round(RECALLED_S * RATE_HZ), at_sample)

    def heard_from(self, sample: int) -> int | None:
        """Return where whoever was heard to speak behind that sample began (ear's thread).

        None if nobody was. One frame is enough once the cancellers have learnt a room: of somebody
        who says "stop" they leave that much at least. Before, it takes as long as any other speech.
        """
        return self._heard_from if self._heard > sample else None

    def _judge(self, frame: Samples, start: int, end: int) -> None:
        sure = probability = self._vad.probability(frame.tobytes())
        raw, _ = self._rings.raw.slice(start, end)
        far, _ = self._rings.far.slice(start, end)
        sounding = level_db(far) >= SOUNDING_DB
        if self._own_voice.is_all(
            power(raw), power(frame), probability, sounding=sounding, speaking=self._gate.is_open
        ):
            probability = 0.0
        change = self._gate.feed(
            probability, start / RATE_HZ, end / RATE_HZ, self._limits(start / RATE_HZ)
        )
        # A single frame of its own voice may pass for somebody while the cancellers learn.
        settled = self._gate.is_open or not self._own_voice.learning
        if probability >= self.config.vad.threshold and settled:
            if start - self._heard > round(BREAK_S * RATE_HZ):
                self._heard_from = start
            self._heard = end
        if change is not None:
            self._tell(change, probability)
        if self._gate.is_open and self._clarity.hear(sure):
            self._post(VADSpeechClear(at_sample=end))

    def _tell(self, change: SpeechStarted | SpeechEnded, probability: float) -> None:
        at_sample = round(change.at_s * RATE_HZ)
        event: Event
        if isinstance(change, SpeechEnded):
            self._ended_s = change.at_s
            event = VADSpeechEnd(at_sample=at_sample, speech_probability=probability)
        else:
            clear = not self._own_voice.may_be_heard
            self._clarity.begin(clear=clear)
            event = VADSpeechStart(at_sample=at_sample, speech_probability=probability, clear=clear)
        if self._found is None:
            self._post(event)
        else:
            self._found.append(event)

    def _tell_found(self) -> None:
        """Tell what was found in the sound before it woke: of speech that is over, that too.

        Otherwise the wake phrase's own end would pass for somebody who goes on.
        """
        found, self._found = self._found or [], None
        for number, event in enumerate(found):
            following = found[number + 1] if number + 1 < len(found) else None
            if isinstance(event, VADSpeechStart) and isinstance(following, VADSpeechEnd):
                event = replace(event, ended_sample=following.at_sample)
            self._post(event)

    def _limits(self, at_s: float) -> Limits | None:
        """Return from what on speech counts just now; None for the usual."""
        vad = self.config.vad
        if self._own_voice.may_be_heard:
            if self._own_voice.learning:
                return None
            return Limits(vad.threshold_over_voice, vad.min_speech_over_voice_ms / 1000)
        return Limits(vad.threshold, 0.0) if at_s - self._ended_s < RESUMES_WITHIN_S else None


def _gate_limits(vad: VadConfig) -> tuple[float, float, float, float]:
    """Return what `SpeechGate` is given: two thresholds, and two durations in seconds."""
    return (
        vad.threshold,
        vad.release_threshold,
        vad.min_speech_ms / 1000,
        vad.min_silence_ms / 1000,
    )
