"""What the built-in tools may touch."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from xtalk_edge.clock import wall_now
from xtalk_edge.tools.timer_service import TimerService


class VolumeControl(Protocol):
    """The loudspeaker's volume, as the appliance offers it."""

    def get_percent(self) -> int:
        """Return the volume, 0 to 100."""

    def set_percent(self, percent: int) -> None:
        """Set the volume, 0 to 100; takes effect with the next block."""


@dataclass(slots=True)
class ToolContext:
    """Everything a tool is given besides its arguments."""

    timers: TimerService
    volume: VolumeControl
    last_reply: Callable[[], str] = lambda: ""
    """Return what the device said last; "" when it has said nothing yet."""
    help_phrases: Callable[[], list[str]] = list
    """Return what the owner may ask for; the tool box fills it in."""
    wall_now: Callable[[], datetime.datetime] = wall_now
    """Return the owner's local date and time."""
    choose: random.Random = field(default_factory=random.Random)
    """Where jokes get their luck; give a seeded one for the same choice every time."""
    last_joke: int = -1
    """Index of the joke told last, so that it is not told twice running."""
