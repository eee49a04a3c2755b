"""The ear: everything between the sound card and the rings, on a thread of its own.

Each step drains the card, brings microphone and far end to 16 kHz, removes echo and noise,
writes the three rings on one index, and shows the clean sound to its listeners (voice activity,
wake word). It decides nothing and never waits.

Muted, it hears zeros and so does everybody behind it: nothing else takes sound from a card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import Captured, Gap
from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.mute import Mute
from xtalk_edge.audio.resample import Resampler
from xtalk_edge.audio.ring import AudioRing
from xtalk_edge.audio.sample_clock import SampleClock
from xtalk_edge.engines.interfaces import EchoCanceller, SpeechEnhancer
from xtalk_edge.events import AudioGap, Event

COMPARED_S = 10.0
"""How long what was captured and played is kept: both are only ever held against the clean sound of
the last moments. The clean sound itself is heard again, from the beginning of a turn."""


class Listener(Protocol):
    """Hears the clean sound as it comes, on the ear's thread."""

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take the next samples; `at_sample` is the index of the first."""


@dataclass(frozen=True, slots=True)
class Rings:
    """What was captured, cleaned and played; one absolute sample index, 16 kHz mono int16."""

    raw: AudioRing
    clean: AudioRing
    far: AudioRing

    @classmethod
    def of_seconds(cls, seconds: float, compared_s: float | None = None) -> Rings:
        """Return three empty rings: the clean one remembers `seconds`, the others `compared_s` if
        that is less.
        """
        least_s = seconds if compared_s is None else min(seconds, compared_s)
        return cls(AudioRing(least_s), AudioRing(seconds), AudioRing(least_s))


class Ear:
    """Turns what a card captured into clean sound at 16 kHz."""

    def __init__(
        self,
        card: Card,
        echo: EchoCanceller,
        enhancer: SpeechEnhancer,
        rings: Rings,
        listeners: Sequence[Listener],
        post: Callable[[Event], None],
    ) -> None:
        self._card = card
        self._echo = echo
        self._enhancer = enhancer
        self._rings = rings
        self._listeners = listeners
        self._post = post
        self.sample_clock = SampleClock(card.rate_hz)
        """The card's capture frames against monotonic time."""
        self.mute = Mute()
        """Whether anything may be heard."""
        self._deaf_until = 0
        """Sample before which nothing may be heard, however late it comes."""
        self._near_resampler = Resampler(card.rate_hz, RATE_HZ)
        self._far_resampler = Resampler(card.rate_hz, RATE_HZ)
        # What comes first out of a delaying part is its own delay, not sound: dropping it keeps
        # every ring on the card's index.
        self._resampler_delay_left = self._near_resampler.latency_frames
        self._cleaning_delay_left = echo.latency_samples + enhancer.latency_samples
        self._near = np.empty(0, np.int16)
        self._far = np.empty(0, np.int16)

    def step(self, now_s: float) -> None:
        """Take in all sound up to now."""
        self._card.pump(now_s)
        captured = self._take()
        if not len(captured.mic):
            return
        mic = captured.mic
        if self.mute.covers(self._captured_s(captured, now_s)):
            end = captured.at_frame + len(mic)
            self._deaf_until = -(-end * RATE_HZ // self._card.rate_hz)
            # Zeros go through the resampler too, which keeps a last bit for later.
            mic = np.zeros_like(mic)
        near = self._near_resampler.process(mic)
        far = self._far_resampler.process(captured.far)
        if self._resampler_delay_left:
            dropped = min(self._resampler_delay_left, len(near))
            self._resampler_delay_left -= dropped
            near, far = near[dropped:], far[dropped:]
        self._rings.raw.write(self._hushed(near, self._rings.raw.head))
        self._rings.far.write(far)
        self._near = self._next(self._near, near)
        # Of its own voice in a silent room the canceller would learn that there is no echo.
        self._far = self._next(self._far, far)
        self._clean_frames()

    def _take(self) -> Captured:
        """Return what was captured next; of a long loss only the end, whose time must be right."""
        core, rate_hz = self._card.core, self._card.rate_hz
        whole_s = core.capacity_frames // rate_hz
        lost: list[Gap] = []
        while True:
            captured = core.read(whole_s * rate_hz or None)
            for block in captured.blocks:
                self.sample_clock.observe(block.capture_frame, block.adc_s)
            lost += captured.gaps
            missed = sum(gap.frames for gap in captured.gaps)
            if not whole_s or missed < whole_s * rate_hz:
                break
            # An hour of zeros would keep the engines busy for minutes, and teach them nothing.
            for ring in (self._rings.raw, self._rings.far, self._rings.clean):
                ring.write(np.zeros(whole_s * RATE_HZ, np.int16))
        self._announce(lost)
        return captured

    def _captured_s(self, captured: Captured, now_s: float) -> float:
        """Return when the first frame was at the microphone."""
        if self.sample_clock.ready:
            return self.sample_clock.to_s(captured.at_frame)
        return now_s - len(captured.mic) / self._card.rate_hz

    def _next(self, left: Samples, new: Samples) -> Samples:
        """Return what is to be cleaned next: what was left of it, and what is new."""
        sound = np.concatenate((left, new))
        return self._hushed(sound, self._rings.raw.head - len(sound))

    def _hushed(self, sound: Samples, at_sample: int) -> Samples:
        """Return the sound with zeros where nothing may be heard."""
        deaf = min(len(sound), self._deaf_until - at_sample)
        if deaf <= 0:
            return sound
        return np.concatenate((np.zeros(deaf, np.int16), sound[deaf:]))

    def _announce(self, lost: Sequence[Gap]) -> None:
        """Tell of what was lost; pieces of one gap are told as one."""
        to_samples = RATE_HZ / self._card.rate_hz
        for gap in _joined(lost):
            at_sample, samples = round(gap.at_frame * to_samples), round(gap.frames * to_samples)
            self._post(AudioGap(at_sample=at_sample, samples=samples, reason=gap.reason))

    def _clean_frames(self) -> None:
        size = self._echo.frame_samples
        whole = len(self._near) // size * size
        for start in range(0, whole, size):
            near = samples_to_pcm(self._near[start : start + size])
            far = samples_to_pcm(self._far[start : start + size])
            clean = pcm_to_samples(self._enhancer.enhance(self._echo.cancel(near, far)))
            if self._cleaning_delay_left:
                dropped = min(self._cleaning_delay_left, len(clean))
                self._cleaning_delay_left -= dropped
                clean = clean[dropped:]
            if len(clean):
                at_sample = self._rings.clean.head
                clean = self._hushed(clean, at_sample)
                self._rings.clean.write(clean)
                for listener in self._listeners:
                    listener.hear(clean, at_sample)
        self._near = self._near[whole:]
        self._far = self._far[whole:]


def _joined(gaps: Sequence[Gap]) -> list[Gap]:
    joined: list[Gap] = []
    for gap in gaps:
        before = joined[-1] if joined else None
        if (
            before
            and before.at_frame + before.frames == gap.at_frame
            and before.reason == gap.reason
        ):
            joined[-1] = replace(before, frames=before.frames + gap.frames)
        else:
            joined.append(gap)
    return joined
