"""Recognition of whole utterances by sherpa-onnx, made to write while somebody speaks.

More exact than streaming models of the same size, and later: partial texts come once a second at
most, and the final text costs hearing all of the utterance once more.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.engines.asr.offline_wishes import OfflineWishes
from xtalk_edge.engines.asr.pseudo_stream import PseudoStream
from xtalk_edge.engines.asr.sherpa_offline_kinds import OfflineModel, inspect_offline
from xtalk_edge.engines.asr.text_rules import rule_arguments
from xtalk_edge.engines.graphics import CPU, checked_provider
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import (
    checked_threads,
    loading,
    refuse_useless,
    sherpa_version,
    text_of,
)
from xtalk_edge.errors import ConfigError, ModelError
from xtalk_edge.models.shelf import named_path

SHORTEST_BYTES = RATE_HZ // 10 * 2
"""A tenth of a second: less is no word, and some networks refuse it."""


class SherpaOfflineASR(ASR):
    """A model for whole utterances; clones share it.

    Args:
        model: a fetched model's name, its folder, or its file (of several, the first).
        language: what is spoken, as "de", for models of many languages; "" lets them find out.
        translate_to: language that is written instead, for models that translate.
        rules: files of finite-state rules that are applied to each text, as sherpa-onnx's
            itn_zh_number.fst, which writes Chinese numbers as figures.
        formatted: let the network write marks, capitals and figures, where it can.
        threads: processor cores to use.
        provider: "cuda" computes on a graphics processor, where there is one.

    Raises:
        ConfigError: a setting is out of range, or this model has no use for it.
        ModelError: a file is missing or damaged, of another kind, or they do not fit.
        EngineError: sherpa-onnx is not installed.
    """

    _odd: bytes
    """Half a sample."""

    computes_by = "sherpa-onnx"

    def __init__(
        self,
        model: str,
        language: str = "",
        translate_to: str = "",
        rules: Sequence[str] = (),
        formatted: bool = False,
        threads: int = 1,
        provider: str = CPU,
    ) -> None:
        checked_threads("asr", threads)
        self._model = inspect_offline(named_path(model))
        wishes = OfflineWishes(language, translate_to, formatted)
        arguments = wishes.arguments(self._model.kind)
        if not self._model.kind.takes_rules:
            refuse_useless("asr", f"{self._model.kind.name} model", {"rules": rules})
        version = sherpa_version("asr", "sherpa-offline")
        _preflight(self._model, f"{version} {self._model.kind.name}", wishes)
        arguments |= rule_arguments(rules, version)
        arguments["provider"] = checked_provider("asr", provider, self.computes_by)
        with loading(self._model.path):
            self._recognizer = self._model.load(threads, arguments)
        self.reset()

    def recognize(self, audio: bytes) -> str:
        """Return the text of one whole utterance; "" when nothing was understood."""
        if len(audio) < SHORTEST_BYTES:
            return ""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(RATE_HZ, pcm_to_floats(audio))
        self._recognizer.decode_stream(stream)
        result = stream.result
        return text_of(lambda: str(result), lambda: result.text)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece of any size; return the whole text since `reset`."""
        audio = self._odd + audio
        whole = len(audio) // 2 * 2
        self._odd = audio[whole:]
        return self._stream.hear(audio[:whole], is_final=is_final)

    def reset(self) -> None:
        """Forget the utterance."""
        self._stream = PseudoStream(self.recognize)
        self._odd = b""

    def clone(self) -> SherpaOfflineASR:
        """Return an independent recogniser that shares the model."""
        other = copy.copy(self)
        other.reset()
        return other


def _preflight(model: OfflineModel, kind: str, wishes: OfflineWishes) -> None:
    """Raise ModelError over bad files, and ConfigError over settings the library ends over."""

    def tried(settings: dict[str, Any]) -> None:
        check = f"{__name__}:check_model"
        preflight(model.path, kind, check, others=model.others, settings=settings)

    settings = wishes.said()
    try:
        tried(settings)
    except ModelError as exc:
        if not settings:
            raise
        tried({})
        said = ", ".join(f"asr.{name} = {value!r}" for name, value in settings.items())
        raise ConfigError(f"{said}: {model.path} does not run so; choose another") from exc


def check_model(path: str, **settings: Any) -> None:
    """Load the model with its tokens and let it hear two seconds of noise: for `preflight`."""
    model = inspect_offline(Path(path))
    recognizer = model.load(1, OfflineWishes(**settings).arguments(model.kind))
    stream = recognizer.create_stream()
    noise = np.random.default_rng(0).normal(0.0, 0.1, 2 * RATE_HZ).astype(np.float32)
    stream.accept_waveform(RATE_HZ, noise)
    recognizer.decode_stream(stream)
