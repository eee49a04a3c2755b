"""Plain counts of what a device did: numbers by name and labels, until somebody asks (pure)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

Labels = tuple[str, ...]

MOST_LABELS = 64
"""Sets of labels of one name. Names come from this program and its settings, and are few; should a
plug-in make up new ones again and again, they count as "other" from here on."""

OTHER = "other"

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of a histogram's classes."""


@dataclass(frozen=True, slots=True)
class Family:
    """One name."""

    kind: Kind
    about: str
    """What it counts, a sentence."""
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class Histogram:
    """How often what was as long as what."""

    classes: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    """By upper end; the last one has none."""
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Take one."""
        self.classes[bisect_left(SECONDS, seconds)] += 1
        self.sum_s += seconds


class Counts:
    """All numbers of one device.

    Args:
        families: what is counted, by name.
    """

    def __init__(self, families: Mapping[str, Family]) -> None:
        self.families = families
        self.numbers: dict[str, dict[Labels, float]] = {name: {} for name in families}
        """Of counters and gauges."""
        self.histograms: dict[str, dict[Labels, Histogram]] = {name: {} for name in families}

    def add(self, name: str, *labels: str, by: float = 1.0) -> None:
        """Count up."""
        found = self.numbers[name]
        known = _bounded(found, labels)
        found[known] = found.get(known, 0.0) + by

    def put(self, name: str, value: float, *labels: str) -> None:
        """Take how something is now."""
        found = self.numbers[name]
        found[_bounded(found, labels)] = value

    def time(self, name: str, seconds: float, *labels: str) -> None:
        """Take how long something took."""
        found = self.histograms[name]
        found.setdefault(_bounded(found, labels), Histogram()).add(seconds)


def _bounded(found: Mapping[Labels, object], labels: Labels) -> Labels:
    if labels in found or len(found) < MOST_LABELS:
        return labels
    return (OTHER,) * len(labels)
