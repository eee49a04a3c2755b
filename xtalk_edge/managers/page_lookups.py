"""What a page shows that no event tells: asked again and again while one is open."""

from __future__ import annotations

from typing import Any

from xtalk_edge.audio.format import RATE_HZ, SILENCE_DB, level_db
from xtalk_edge.audio.ring import AudioRing
from xtalk_edge.clock import now_s
from xtalk_edge.config.engine import NONE
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import registry
from xtalk_edge.engines.child_process import ChildProcess
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.service.load import LoadMeter
from xtalk_edge.service.machine_state import temperature_c
from xtalk_edge.tools.device.owners_border import OwnersBorder
from xtalk_edge.tools.timekeeping.bell import Bell

LEVEL_S = 0.1
"""Sound of which the level is shown: what an eye can follow."""

EARS = ("echo", "enhancer", "wake", "vad", "stop_word")
"""Slots whose engines work on the ear's own thread."""


class Lookups:
    """Looks it up.

    Args:
        config: the settings.
        capture: whose sound is measured.
        bell: the timers and alarms.
        border: what may leave, and has.
    """

    def __init__(
        self, config: Config, capture: CaptureManager, bell: Bell, border: OwnersBorder
    ) -> None:
        self._config = config
        self._capture = capture
        self._bell = bell
        self._border = border
        self._meter = LoadMeter()
        self._switched: dict[str, str] = {}

    def levels(self) -> dict[str, int]:
        """Return how loud it was of late, in dB of full scale; muted, nothing was heard."""
        rings, muted = self._capture.rings, self._capture.muted
        return {
            "raw": round(SILENCE_DB) if muted else _level(rings.raw),
            "clean": round(SILENCE_DB) if muted else _level(rings.clean),
            "played": _level(rings.far),
        }

    def timers(self) -> list[dict[str, Any]]:
        """Return what will ring: what counts down, by monotonic time, then alarms, by the clock."""
        counting = [
            {
                "kind": timer.kind,
                "title": timer.title(),
                "ends": timer.ends_s,
                "of": timer.duration_s,
            }
            for timer in self._bell.timers.running()
        ]
        alarms = [
            {
                "kind": "alarm",
                "title": alarm.name,
                "at": f"{alarm.rule.hour:02}:{alarm.rule.minute:02}",
                "day": alarm.next_day.isoformat() if alarm.next_day else "",
                "repeat": alarm.rule.repeat,
            }
            for alarm in self._bell.alarms.alarms()
        ]
        return counting + alarms

    def egress(self) -> dict[str, Any]:
        """Return what has left since midnight, and what may. Raises EdgeError."""
        border = self._border.border
        sent = [
            {"host": each.host, "kind": each.kind, "bytes": each.n_bytes}
            for each in self._border.ledger.so_far()
        ]
        return {"sent": sent, "offline": border.offline, "allowed": sorted(border.allowed)}

    def switched(self, slot: str, model_type: str) -> None:
        """Take that another engine is in a slot."""
        self._switched[slot] = model_type

    def engines(self) -> list[dict[str, Any]]:
        """Return which engine is in each slot, and under which name its load is counted."""
        found = []
        for slot in registry.slots():
            chosen = getattr(self._config, slot)
            kind = self._switched.get(slot, chosen.type)
            if kind != NONE:
                isolation = chosen.isolation
                if isolation == "auto":
                    isolation = registry.default_isolation(slot, kind)
                where = "ear" if slot in EARS and isolation == "thread" else slot
                found.append({"slot": slot, "type": kind, "where": where, "runs": isolation})
        return found

    def load(self) -> dict[str, Any] | None:
        """Return what everything costs; it reads files of the kernel, and may be slow."""
        children = {child.pid: child.slot for child in list(ChildProcess.running)}
        load = self._meter.look(now_s(), children)
        if load is None:
            return None
        return {
            "percent": load.percent,
            "memory_mb": load.memory_mb,
            "temperature_c": temperature_c(),
        }


def _level(ring: AudioRing) -> int:
    sound, _ = ring.slice(ring.head - round(LEVEL_S * RATE_HZ), ring.head)
    return round(level_db(sound))
