"""What has left the device, as far as a tool may ask."""

from __future__ import annotations

from typing import Protocol


class EgressLedger(Protocol):
    """Keeps count of everything that was sent away."""

    def bytes_today(self) -> dict[str, int]:
        """Return the bytes sent since midnight by what they were: {"audio": 96000}."""
