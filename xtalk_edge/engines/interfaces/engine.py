"""What every engine is."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar


class Engine(ABC):  # noqa: B024 - the slots below are what is abstract
    """What every engine is."""

    computes_by: ClassVar[str] = ""
    """The library that can put its network on a graphics processor; "" if none can."""

    passes_border: ClassVar[bool] = False
    """Whether it sends anything to another machine; then it runs in the device's own process, where
    that is counted."""

    def close(self) -> None:  # noqa: B027 - most engines hold nothing that needs closing
        """Release what the engine holds."""
