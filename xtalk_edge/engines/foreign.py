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
    Captioner,
    EchoCanceller,
    Embeddings,
    PunctuationRestorer,
    Rewriter,
    SpeakerEncoder,
    SpeechEnhancer,
    SpeechSpeedController,
    TurnDetector,
    WakeWord,
)


class _OfflineASR(ASR):
    """Makes a recogniser of whole utterances look like a streaming one; goes behind it."""

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece; return the whole text since `reset`."""
        stream = self.__dict__.get("_pseudo_stream")
        if stream is None:
            # Not at the top: every child process of an engine imports this file.
            from xtalk_edge.engines.asr.pseudo_stream import PseudoStream

            stream = self.__dict__["_pseudo_stream"] = PseudoStream(self.recognize)
        return str(stream.hear(audio, is_final=is_final))


class _ForgettingASR:
    """Goes before a recogniser of whole utterances, whose own `reset` knows of no collection."""

    def reset(self) -> None:
        """Forget the utterance."""
        self.__dict__.pop("_pseudo_stream", None)
        super().reset()  # type: ignore[misc] # the recogniser stands behind this class


class _DecidingVAD(VAD):
    """Gives a detector that only says yes or no a probability of 1 or 0."""

    def probability(self, frame: bytes) -> float:
        """Return 1.0 for speech, 0.0 for anything else."""
        return 1.0 if self.is_speech(frame) else 0.0

    def reset(self) -> None:
        """Have nothing to forget: X-Talk's detectors keep no state that can be reset."""


class _ForgetfulSpeed(SpeechSpeedController):
    """Hands half a second at a time to a class that stretches each piece by itself."""

    least_s = 0.5


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
    "punctuation": SlotContract(PunctuationRestorer, PunctuationRestorer, ("restore",)),
    "speaker": SlotContract(SpeakerEncoder, SpeakerEncoder, ("extract",)),
    "captioner": SlotContract(Captioner, Captioner, ("caption",)),
    "caption_rewriter": SlotContract(Rewriter, Rewriter, ("rewrite",)),
    "thought_rewriter": SlotContract(Rewriter, Rewriter, ("rewrite",)),
    "speed": SlotContract(SpeechSpeedController, _ForgetfulSpeed, ("process",)),
    "embeddings": SlotContract(Embeddings, Embeddings, ("embed_documents", "embed_query")),
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
