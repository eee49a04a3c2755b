"""What other programs ask the page: whether the device is well, and its figures."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from xtalk_edge.errors import places_of, problem_of
from xtalk_edge.service.page.plain import plain

log = logging.getLogger(__name__)


class Checked(Protocol):
    """What is to be said of one thing that is watched."""

    @property
    def healthy(self) -> bool:
        """Whether all is well with it."""

    @property
    def detail(self) -> str:
        """What was seen, in words for the owner."""


Answer = tuple[int, str, str]
"""Status of HTTP, text, and its kind."""

_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Probes:
    """Answers them.

    Args:
        verdict: tells of everything that is watched, by its name; None where nothing watches.
        figures: returns its figures in Prometheus' text format; None where nobody counts.
    """

    verdict: Callable[[], Mapping[str, Checked]] | None = None
    figures: Callable[[], str] | None = None

    def health(self) -> Answer:
        """Return one line of JSON, with 503 unless all is well."""
        if self.verdict is None:
            return 404, "Nothing watches this device's health.\n", _TEXT
        try:
            checks = self.verdict()
        except Exception as error:  # noqa: BLE001 - whoever asks must be told
            return _failed("health", error)
        healthy = all(each.healthy for each in checks.values())
        found = {
            name: {"healthy": each.healthy, "detail": each.detail} for name, each in checks.items()
        }
        told = {"healthy": healthy, "checks": plain(found)}
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
