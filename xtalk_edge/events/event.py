"""What every event is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from xtalk_edge.clock import now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact."""

    droppable: ClassVar[bool] = False
    """Whether a full inbox may discard it; only repeated measurements are."""

    turn_id: int = 0
    at_s: float = field(default_factory=now_s)
