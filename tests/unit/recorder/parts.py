"""Pieces of recordings for tests."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.recorder.bundle import Bundle
from xtalk_edge.recorder.lump import Card, Lump
from xtalk_edge.recorder.recording import Recording

WALL = datetime.datetime(2026, 5, 1, 12, 0, tzinfo=datetime.UTC)


def ramp(start: int, stop: int) -> Samples:
    """Samples whose value tells their absolute index, modulo 2**16."""
    return np.arange(start, stop).astype(np.uint16).view(np.int16)


def lump_of(start: int, stop: int, *lines: str, began_s: float = 100.0) -> Lump:
    at_s = began_s + start / RATE_HZ
    return Lump(
        at_sample=start,
        at_s=at_s,
        wall=(WALL + datetime.timedelta(seconds=at_s)).isoformat(),
        virtual=False,
        card=Card("room", 48_000, 480, 0.03),
        raw=ramp(start, stop),
        clean=ramp(start + 1, stop + 1),
        far=ramp(start + 2, stop + 2),
        lines=lines,
    )


def event(kind: str, at_s: float, /, **fields: Any) -> dict[str, Any]:
    return {"event": kind, "at_s": at_s, "turn_id": 0, **fields}


def line(kind: str, at_s: float, /, **fields: Any) -> str:
    return json.dumps(event(kind, at_s, **fields))


def recording_of(samples: int, *records: dict[str, Any]) -> Recording:
    return Recording(
        at_sample=0,
        at_s=0.0,
        wall=WALL,
        virtual=True,
        card=Card("room"),
        raw=ramp(0, samples),
        clean=ramp(1, samples + 1),
        far=ramp(2, samples + 2),
        records=records,
    )


def bundle_of(samples: int, *records: dict[str, Any], settings: str = "") -> Bundle:
    return Bundle(
        recording_of(samples, *records),
        settings,
        made=WALL.isoformat(),
        machine={"python": "3.11"},
        models=[{"slot": "asr", "name": "x", "sha256": "0" * 64}],
    )
