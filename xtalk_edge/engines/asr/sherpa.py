"""Whatever speech model sherpa-onnx runs: its files say which engine it needs."""

from __future__ import annotations

from collections.abc import Sequence

from xtalk_edge.engines.asr.sherpa_kinds import inspect_model
from xtalk_edge.engines.asr.sherpa_offline import SherpaOfflineASR
from xtalk_edge.engines.asr.sherpa_offline_kinds import inspect_offline
from xtalk_edge.engines.asr.sherpa_streaming import SherpaStreamingASR
from xtalk_edge.engines.graphics import CPU
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.sherpa_library import refuse_useless
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_path

_CURE = "fetch the model again, or name one of the kinds that docs/engines.md lists"


class SherpaASR(ASR):
    """One of `SherpaStreamingASR` and `SherpaOfflineASR`.

    Args:
        model: a fetched model's name, its folder, or its file (of several, the encoder).
        language: what is spoken, as "de", for models of many languages; "" lets them find out.
        translate_to: language that is written instead, for models that translate.
        hot_words: phrases to expect, as names; streaming transducers only.
        rules: files of finite-state rules that are applied to each text.
        formatted: let the network write marks, capitals and figures, where it can.
        threads: processor cores to use.
        provider: "cuda" computes on a graphics processor, where there is one.

    Raises:
        ConfigError: a setting is out of range, or this model has no use for it.
        ModelError: a file is missing or damaged, of no known kind, or they do not fit.
        EngineError: sherpa-onnx is not installed.
    """

    computes_by = "sherpa-onnx"

    def __init__(
        self,
        model: str,
        language: str = "",
        translate_to: str = "",
        hot_words: Sequence[str] = (),
        rules: Sequence[str] = (),
        formatted: bool = False,
        threads: int = 1,
        provider: str = CPU,
    ) -> None:
        self._asr: ASR
        if streams(model):
            told = {"language": language, "translate_to": translate_to, "formatted": formatted}
            refuse_useless("asr", "streaming model", told)
            self._asr = SherpaStreamingASR(model, "", hot_words, rules, threads, provider)
        else:
            refuse_useless("asr", "model for whole utterances", {"hot_words": hot_words})
            self._asr = SherpaOfflineASR(
                model, language, translate_to, rules, formatted, threads, provider
            )

    def recognize(self, audio: bytes) -> str:
        """Return the text of one whole utterance; "" when nothing was understood."""
        return self._asr.recognize(audio)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece of any size; return the whole text since `reset`."""
        return self._asr.recognize_stream(audio, is_final=is_final, chat_history=chat_history)

    def stream_chunk_bytes_hint(self) -> int | None:
        """Return what the network takes at a time."""
        return self._asr.stream_chunk_bytes_hint()

    def confidence(self) -> float:
        """Return how likely the tokens were; 1.0 from models that do not say."""
        return self._asr.confidence()

    def reset(self) -> None:
        """Forget the utterance."""
        self._asr.reset()

    def clone(self) -> ASR:
        """Return an independent recogniser that shares the model."""
        return self._asr.clone()


def streams(model: str) -> bool:
    """Tell whether a model writes while it hears; raises ModelError if it is none at all."""
    path = named_path(model)
    if not path.exists():
        raise ModelError(f"{path} is missing; name the folder of a speech model, or its file")
    try:
        inspect_model(path)
    except ModelError as streaming:
        try:
            inspect_offline(path)
        except ModelError as whole:
            # Both may lack the same.
            reasons = dict.fromkeys(str(each).partition(";")[0] for each in (streaming, whole))
            raise ModelError(f"{', and '.join(reasons)}; {_CURE}") from whole
        return False
    return True
