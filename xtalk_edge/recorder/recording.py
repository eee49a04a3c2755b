"""The last seconds as one piece, put together from lumps. Pure."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.recorder.lump import Card, Lump

Record = dict[str, Any]
"""An event as the event log writes it: "event", "at_s", "turn_id", and its own fields."""

ROUNDING_S = 1e-6
"""Times of events are written to the microsecond."""

EARLY_S = 1.0
"""Events so much before the first sample belong to it: a card is opened before it gives sound."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound on one index, and the events of that time."""

    at_sample: int
    """Index of the first sample; 0 is the start of the program."""
    at_s: float
    """Monotonic time at which it was at the microphone."""
    wall: datetime.datetime
    """The same by the owner's clock, with its zone."""
    virtual: bool
    """Whether both clocks were virtual."""
    card: Card
    raw: Samples
    clean: Samples
    far: Samples
    """What was captured, cleaned and played: equally long."""
    records: tuple[Record, ...]
    lost_samples: int = 0
    """Samples that are zeros because their lump is missing or torn."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.raw) / RATE_HZ

    def last(self, seconds: float) -> Recording:
        """Return the last seconds of it, exactly; all where it is shorter."""
        dropped = max(0, len(self.raw) - round(seconds * RATE_HZ))
        if not dropped:
            return self
        at_s = self.at_s + dropped / RATE_HZ
        return replace(
            self,
            at_sample=self.at_sample + dropped,
            at_s=at_s,
            wall=self.wall + datetime.timedelta(seconds=dropped / RATE_HZ),
            raw=self.raw[dropped:],
            clean=self.clean[dropped:],
            far=self.far[dropped:],
            records=tuple(each for each in self.records if each["at_s"] >= at_s - ROUNDING_S),
        )


def joined(lumps: Sequence[Lump]) -> Recording | None:
    """Return lumps in order as one recording, with zeros where one is missing; None of none."""
    sounding = [each for each in lumps if len(each.raw)]
    if not sounding:
        return None
    first, end = sounding[0], sounding[-1].end
    raw, clean, far = (np.zeros(end - first.at_sample, np.int16) for _ in range(3))
    held = 0
    for lump in sounding:
        where = slice(lump.at_sample - first.at_sample, lump.end - first.at_sample)
        raw[where], clean[where], far[where] = lump.raw, lump.clean, lump.far
        held += len(lump.raw)
    early_s = first.at_s - (EARLY_S if first.at_sample == 0 else ROUNDING_S)
    records = [json.loads(line) for lump in lumps for line in lump.lines]
    return Recording(
        at_sample=first.at_sample,
        at_s=first.at_s,
        wall=datetime.datetime.fromisoformat(first.wall),
        virtual=first.virtual,
        card=sounding[-1].card,
        raw=raw,
        clean=clean,
        far=far,
        records=tuple(each for each in records if each["at_s"] >= early_s),
        lost_samples=len(raw) - held,
    )
