"""What every engine is."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar


class Engine(ABC):  # noqa: B024 - the slots below are what is abstract
    """What every engine is."""

    computes_by: ClassVar[str] = ""
    """The library that can put its network on a graphics processor; "" if none can."""
    thread_only: ClassVar[str] = ""
    """Why it cannot run in a process of its own; "" if it can."""

    def close(self) -> None:  # noqa: B027 - most engines hold nothing that needs closing
        """Release what the engine holds."""
