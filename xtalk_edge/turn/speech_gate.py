"""Turns speech probabilities of single frames into "speech started" and "speech ended". Pure."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.errors import ConfigError
from xtalk_edge.turn.facts import SpeechEnded, SpeechStarted

# Frame times are sums of binary fractions: a millionth of a second is far below one sample.
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """From what on speech is announced."""

    threshold: float
    min_speech_s: float


class SpeechGate:
    """Hysteresis: opens at `threshold`, stays open down to `release_threshold`.

    Speech shorter than `min_speech_s` is not announced; a silence shorter than `min_silence_s`
    does not end it.

    Raises:
        ConfigError: the release threshold lies above the threshold.
    """

    def __init__(
        self,
        threshold: float,
        release_threshold: float,
        min_speech_s: float,
        min_silence_s: float,
    ) -> None:
        self.adopt(threshold, release_threshold, min_speech_s, min_silence_s)
        self.reset()

    def adopt(
        self,
        threshold: float,
        release_threshold: float,
        min_speech_s: float,
        min_silence_s: float,
    ) -> None:
        """Judge so from the next frame on; speech that is open goes on. Raises ConfigError."""
        if release_threshold > threshold:
            raise ConfigError(
                f"the release threshold ({release_threshold:g}) must not be above the speech "
                f"threshold ({threshold:g}); lower it"
            )
        self._usual = Limits(threshold, min_speech_s)
        self._release_threshold = release_threshold
        self._min_silence_s = min_silence_s

    @property
    def is_open(self) -> bool:
        """Whether speech has been announced and not yet ended."""
        return self._open

    def reset(self) -> None:
        """Forget what was heard; open speech is forgotten without an end."""
        self._open = False
        self._began_s: float | None = None
        self._last_speech_s = 0.0

    def feed(
        self, probability: float, start_s: float, end_s: float, limits: Limits | None = None
    ) -> SpeechStarted | SpeechEnded | None:
        """Take the next frame; `start_s` and `end_s` are its borders on the sample clock.

        `limits` count for this frame in place of the usual limits.
        """
        if self._open:
            return self._feed_open(probability, end_s)
        return self._feed_closed(probability, start_s, end_s, limits or self._usual)

    def _feed_closed(
        self, probability: float, start_s: float, end_s: float, limits: Limits
    ) -> SpeechStarted | None:
        if self._began_s is None:
            if probability < limits.threshold:
                return None
            self._began_s = start_s
        elif probability < min(self._release_threshold, limits.threshold):
            self._began_s = None
            return None
        self._last_speech_s = end_s
        if end_s - self._began_s < limits.min_speech_s - _ROUNDING_S:
            return None
        self._open = True
        return SpeechStarted(self._began_s)

    def _feed_open(self, probability: float, end_s: float) -> SpeechEnded | None:
        if probability >= self._release_threshold:
            self._last_speech_s = end_s
            return None
        if end_s - self._last_speech_s < self._min_silence_s - _ROUNDING_S:
            return None
        self._open = False
        self._began_s = None
        return SpeechEnded(self._last_speech_s)
