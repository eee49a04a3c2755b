"""Spots "stop" over the device's own voice: a small network of ours on a speech embedding."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.interfaces import WakeWord
from xtalk_edge.engines.pcm import check_whole_samples
from xtalk_edge.engines.stop_word.embeddings import EMBEDDING_SIZE, FRAME_SAMPLES, Embeddings
from xtalk_edge.errors import ModelError

MODEL = "models/starter/stop/stop.npz"

FRAMES = 6
"""Embeddings that are looked at together: 1.2 s of sound, in which the word has just ended."""


class EmbeddingStopWord(WakeWord):
    """Spots "stop" within 160 ms of its end.

    Args:
        threshold: probability from which it counts, 0 to 1; 0 means the model's own.
        model: path of the network; "" for the built-in one.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    phrase = "stop"

    def __init__(self, threshold: float = 0.0, model: str = "") -> None:
        self._head = Head(Path(model).expanduser() if model else data_path(MODEL))
        self._threshold = threshold or self._head.threshold
        self._embeddings = Embeddings()
        self._held = b""
        self._recent: deque[NDArray[np.float32]] = deque(maxlen=FRAMES)

    def detect(self, audio: bytes) -> float | None:
        """Take any length of audio; return the probability when "stop" was just spoken.

        It is told again for each frame behind the word that says so.

        Raises:
            EngineError: the audio is not whole 16-bit samples.
        """
        check_whole_samples(audio)
        spotted = 0.0
        self._held += audio
        size = 2 * FRAME_SAMPLES
        while len(self._held) >= size:
            frame, self._held = self._held[:size], self._held[size:]
            spotted = max(spotted, self._judge(frame))
        return spotted if spotted >= self._threshold else None

    def _judge(self, frame: bytes) -> float:
        """Return how likely it is that the word has just ended."""
        embedding = self._embeddings.of(pcm_to_samples(frame))
        if embedding is None:
            return 0.0
        self._recent.append(embedding)
        if len(self._recent) < FRAMES:
            return 0.0
        return self._head.probability(np.concatenate(self._recent))

    def reset(self) -> None:
        """Forget earlier audio."""
        self._held = b""
        self._recent.clear()
        self._embeddings.reset()


class Head:
    """The network: two layers, small enough for numpy.

    Args:
        path: its file, as models/starter/stop writes it.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    def __init__(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as file:
                self._mean, self._scale = file["mean"], file["scale"]
                self._layers = [(file[f"weight{n}"].astype(np.float32), file[f"bias{n}"])
                                for n in range(3)]  # fmt: skip
                self.threshold = float(file["threshold"])
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise ModelError(f"{path}: is no model of a stop word ({error})") from error
        size = FRAMES * EMBEDDING_SIZE
        shapes = [weight.shape for weight, _ in self._layers]
        fits = self._mean.shape == self._scale.shape == (size,) and (
            shapes[0][0] == size
            and shapes[0][1] == shapes[1][0]
            and shapes[1][1] == shapes[2][0]
            and shapes[2][1] == 1
        )
        if not fits:
            raise ModelError(f"{path}: is a model of another kind or version")

    def probability(self, embeddings: NDArray[np.float32]) -> float:
        """Return the chance that "stop" has just ended; (FRAMES * EMBEDDING_SIZE,)."""
        values = (embeddings - self._mean) * self._scale
        for number, (weight, bias) in enumerate(self._layers):
            values = values @ weight + bias
            if number < len(self._layers) - 1:
                values = np.maximum(values, 0.0)
        # What is nothing like the word has odds that no 32-bit number holds.
        return float(np.exp(-np.logaddexp(0.0, -values[0])))
