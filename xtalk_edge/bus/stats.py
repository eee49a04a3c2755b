"""What the bus counts about itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class HandlerStats:
    """What one handler did; handlers of the same name are counted together."""

    handled: int = 0
    """Calls that ended well."""
    errors: int = 0


@dataclass(slots=True)
class BusStats:
    """What went over the bus since it was made."""

    published: int = 0
    handled: int = 0
    """Handler calls that ended well; one event counts once per handler."""
    dropped: int = 0
    """Droppable events that a full inbox discarded, once per handler."""
    errors: int = 0
    errors_held_back: int = 0
    """Failures that were logged and counted, but not announced by `ErrorOccurred`."""
    refused: int = 0
    """Events published after the bus was closed."""
    max_inbox_depth: int = 0
    handlers: dict[str, HandlerStats] = field(default_factory=dict)
