"""Writes every bus event to a file, one JSON object a line."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import Event
from xtalk_edge.managers.base import Manager

log = logging.getLogger(__name__)


class EventLogManager(Manager):
    """Appends each event as `{"event": NAME, "at_s": ..., "turn_id": ..., FIELDS}`."""

    def __init__(self, *, event_bus: EventBus, config: Config, path: Path) -> None:
        super().__init__(event_bus=event_bus, config=config)
        try:
            # Line by line, so that the file can be followed, and is whole after a crash.
            self._file = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise DeviceError(
                f"{path}: the event file cannot be written: {error.strerror}"
            ) from error
        self._full = False

    def close(self) -> None:
        """Close the file; the bus must have ended."""
        # What could not be written then cannot be now.
        with contextlib.suppress(OSError):
            self._file.close()

    @handles(Event)
    def on_event(self, event: Event) -> None:
        """Write one line."""
        if self._full:
            return
        try:
            self._file.write(as_line(as_record(event)) + "\n")
        except OSError as error:
            # A full disk ends the log and nothing else; each event would tell of it again.
            self._full = True
            log.error("the event file ends here: %s", error.strerror)


def as_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON."""
    # An owner's own event may hold anything: what JSON does not know is written as text.
    return json.dumps(record, ensure_ascii=False, skipkeys=True, default=str)


def as_record(event: Event) -> dict[str, Any]:
    """Return the event as a flat record whose first keys are `event`, `at_s` and `turn_id`."""
    fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    at_s, turn_id = fields.pop("at_s"), fields.pop("turn_id")
    return {"event": type(event).__name__, "at_s": round(at_s, 6), "turn_id": turn_id, **fields}
