"""Streaming recognition by sherpa-onnx: text grows while somebody speaks.

Its own endpointing is left off: when a turn ends is decided elsewhere, by better evidence. The
built-in model spells what espeak-ng says; it makes the whole path run without any download, and
is no model for people: they need one of those that `tokens` and `model` can name.
"""

from __future__ import annotations

import copy
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.asr.hot_words import expect
from xtalk_edge.engines.asr.sherpa_kinds import inspect_model
from xtalk_edge.engines.asr.sherpa_tokens import any_tokens, check_tokens
from xtalk_edge.engines.asr.text_rules import rule_arguments
from xtalk_edge.engines.graphics import CPU, checked_provider
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import (
    checked_threads,
    loading,
    sherpa_version,
    text_of,
)
from xtalk_edge.models.shelf import named_path

STARTER = "models/starter/ctc"

# Causal models spell a word up to half a second after its end.
_AFTERTHOUGHT_MS = 500
_BYTES_A_MS = RATE_HZ * 2 // 1000
# sherpa-onnx copies what it is given, so a whole file at once would be in memory three times.
_MOST_BYTES = 10_000 * _BYTES_A_MS


class SherpaStreamingASR(ASR):
    """A streaming transducer or CTC model; clones share it, each with a stream of its own.

    Args:
        model: a fetched model's name, its folder, or its file (of a transducer, the encoder); ""
            means the one for espeak-ng's speech.
        tokens: path of its tokens; "" means tokens.txt beside the model.
        hot_words: phrases to expect, as names; transducers only, at some more work.
        rules: files of finite-state rules that are applied to each text, as sherpa-onnx's
            itn_zh_number.fst, which writes Chinese numbers as figures.
        threads: processor cores to use.
        provider: "cuda" computes on a graphics processor, where there is one.

    Raises:
        ConfigError: `threads` is out of range, or the model does not write a hot word.
        ModelError: a file is missing or damaged, of another kind, or they do not fit.
        EngineError: sherpa-onnx is not installed.
    """

    computes_by = "sherpa-onnx"

    def __init__(
        self,
        model: str = "",
        tokens: str = "",
        hot_words: Sequence[str] = (),
        rules: Sequence[str] = (),
        threads: int = 1,
        provider: str = CPU,
    ) -> None:
        checked_threads("asr", threads)
        path = named_path(model) if model else data_path(f"{STARTER}/letters.onnx")
        self._model = inspect_model(path)
        folder = self._model.path.parent
        tokens_path = Path(tokens).expanduser() if tokens else folder / "tokens.txt"
        check_tokens(tokens_path, self._model)
        self._expected = expect(hot_words, self._model, tokens_path)
        version = sherpa_version("asr", "sherpa-streaming")
        others = [file for file in self._model.files.values() if file != self._model.path]
        preflight(self._model.path, version, f"{__name__}:check_model", others=others)
        arguments: dict[str, Any] = rule_arguments(rules, version)
        arguments["provider"] = checked_provider("asr", provider, self.computes_by)
        with loading(path, tokens_path), tempfile.TemporaryDirectory() as making:
            if self._expected:
                arguments |= self._expected.search(Path(making))
            self._recognizer = self._model.load(tokens_path, threads, arguments)
        self.reset()

    def recognize(self, audio: bytes) -> str:
        """Return the text of one whole utterance; "" when nothing was understood."""
        self.reset()
        return self.recognize_stream(audio, is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece of any size; return the whole text since `reset`."""
        if self._finished and audio:
            self.reset()
        if not self._finished:
            self._feed(audio)
            if is_final:
                self._finish()
        return self._text

    def confidence(self) -> float:
        """Return how likely the tokens were; 1.0 from CTC models, which do not say."""
        log_probabilities = self._recognizer.ys_probs(self._stream)
        if not log_probabilities:
            return 1.0
        return math.exp(min(0.0, sum(log_probabilities) / len(log_probabilities)))

    def stream_chunk_bytes_hint(self) -> int:
        """Return what the network takes at a time."""
        return self._model.rhythm.shift_ms * _BYTES_A_MS

    def reset(self) -> None:
        """Forget the utterance."""
        # The recogniser's own reset forgets the text and keeps the network's state.
        expected = {"hotwords": self._expected.phrases} if self._expected else {}
        self._stream: Any = self._recognizer.create_stream(**expected)
        self._finished = False
        self._odd = b""
        self._heard_bytes = 0
        self._text = ""

    def clone(self) -> SherpaStreamingASR:
        """Return an independent recogniser that shares the model; both may be in use at once."""
        other = copy.copy(self)
        other.reset()
        return other

    def _feed(self, audio: bytes) -> None:
        audio = self._odd + audio
        whole = len(audio) // 2 * 2
        self._odd = audio[whole:]
        for start in range(0, whole, _MOST_BYTES):
            self._hear(audio[start : min(whole, start + _MOST_BYTES)])

    def _hear(self, audio: bytes) -> None:
        self._heard_bytes += len(audio)
        hear(self._recognizer, self._stream, audio)
        recognizer, stream = self._recognizer, self._stream
        self._text = text_of(
            lambda: recognizer.get_result_as_json_string(stream),
            lambda: recognizer.get_result(stream),
        )

    def _finish(self) -> None:
        """Let the network hear silence until it has spelled the last word."""
        if self._heard_bytes:
            tail_ms = self._model.rhythm.window_ms + _AFTERTHOUGHT_MS
            self._hear(bytes(tail_ms * _BYTES_A_MS))
        self._finished = True


def hear(recognizer: Any, stream: Any, audio: bytes) -> None:
    """Hand over PCM and run the network as often as it is ready."""
    stream.accept_waveform(RATE_HZ, pcm_to_floats(audio))
    # Decoding a stream that is not ready ends the process.
    while recognizer.is_ready(stream):
        recognizer.decode_stream(stream)


def check_model(path: str) -> None:
    """Load the model and let it hear three seconds of noise: for `preflight`."""
    model = inspect_model(Path(path))
    noise = np.random.default_rng(0).normal(0.0, 3000.0, 3 * RATE_HZ).astype("<i2")
    with any_tokens(model) as tokens:
        recognizer = model.load(tokens, threads=1)
    hear(recognizer, recognizer.create_stream(), noise.tobytes())
