"""Who of some people a voice is most like. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


def likeness(one: Vector, other: Vector) -> float:
    """Return the cosine of the angle between two voices; 0 where one is nothing."""
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0.0 else 0.0


def voice_of(vectors: Sequence[Vector]) -> Vector:
    """Return what several recordings of a voice have in common, each counting the same."""
    lengths = [np.linalg.norm(vector) or 1.0 for vector in vectors]
    mean = np.mean(
        [vector / length for vector, length in zip(vectors, lengths, strict=True)], axis=0
    )
    voice: Vector = (mean / (np.linalg.norm(mean) or 1.0)).astype(np.float32)
    return voice


def nearest(voice: Vector, known: Mapping[str, Vector]) -> tuple[str, float] | None:
    """Return whom the voice is most like, and how much; None where nobody can be compared."""
    alike = {
        name: likeness(voice, other) for name, other in known.items() if other.shape == voice.shape
    }
    if not alike:
        return None
    name = max(alike, key=alike.__getitem__)
    return name, alike[name]
