"""What differs between two courses of events. Pure.

Exactly: every event of the device's own, every field, in the same order, at the same time.
Loosely: only what an owner would notice (`NOTICED`), and when; for sound that was recorded in real
time, where each step took as long as the machine needed, and what came before is not known.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xtalk_edge.recorder.recording import Record

NOTICED: dict[str, tuple[str, ...]] = {
    "ASRResultFinal": ("text",),
    "AudioGap": ("samples",),
    "ButtonPressed": (),
    "ButtonReleased": (),
    "ErrorOccurred": ("component", "error_type"),
    "MicrophoneMuted": ("muted",),
    "StopWordDetected": ("phrase",),
    "TTSPlaybackFinished": ("text",),
    "TTSPlaybackStarted": (),
    "TTSStopped": ("reason",),
    "ToolCallOccurred": ("name", "args"),
    "ToolResultOccurred": ("name", "ok"),
    "TurnStateChanged": ("state",),
    "WakeWordDetected": ("phrase",),
}
"""What is compared loosely, and which of its fields."""

OF_SURROUNDINGS = frozenset(
    {
        "BoardButtonUsed", "BoardConnected", "BoardLost", "BoardSupplyChanged", "CardEnded",
        "CardLost", "CardOpened", "GovernorStepped", "HealthChanged", "LoopLagged",
        "OfflineChanged", "RecoveryStepTaken", "UplinkSideChosen", "UplinkStateChanged",
    }
)  # fmt: skip
"""What the machine, its cables and its network did: a replay has none of them."""

EXACT_S = 1e-5
"""Times are written to the microsecond, and added up in another order."""

LOOSE_S = 1.0
"""A machine that is busy answers so much later, and nothing else is different."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is compared."""

    at_s: float
    """Seconds since the first sample."""
    name: str
    fields: tuple[tuple[str, Any], ...]
    """What is compared of it, besides the time."""

    @property
    def shown(self) -> str:
        """What to call it in a report."""
        return " ".join([self.name, *(f"{name}={value!r}" for name, value in self.fields)])


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two courses differ."""

    at_s: float
    """When, in seconds since the first sample."""
    before: str
    """What happened then; "" for nothing."""
    now: str
    """What happens now; "" for nothing."""


def differences(
    before: Iterable[Record], now: Iterable[Record], *, exact: bool
) -> list[Difference]:
    """Return where two courses of events differ, in order of time; none where they are the same.

    Args:
        before: the events that were recorded, with `at_s` in seconds since the first sample.
        now: those of today.
        exact: whether everything counts, or only what an owner would notice.
    """
    took = [_exact(before), _exact(now)] if exact else [_loose(before), _loose(now)]
    old, new = took
    tolerance_s = EXACT_S if exact else LOOSE_S
    keys = [[_key(each) for each in events] for events in took]
    found: list[Difference] = []
    for kind, old_at, old_end, new_at, new_end in _aligned(*keys):
        if kind == "equal":
            pairs = zip(old[old_at:old_end], new[new_at:new_end], strict=True)
            found += [_moved(*pair) for pair in pairs if not _alike(*pair, tolerance_s)]
        else:
            found += _unlike(old[old_at:old_end], new[new_at:new_end])
    return sorted(found, key=lambda each: each.at_s)


def _exact(records: Iterable[Record]) -> list[Event]:
    own = [each for each in records if each["event"] not in OF_SURROUNDINGS]
    turns = _turns(own)
    return [
        Event(
            each["at_s"],
            each["event"],
            (
                ("turn_id", turns[each["turn_id"]]),
                *((name, value) for name, value in each.items() if name not in _TAKEN),
            ),
        )
        for each in own
    ]


def _loose(records: Iterable[Record]) -> list[Event]:
    return [
        Event(
            each["at_s"],
            each["event"],
            tuple((name, each.get(name)) for name in NOTICED[each["event"]]),
        )
        for each in records
        if each["event"] in NOTICED
    ]


_TAKEN = ("event", "at_s", "turn_id")


def _turns(records: Iterable[Record]) -> dict[int, int]:
    """Return the number of each turn, counted from the first that is heard of; 0 stays 0."""
    turns = {0: 0}
    for each in records:
        turns.setdefault(each["turn_id"], len(turns))
    return turns


def _key(event: Event) -> Hashable:
    """Return what must be the same of two events that are taken for one; figures may be close."""
    sure = [(name, value) for name, value in event.fields if not isinstance(value, float)]
    return event.name, json.dumps(sure, sort_keys=True, default=str)


def _alike(old: Event, new: Event, tolerance_s: float) -> bool:
    if abs(old.at_s - new.at_s) > tolerance_s:
        return False
    return all(_close(name, a, b) for (name, a), (_, b) in zip(old.fields, new.fields, strict=True))


def _close(name: str, a: Any, b: Any) -> bool:
    if not (isinstance(a, float) and isinstance(b, float)):
        return True
    # Milliseconds are rounded to a tenth, and may fall to either side.
    allowed = 0.11 if name.endswith("_ms") else EXACT_S
    return a == b or abs(a - b) <= allowed


def _moved(old: Event, new: Event) -> Difference:
    late_s = new.at_s - old.at_s
    if old.fields != new.fields:
        return Difference(old.at_s, old.shown, new.shown)
    word = "later" if late_s > 0 else "earlier"
    return Difference(old.at_s, old.shown, f"the same, {abs(late_s):.3f} s {word}")


def _unlike(old: Sequence[Event], new: Sequence[Event]) -> list[Difference]:
    """Return all of a stretch that has nothing in common."""
    gone = [Difference(each.at_s, each.shown, "") for each in old]
    return gone + [Difference(each.at_s, "", each.shown) for each in new]


def _aligned(
    old: Sequence[Hashable], new: Sequence[Hashable]
) -> list[tuple[str, int, int, int, int]]:
    """Return how one becomes the other, as `difflib` tells it.

    Both ends that are the same are taken off first: usually that is nearly all, and the rest costs
    the product of both lengths.
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_end, new_end = len(old) - tail, len(new) - tail
    middle = difflib.SequenceMatcher(None, old[head:old_end], new[head:new_end])
    steps = [
        (kind, head + a, head + b, head + c, head + d)
        for kind, a, b, c, d in middle.get_opcodes()
    ]  # fmt: skip
    return [
        ("equal", 0, head, 0, head),
        *steps,
        ("equal", old_end, len(old), new_end, len(new)),
    ]
