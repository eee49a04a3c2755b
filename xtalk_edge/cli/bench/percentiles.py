"""The middle and the tail of a set of figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The middle and the tail of a set of figures."""

    p50: float
    p95: float
    worst: float
    count: int


def percentiles(values: NDArray[Any] | list[float]) -> Percentiles:
    """Return the percentiles of at least one figure."""
    p50, p95, worst = np.percentile(np.asarray(values, float), (50, 95, 100))
    return Percentiles(round(float(p50), 2), round(float(p95), 2), round(float(worst), 2),
                       len(values))  # fmt: skip


def spread_text(spread: Percentiles | None) -> str:
    """Return the figures of one cell of a table; a dash where there are none."""
    if spread is None:
        return "     -"
    return f"{spread.p50:6.0f}  {spread.p95:6.0f}  {spread.worst:6.0f}"
