"""What other programs ask the page: whether the device is well, and its figures."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xtalk_edge.errors import places_of, problem_of
from xtalk_edge.service.page.plain import plain

log = logging.getLogger(__name__)

Verdict = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Returns whether the device is well, and what else is known of that."""

Answer = tuple[int, str, str]
"""Status of HTTP, text, and its kind."""

_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Probes:
    """Answers them.

    Args:
        verdict: tells whether the device is well; None where nothing watches.
        figures: returns its figures in Prometheus' text format; None where nobody counts.
    """

    verdict: Verdict | None = None
    figures: Callable[[], str] | None = None

    def health(self) -> Answer:
        """Return one line of JSON, with 503 unless all is well."""
        if self.verdict is None:
            return 404, "Nothing watches this device's health.\n", _TEXT
        try:
            healthy, more = self.verdict()
        except Exception as error:  # noqa: BLE001 - whoever asks must be told
            return _failed("health", error)
        told = {"healthy": bool(healthy), **plain(more)}
        return 200 if healthy else 503, f"{json.dumps(told)}\n", "application/json"

    def metrics(self) -> Answer:
        """Return the figures."""
        if self.figures is None:
            return 404, "Nobody counts on this device.\n", _TEXT
        try:
            return 200, self.figures(), "text/plain; version=0.0.4; charset=utf-8"
        except Exception as error:  # noqa: BLE001 - whoever asks must be told
            return _failed("metrics", error)


def _failed(what: str, error: Exception) -> Answer:
    log.error("%s failed: %s\n%s", what, problem_of(error), places_of(error))
    return 500, "This failed inside; the log says where.\n", _TEXT
