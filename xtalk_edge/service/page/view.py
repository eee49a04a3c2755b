"""What the page knows: events in, small messages out (pure).

Everything is bounded, whatever comes: texts, lists, and the number of each. No message holds sound,
and of settings there is none in it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

from xtalk_edge.events import (
    AudioGap,
    BoardConnected,
    BoardLost,
    BoardSupplyChanged,
    CardEnded,
    CardLost,
    CardOpened,
    EchoMeasured,
    ErrorOccurred,
    Event,
    GovernorStepped,
    HealthChanged,
    MicrophoneClipped,
    MicrophoneDead,
    ModelSwitched,
    ModelSwitchFailed,
    OfflineChanged,
    RecoveryStepTaken,
    TurnStateChanged,
    UplinkStateChanged,
)
from xtalk_edge.service.page.diary import Diary
from xtalk_edge.service.page.plain import plain, text
from xtalk_edge.service.page.turns import Turns

MOST_HISTORY = 40
"""Lines of what went wrong and was mended: some bad days."""

ONE_GAP_S = 10.0
"""Losses in a row that are no longer apart are one."""

MOST_CHECKS = 24
"""What is watched at once; there are some ten."""


class View:
    """All that a page shows.

    Args:
        about: of the device, as long as it runs: its name and version.
    """

    def __init__(self, about: Mapping[str, Any]) -> None:
        self._parts: dict[str, Any] = {"about": plain(about), "floor": "asleep"}
        self._changed: set[str] = set()
        self._turns = Turns()
        self._diary = Diary()
        self._health: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._history: deque[dict[str, Any]] = deque(maxlen=MOST_HISTORY)
        self._gap: dict[str, Any] = {}
        """The last line about lost sound."""
        self._lost_samples = 0
        """What it tells."""

    def take(self, event: Event) -> None:
        """Take an event."""
        self._diary.take(event)
        self._turns.take(event)
        self._of_sound(event)
        self._of_health(event)
        self._of_device(event)

    def show(self, part: str, value: Any) -> None:
        """Show something that no event tells."""
        shown = plain(value)
        if self._parts.get(part) != shown:
            self._parts[part] = shown
            self._changed.add(part)

    def whole(self, now_s: float) -> dict[str, Any]:
        """Return everything, for a page that was opened just now."""
        return {
            **self._parts,
            "now": round(now_s, 3),
            "whole": True,
            "turns": self._turns.all(),
            "events": self._diary.all(),
        }

    def changes(self, now_s: float) -> dict[str, Any] | None:
        """Return what changed since the last call; None if nothing did."""
        told: dict[str, Any] = {part: self._parts[part] for part in self._changed}
        self._changed.clear()
        turns, gone = self._turns.news()
        events = self._diary.news()
        for name, news in (("turns", turns), ("gone", gone), ("events", events)):
            if news:
                told[name] = news
        return {"now": round(now_s, 3), **told} if told else None

    # -- what events tell ------------------------------------------------------------------

    def _of_sound(self, event: Event) -> None:
        match event:
            case TurnStateChanged():
                self.show("floor", event.state)
            case CardOpened():
                self.show("card", {"name": event.name, "rate_hz": event.rate_hz, "lost": ""})
                self._note(event, "good", f"The sound card runs: {event.name}.")
            case CardLost() | CardEnded():
                self.show("card", {**(self._parts.get("card") or {}), "lost": event.reason})
                self._note(event, "bad", f"Sound was lost: {event.reason}.")
            case AudioGap():
                self._note_gap(event)
            case MicrophoneDead():
                self._note(event, "bad", "The microphone gives nothing at all.")
            case MicrophoneClipped():
                self._note(event, "bad", "The microphone is too loud and clips.")
            case EchoMeasured():
                self.show("echo", {"removed_db": event.removed_db, "poor": event.poor})

    def _of_health(self, event: Event) -> None:
        match event:
            case HealthChanged():
                self._health[text(event.check, 40)] = {
                    "healthy": bool(event.healthy),
                    "detail": text(event.detail),
                    "at": round(event.at_s, 3),
                }
                if len(self._health) > MOST_CHECKS:
                    self._health.popitem(last=False)
                self.show("health", self._health)
                again = "goes on" if event.healthy else "stopped"
                mood = "good" if event.healthy else "bad"
                self._note(event, mood, f"{event.check} {again}: {event.detail}")
            case RecoveryStepTaken():
                what = f"{event.step}, because of {event.check} (number {event.count})"
                self._note(event, "step", what)
            case GovernorStepped():
                did = "is given up" if event.eased else "is back"
                self._note(event, "step", f"{event.rung} {did}: {event.reason}")
            case ErrorOccurred():
                self._note(event, "bad", f"{event.component}: {event.error_message}")

    def _of_device(self, event: Event) -> None:
        match event:
            case BoardConnected():
                self.show("board", {"name": event.name, "firmware": event.firmware, "lost": ""})
            case BoardLost():
                self.show("board", {**(self._parts.get("board") or {}), "lost": event.reason})
            case BoardSupplyChanged():
                self.show("board", {**(self._parts.get("board") or {}), "volts": event.volts})
            case OfflineChanged():
                self.show("offline", event.offline)
            case UplinkStateChanged():
                can = {"abilities": event.abilities, "trouble": event.trouble}
                self.show("uplink", can)
            case ModelSwitched():
                self._note(event, "step", f"{event.slot} is {event.model_type} now.")
            case ModelSwitchFailed():
                self._note(event, "bad", f"{event.slot} stays as it was: {event.problem}")

    def _note_gap(self, event: AudioGap) -> None:
        """Tell of lost sound, once of what was lost in one go: it comes in pieces."""
        goes_on = self._history and self._history[-1] is self._gap
        if goes_on and event.at_s - self._gap["at"] < ONE_GAP_S:
            self._history.pop()
            self._lost_samples += event.samples
        else:
            self._lost_samples = event.samples
        self._note(event, "bad", f"{self._lost_samples / 16:.0f} ms of sound lost: {event.reason}.")
        self._gap = self._history[-1]

    def _note(self, event: Event, mood: str, sentence: str) -> None:
        line = {"at": round(event.at_s, 3), "mood": mood, "text": text(sentence)}
        self._history.append(line)
        self.show("history", list(self._history))
