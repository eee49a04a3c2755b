"""What a model class written for X-Talk lacks here, added beside its own methods.

Such a class knows nothing of this package. `completed` mixes the slot's interface in behind it,
so that its own methods win and only what the device needs beyond X-Talk comes from here.
"""

from __future__ import annotations

from typing import Any

from xtalk_edge.engines.interfaces import (
    ASR,
    TTS,
    VAD,
    Agent,
    EchoCanceller,
    SpeechEnhancer,
    TurnDetector,
    WakeWord,
)

PARTIAL_EVERY_BYTES = 32_000
"""An offline recogniser hears everything again after each further second of speech."""


class _OfflineASR(ASR):
    """Makes a recogniser of whole utterances look like a streaming one; goes behind it."""

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Collect the utterance; recognise all of it once a second and at its end."""
        heard: bytearray = self.__dict__.setdefault("_heard", bytearray())
        known: int = self.__dict__.get("_heard_until", 0)
        heard += audio
        if is_final or len(heard) - known >= PARTIAL_EVERY_BYTES:
            self.__dict__["_heard_until"] = len(heard)
            self.__dict__["_text"] = self.recognize(bytes(heard)) if heard else ""
        text: str = self.__dict__.get("_text", "")
        if is_final:
            _forget_collected(self)
        return text


class _ForgettingASR:
    """Goes before a recogniser of whole utterances, whose own `reset` knows of no collection."""

    def reset(self) -> None:
        """Forget the utterance."""
        _forget_collected(self)
        super().reset()  # type: ignore[misc] # the recogniser stands behind this class


def _forget_collected(recogniser: object) -> None:
    for name in ("_heard", "_heard_until", "_text"):
        recogniser.__dict__.pop(name, None)


class _DecidingVAD(VAD):
    """Gives a detector that only says yes or no a probability of 1 or 0."""

    def probability(self, frame: bytes) -> float:
        """Return 1.0 for speech, 0.0 for anything else."""
        return 1.0 if self.is_speech(frame) else 0.0

    def reset(self) -> None:
        """Have nothing to forget: X-Talk's detectors keep no state that can be reset."""


class SlotContract:
    """What a class must bring for one slot, and what it is given."""

    def __init__(self, base: type, completion: type, required: tuple[str, ...]) -> None:
        self.base = base
        self.completion = completion
        self.required = required


SLOTS: dict[str, SlotContract] = {
    "asr": SlotContract(ASR, _OfflineASR, ("recognize", "reset", "clone")),
    "tts": SlotContract(TTS, TTS, ("synthesize", "clone")),
    "vad": SlotContract(VAD, _DecidingVAD, ("is_speech",)),
    "enhancer": SlotContract(SpeechEnhancer, SpeechEnhancer, ("enhance", "reset", "clone")),
    "echo": SlotContract(EchoCanceller, EchoCanceller, ("cancel", "reset")),
    "stop_word": SlotContract(WakeWord, WakeWord, ("detect", "reset", "phrase")),
    "wake": SlotContract(WakeWord, WakeWord, ("detect", "reset", "phrase")),
    "turn_detector": SlotContract(TurnDetector, TurnDetector, ("finished",)),
    "agent": SlotContract(Agent, Agent, ("async_accept",)),
}


def lacking(slot: str, cls: type[Any]) -> list[str]:
    """Return the names `cls` would need to serve the slot; empty when it fits."""
    contract = SLOTS[slot]
    if issubclass(cls, contract.base):
        return sorted(getattr(cls, "__abstractmethods__", ()))
    return [name for name in contract.required if not hasattr(cls, name)]


def completed(slot: str, cls: type[Any]) -> type[Any]:
    """Return `cls` itself if it is of this package, else `cls` with the missing methods added."""
    contract = SLOTS[slot]
    if issubclass(cls, contract.base):
        return cls
    bases: tuple[type, ...] = (cls, contract.completion)
    if slot == "asr" and not hasattr(cls, "recognize_stream"):
        bases = (_ForgettingASR, *bases)
    return type(cls.__name__, bases, {"__module__": cls.__module__})
