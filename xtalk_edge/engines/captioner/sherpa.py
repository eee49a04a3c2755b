"""Captions by sherpa-onnx: Zipformer and CED models that know the sounds of AudioSet."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, pcm_to_floats
from xtalk_edge.engines.captioner.wording import sentence
from xtalk_edge.engines.interfaces import Captioner
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import checked_threads, loading, sherpa_version
from xtalk_edge.errors import ConfigError, ModelError
from xtalk_edge.models.shelf import named_file

LABELS = "class_labels_indices.csv"
"""What the labels of AudioSet are called beside every such model."""

ZIPFORMER, CED = "zipformer2_at", "CED"
"""What the two kinds say they are."""

SHORTEST_SAMPLES = RATE_HZ // 2
"""Half a second; of a frame or two the networks cannot make anything."""

LONGEST_SAMPLES = 10 * RATE_HZ
"""They were taught clips of ten seconds."""

_CURE = "name an audio tagging model, Zipformer or CED, as sherpa-onnx publishes it"
_CURE_OF_LABELS = f"give the {LABELS} that was published with the model"


class SherpaCaptioner(Captioner):
    """Names the sounds that a network is sure enough of.

    Args:
        model: a fetched model's name, or its file.
        labels: the file of its labels; "" for class_labels_indices.csv beside it.
        threshold: probability from which on a sound is named.
        most: how many are named at most, the surest.
        threads: processor cores to use.

    Raises:
        ConfigError: a setting is out of range.
        ModelError: a file is missing, damaged, or of another kind.
        EngineError: sherpa-onnx is not installed.
    """

    def __init__(
        self,
        model: str,
        labels: str = "",
        threshold: float = 0.3,
        most: int = 3,
        threads: int = 1,
    ) -> None:
        checked_threads("captioner", threads)
        if not 0.0 < threshold < 1.0:
            raise ConfigError(f"captioner.threshold: must be between 0 and 1, got {threshold}")
        if most < 1:
            raise ConfigError(f"captioner.most: must be at least 1, got {most}")
        path = named_file(model, ".onnx")
        classes = _classes(path)
        names = Path(labels).expanduser() if labels else path.parent / LABELS
        self._labels = read_labels(names)
        if len(self._labels) != classes:
            raise ModelError(
                f"{path} tells {classes} sounds apart and {names} names {len(self._labels)}; "
                f"{_CURE_OF_LABELS}"
            )
        preflight(path, sherpa_version("captioner", "sherpa"), f"{__name__}:check_model")
        with loading(path):
            self._tagger = _load(path, threads)
        self._threshold = threshold
        self._most = most

    def caption(self, audio: bytes) -> str:
        """Return the last ten seconds' sounds in a sentence; "" of less than half a second."""
        samples = pcm_to_floats(audio)[-LONGEST_SAMPLES:]
        if len(samples) < SHORTEST_SAMPLES or not samples.any():
            return ""
        chances = _chances(self._tagger, samples, len(self._labels))
        surest = np.argsort(-chances, kind="stable")
        heard = [self._labels[each] for each in surest if chances[each] >= self._threshold]
        return sentence(heard, self._most)


def read_labels(path: Path) -> list[str]:
    """Return the names of a model's classes, in their order.

    Raises:
        ModelError: the file is missing, or no such list.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        names = [_label(number, row) for number, row in enumerate(rows)]
    except (OSError, ValueError, csv.Error) as exc:
        reason = "it is missing" if isinstance(exc, FileNotFoundError) else exc
        raise ModelError(f"{path} cannot be used: {reason}; {_CURE_OF_LABELS}") from exc
    if not names:
        raise ModelError(f"{path} names no sounds; {_CURE_OF_LABELS}")
    return names


def _label(number: int, row: Sequence[str]) -> str:
    if len(row) != 3 or row[0] != str(number):
        raise ValueError(f'line {number + 2} should be: {number},identifier,"name"')
    return row[2]


def _classes(path: Path) -> int:
    """Return how many sounds a model tells apart; raises ModelError where it is no such model."""
    facts = model_facts(path, _CURE)
    kind, shape = facts.metadata.get("model_type", ""), facts.output_shape
    if kind not in (ZIPFORMER, CED) or len(shape) != 2 or shape[1] < 1:
        raise ModelError(f"{path} is no audio tagging model that is known here; {_CURE}")
    return shape[1]


def _load(path: Path, threads: int) -> Any:
    """Return a sherpa_onnx.AudioTagging, whose labels are numbers.

    The library ends the process over a list of labels that it cannot read, or that is too short.
    """
    import sherpa_onnx

    is_ced = model_facts(path, _CURE).metadata["model_type"] == CED
    model = sherpa_onnx.AudioTaggingModelConfig(
        zipformer=sherpa_onnx.OfflineZipformerAudioTaggingModelConfig("" if is_ced else str(path)),
        ced=str(path) if is_ced else "",
        num_threads=threads,
    )
    numbers = [f'{number},-,"{number}"' for number in range(_classes(path))]
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as labels:
        labels.write("\n".join(("index,mid,display_name", *numbers)))
        labels.flush()
        config = sherpa_onnx.AudioTaggingConfig(model=model, labels=labels.name)
        return sherpa_onnx.AudioTagging(config)


def _chances(tagger: Any, samples: NDArray[np.float32], classes: int) -> NDArray[np.float32]:
    """Return the probability of each class."""
    stream = tagger.create_stream()
    stream.accept_waveform(RATE_HZ, samples)
    chances = np.zeros(classes, np.float32)
    for event in tagger.compute(stream, classes):
        chances[event.index] = event.prob
    return chances


def check_model(path: str) -> None:
    """Raise unless the network has a probability for each sound in noise: for `preflight`."""
    tagger = _load(Path(path), threads=1)
    noise = np.random.default_rng(0).normal(0.0, 0.1, RATE_HZ).astype(np.float32)
    chances = _chances(tagger, noise, _classes(Path(path)))
    if not (np.isfinite(chances).all() and (chances >= 0.0).all() and (chances <= 1.0).all()):
        raise ValueError("it gives no probabilities")
