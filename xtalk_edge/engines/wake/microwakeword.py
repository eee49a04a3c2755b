"""Wake word spotting by microWakeWord: a few tens of kilobytes of network, TensorFlow Lite."""

from __future__ import annotations

import json
import statistics
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.engines.pcm import check_whole_samples
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.preflight_checks import tflite
from xtalk_edge.errors import ConfigError, ModelError

RATE_HZ = 16_000
_FEATURE_SAMPLES = 160

RISING = 0.3
"""The mean that counts comes 70 to 410 ms behind the phrase. The network itself first says so much
at the phrase's last sound: 140 ms before its end to 30 ms behind it, in 87 breaths of 8 voices."""

ENDS_BEFORE_RISE_SAMPLES = round(0.03 * RATE_HZ)
ENDS_BEHIND_RISE_SAMPLES = round(0.15 * RATE_HZ)
_BUILT_IN = {model.value.replace("_", " "): model for model in Model}


class MicroWakeWordSpotter(WakeWord):
    """Spots one phrase; some 18 us for 10 ms of sound.

    Args:
        phrase: "okay nabu", "hey jarvis", "hey mycroft" or "alexa"; or the path of a
            microWakeWord model's .json file.
        threshold: probability above which the phrase counts as spoken, 0 to 1; 0 means the
            model's own.
        refractory_s: seconds the probability must stay low before the phrase can count again.

    Raises:
        ConfigError: a setting is out of range or the phrase is not built in.
        ModelError: a model file of your own is missing or damaged.
    """

    def __init__(
        self, phrase: str = "okay nabu", threshold: float = 0.0, refractory_s: float = 1.0
    ) -> None:
        if not 0.0 <= threshold < 1.0:
            raise ConfigError(f"wake.threshold: must be from 0 to below 1, got {threshold}")
        if not 0.0 <= refractory_s <= 60.0:
            raise ConfigError(f"wake.refractory_s: must be from 0 to 60, got {refractory_s}")
        described = _load(phrase)
        self._model = _unsmoothed(described)
        self.phrase = described.wake_word.lower()
        self._threshold = threshold or described.probability_cutoff
        self._refractory_samples = round(refractory_s * RATE_HZ)
        self._features = MicroWakeWordFeatures()
        self._latest: deque[float] = deque(maxlen=described.sliding_window_size)
        """What the network said last; their mean is what counts."""
        self._taken_samples = self._ended_samples = 0
        self._rose_samples = 0
        """Where the network began to say that this may be the phrase."""
        self._quiet_samples = self._refractory_samples

    def detect(self, audio: bytes) -> float | None:
        """Take any length of audio; return the probability once per spoken phrase.

        Raises:
            EngineError: the audio is not whole 16-bit samples.
        """
        check_whole_samples(audio)
        spotted: float | None = None
        # The library drops what it has used only when its iterator is read to the end.
        for features in self._features.process_streaming(audio):
            self._taken_samples += _FEATURE_SAMPLES
            probability = self._probability(features)
            if probability <= self._threshold:
                self._quiet_samples += _FEATURE_SAMPLES
                continue
            if self._quiet_samples >= self._refractory_samples:
                spotted = max(spotted or 0.0, probability)
                self._ended_samples = self._rose_samples
            self._quiet_samples = 0
        return spotted

    def _probability(self, features: NDArray[np.float32]) -> float:
        """Return the mean of what the network said lately; 0 until there is something new."""
        said = float(self._model.process_streaming_prob(features) or 0.0)
        if self._taken_samples % (self._model.stride * _FEATURE_SAMPLES):
            return 0.0
        if said <= RISING:
            self._rose_samples = self._taken_samples + self._model.stride * _FEATURE_SAMPLES
        self._latest.append(said)
        whole = len(self._latest) == self._latest.maxlen
        return statistics.fmean(self._latest) if whole else 0.0

    def ended_ago(self) -> tuple[int, int]:
        """Return between how many samples ago the phrase ended, from when the network noticed."""
        ago = self._taken_samples - self._ended_samples
        return ago + ENDS_BEFORE_RISE_SAMPLES, max(0, ago - ENDS_BEHIND_RISE_SAMPLES)

    def reset(self) -> None:
        """Forget earlier audio; the phrase counts again at once."""
        self._model.reset()
        self._features.reset()
        self._latest.clear()
        self._taken_samples = self._rose_samples = self._ended_samples = 0
        self._quiet_samples = self._refractory_samples


def _load(phrase: str) -> MicroWakeWord:
    if phrase.endswith(".json"):
        path = Path(phrase).expanduser()
        _check_own(path)
        return MicroWakeWord.from_config(path)
    name = " ".join(phrase.lower().replace("_", " ").split())
    if name not in _BUILT_IN:
        raise ConfigError(
            f"wake.phrase: {phrase!r} is not built in; choose one of "
            f"{', '.join(sorted(_BUILT_IN))}, or give the path of a microWakeWord .json file"
        )
    return MicroWakeWord.from_builtin(_BUILT_IN[name])


def _unsmoothed(described: MicroWakeWord) -> MicroWakeWord:
    """Return the same network, telling what it says each time: the mean hides when it began."""
    return MicroWakeWord(
        id=described.id,
        wake_word=described.wake_word,
        tflite_model=described.tflite_model,
        probability_cutoff=described.probability_cutoff,
        sliding_window_size=1,
        trained_languages=described.trained_languages,
        libtensorflowlite_c_path=described.libtensorflowlite_c_path,
    )


def _check_own(path: Path) -> None:
    """Refuse files that the library would crash on."""
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        model = path.parent / config["model"]
        float(config["micro"]["probability_cutoff"])
        int(config["micro"]["sliding_window_size"])
        str(config["wake_word"])
    except OSError as exc:
        raise ModelError(
            f"{path} cannot be read: {exc.strerror}; check wake.phrase in the settings"
        ) from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise ModelError(
            f"{path} is not a microWakeWord description ({exc.__class__.__name__}: {exc}); "
            "use the .json file that came with the model"
        ) from exc
    preflight(model, "tflite", f"{__name__}:check_model")


def check_model(path: str) -> None:
    """Raise unless the .tflite file runs on this engine's features: for `preflight`."""
    tflite(path)
    model = MicroWakeWord(
        id="check",
        wake_word="check",
        tflite_model=path,
        probability_cutoff=0.5,
        sliding_window_size=1,
        trained_languages=[],
        libtensorflowlite_c_path=MicroWakeWord.from_builtin(Model.ALEXA).libtensorflowlite_c_path,
    )
    for features in MicroWakeWordFeatures().process_streaming(bytes(2 * RATE_HZ)):
        model.process_streaming_prob(features)
