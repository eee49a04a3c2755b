"""Tells from the words alone whether somebody has finished: a linear model of sentence endings.

"What time is it" may be all, "turn everything" is not. The model weighs the last words together,
the words before them, and the length; it is trained on spoken orders and small talk, and on what
these begin with.
"""

from __future__ import annotations

import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np

from xtalk_edge.config.files import data_path
from xtalk_edge.engines.interfaces import TurnDetector
from xtalk_edge.errors import ModelError
from xtalk_edge.turn.phrases import spoken_words

MODEL = "models/starter/endings/endings.npz"

BUCKETS = 1 << 16
"""Features share so many weights by their checksum: 64 kB, and few of them meet."""

LONGEST_ENDING = 5
"""Words that are weighed together; five are "to my shopping list" and the word before."""

MOST_WORDS = 8
"""From there on, longer sentences are no more likely to be over."""

AFTERTHOUGHTS = frozenset(
    {"please", "thanks", "thank", "you", "uh", "um", "er", "hmm", "now", "okay", "ok"}
)
"""A sentence was over before these, and may be after them."""


def without_afterthoughts(words: list[str]) -> list[str]:
    """Return the words up to the last that says something; at least one."""
    length = len(words)
    while length > 1 and words[length - 1] in AFTERTHOUGHTS:
        length -= 1
    return words[:length]


def features(words: list[str]) -> list[int]:
    """Return which weights count for a beginning of at least one word."""
    marked = ["<s>", *words]
    named = [
        *("end " + " ".join(marked[-n:]) for n in range(1, min(LONGEST_ENDING, len(marked)) + 1)),
        *(f"word {word}" for word in words[:-1]),
        *(f"pair {a} {b}" for a, b in pairwise(marked[:-1])),
        f"length {min(len(words), MOST_WORDS)}",
        f"frame {words[0]} {words[-1]}",
    ]
    return [zlib.crc32(name.encode()) % BUCKETS for name in named]


class EndingsTurnDetector(TurnDetector):
    """Weighs the words of a turn, in some microseconds; knows English orders best.

    Args:
        model: path of the weights; "" for the built-in ones.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    def __init__(self, model: str = "") -> None:
        path = Path(model).expanduser() if model else data_path(MODEL)
        try:
            with np.load(path, allow_pickle=False) as file:
                weights, scale, bias = file["weights"], file["scale"], file["bias"]
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise ModelError(f"{path}: is no model of sentence endings ({error})") from error
        if weights.shape != (BUCKETS,) or weights.dtype != np.int8 or scale.size != 1 != bias.size:
            raise ModelError(f"{path}: is no model of sentence endings, or of another version")
        self._weights = weights
        self._scale, self._bias = float(scale), float(bias)

    def finished(self, text: str, audio: bytes) -> float | None:
        """Return the chance that nothing is missing; None without words."""
        words = without_afterthoughts(spoken_words(text))
        if not words:
            return None
        weight = int(self._weights[features(words)].astype(np.int32).sum())
        return float(1 / (1 + np.exp(-(weight * self._scale + self._bias))))
