"""Spots any phrase that is typed in, by sherpa-onnx's keyword spotter.

A small streaming transducer hears speech, and a search follows nothing but the phrase's tokens.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.engines.asr.sherpa_kinds import StreamingModel, inspect_model
from xtalk_edge.engines.asr.sherpa_tokens import any_tokens, check_tokens
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.engines.model_files import TRANSDUCER
from xtalk_edge.engines.pcm import check_whole_samples
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import checked_threads, loading, sherpa_version
from xtalk_edge.engines.subwords import read_subwords
from xtalk_edge.errors import ConfigError, ModelError
from xtalk_edge.models.shelf import named_path

USUAL_THRESHOLD = 0.25
"""sherpa-onnx's own."""

HIGHEST_SCORE = 10.0
_SAMPLES_A_MS = RATE_HZ // 1000
_BLANK_MS = 40
"""The phrase counts once a blank token has followed it."""


class SherpaWakeWord(WakeWord):
    """Spots one phrase of your own.

    Args:
        model: a fetched keyword model's name, its folder, or its encoder.
        phrase: what is said, in the model's language.
        spelling: the same in the model's tokens, parted by blanks; "" where the model writes in
            pieces of words or in characters, which are found by themselves.
        threshold: mean probability of the tokens above which they count as said, 0 to 1; 0 means
            the library's own.
        score: how much the phrase is preferred to anything else, 0 to 10.
        refractory_s: seconds until the phrase can count again.
        threads: processor cores to use.

    Raises:
        ConfigError: a setting is out of range, or the model cannot write the phrase.
        ModelError: a file is missing or damaged, of another kind, or they do not fit.
        EngineError: sherpa-onnx is not installed.
    """

    _quiet_samples: int
    """Since the phrase was last said."""

    def __init__(
        self,
        model: str,
        phrase: str,
        spelling: str = "",
        threshold: float = 0.0,
        score: float = 1.0,
        refractory_s: float = 1.0,
        threads: int = 1,
    ) -> None:
        checked_threads("wake", threads)
        if not 0.0 <= threshold < 1.0:
            raise ConfigError(f"wake.threshold: must be from 0 to below 1, got {threshold}")
        if not 0.0 <= score <= HIGHEST_SCORE:
            raise ConfigError(f"wake.score: must be from 0 to {HIGHEST_SCORE:g}, got {score}")
        if not 0.0 <= refractory_s <= 60.0:
            raise ConfigError(f"wake.refractory_s: must be from 0 to 60, got {refractory_s}")
        self.phrase = " ".join(phrase.lower().split())
        self._model = inspect_keyword_model(named_path(model))
        tokens = self._model.path.parent / "tokens.txt"
        check_tokens(tokens, self._model)
        spelled = _spelled(phrase, spelling, tokens)
        path, *others = self._model.files.values()
        kind = f"{sherpa_version('wake', 'sherpa')} keywords"
        preflight(path, kind, f"{__name__}:check_model", others=others)
        keyword = f"{' '.join(spelled)} :{score:.3f} #{threshold or USUAL_THRESHOLD:.3f} @phrase\n"
        with loading(path, tokens):
            self._spotter = _load(self._model, tokens, keyword, threads)
        self._refractory_samples = round(refractory_s * RATE_HZ)
        self.reset()

    def detect(self, audio: bytes) -> float | None:
        """Take any length of audio; return 1.0 once per spoken phrase: how sure it is, it hides.

        Raises:
            EngineError: the audio is not whole 16-bit samples.
        """
        check_whole_samples(audio)
        self._stream.accept_waveform(RATE_HZ, pcm_to_floats(audio))
        self._quiet_samples += len(audio) // 2
        spotted = None
        # Decoding a stream that is not ready ends the process.
        while self._spotter.is_ready(self._stream):
            self._spotter.decode_stream(self._stream)
            if not self._spotter.get_result(self._stream):
                continue
            self._spotter.reset_stream(self._stream)
            if self._quiet_samples >= self._refractory_samples:
                spotted = 1.0
            self._quiet_samples = 0
        return spotted

    def ended_ago(self) -> tuple[int, int]:
        """Return between how many samples ago the phrase ended: a run of the network sees it."""
        rhythm = self._model.rhythm
        return (rhythm.window_ms + rhythm.shift_ms) * _SAMPLES_A_MS, _BLANK_MS * _SAMPLES_A_MS

    def reset(self) -> None:
        """Forget earlier audio; the phrase counts again at once."""
        self._stream: Any = self._spotter.create_stream()
        self._quiet_samples = self._refractory_samples


def inspect_keyword_model(path: Path) -> StreamingModel:
    """Return what kind of model it is; raises ModelError where it spots no keywords."""
    model = inspect_model(path)
    if model.kind.parts != TRANSDUCER:
        raise ModelError(
            f"{path} is a {model.kind.name} model and spots no phrases; name a keyword model, or a "
            "small streaming Zipformer transducer"
        )
    return model


def _spelled(phrase: str, spelling: str, tokens: Path) -> list[str]:
    subwords = read_subwords(tokens)
    if spelling:
        unknown = [each for each in spelling.split() if each not in subwords]
        if unknown:
            raise ConfigError(
                f"wake.spelling: {tokens} has no {', '.join(unknown)}; use tokens that it lists"
            )
        return spelling.split()
    spelled = subwords.spelled(phrase)
    if not spelled:
        raise ConfigError(
            f"wake.phrase: {phrase!r} cannot be written with {tokens}; write numbers as words, or "
            "spell the phrase in those tokens, parted by blanks, as wake.spelling"
        )
    return spelled


def _load(model: StreamingModel, tokens: Path, keyword: str, threads: int) -> Any:
    """Return a sherpa_onnx.KeywordSpotter."""
    import sherpa_onnx

    with tempfile.TemporaryDirectory() as folder:
        keywords = Path(folder) / "keywords.txt"
        keywords.write_text(keyword, encoding="utf-8")
        return sherpa_onnx.KeywordSpotter(
            tokens=str(tokens),
            keywords_file=str(keywords),
            num_threads=threads,
            **{part: str(path) for part, path in model.files.items()},
        )


def check_model(path: str) -> None:
    """Load the model and let it hear three seconds of noise: for `preflight`."""
    model = inspect_keyword_model(Path(path))
    with any_tokens(model) as tokens:
        spotter = _load(model, tokens, "t1 @any\n", threads=1)
    stream = spotter.create_stream()
    noise = np.random.default_rng(0).normal(0.0, 0.1, 3 * RATE_HZ).astype(np.float32)
    stream.accept_waveform(RATE_HZ, noise)
    while spotter.is_ready(stream):
        spotter.decode_stream(stream)
