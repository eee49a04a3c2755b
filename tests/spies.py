"""Engines that only note whether what they were given had anything in it, by slot."""

from __future__ import annotations

from collections import Counter

from xtalk_edge.engines.interfaces import (
    ASR,
    VAD,
    EchoCanceller,
    SpeechEnhancer,
    TurnDetector,
    WakeWord,
)

GIVEN: Counter[str] = Counter()
"""How often each slot was given sound."""

LOUD: Counter[str] = Counter()
"""How often there was anything but zeros in it."""


def note(slot: str, *sounds: bytes) -> None:
    GIVEN[slot] += 1
    LOUD[slot] += any(any(sound) for sound in sounds)


class SpyEcho(EchoCanceller):
    def cancel(self, near: bytes, far: bytes) -> bytes:
        note("echo", near, far)
        return near

    def reset(self) -> None:
        pass


class SpyEnhancer(SpeechEnhancer):
    def enhance(self, audio: bytes) -> bytes:
        note("enhancer", audio)
        return audio

    def reset(self) -> None:
        pass

    def clone(self) -> SpyEnhancer:
        return SpyEnhancer()


class SpyVAD(VAD):
    def probability(self, frame: bytes) -> float:
        note("vad", frame)
        return 0.95

    def reset(self) -> None:
        pass


class SpyWake(WakeWord):
    phrase = "okay nabu"

    def __init__(self, **_settings: object) -> None:
        pass

    def detect(self, audio: bytes) -> float | None:
        note("wake", audio)
        return None

    def reset(self) -> None:
        pass


class SpyStopWord(SpyWake):
    phrase = "stop"

    def detect(self, audio: bytes) -> float | None:
        note("stop_word", audio)
        return None


class SpyASR(ASR):
    def recognize(self, audio: bytes) -> str:
        return self.recognize_stream(audio, is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        note("asr", audio)
        return "what time is it"

    def reset(self) -> None:
        pass

    def clone(self) -> SpyASR:
        return SpyASR()


class SpyTurnDetector(TurnDetector):
    def finished(self, text: str, audio: bytes) -> float | None:
        note("turn_detector", audio)
        return None
