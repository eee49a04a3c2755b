"""What a sound card is to the rest of the program: an audio core that something keeps moving."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..errors import DeviceError
from .core import AudioCore


class Card(ABC):
    """A duplex sound card; everything heard and played goes through its `core`."""

    name: str
    """What the owner calls it: a device, a file, "room"."""

    rate_hz: int
    """Frames per second of `core`."""

    block_frames: int
    """Frames the card moves at a time; 0 where that varies."""

    latency_s: float
    """From a frame written into an empty ring to its leaving the loudspeaker, about."""

    core: AudioCore
    """The rings; valid from construction, and readable after `close`."""

    @abstractmethod
    def start(self, now_s: float) -> None:
        """Begin to move sound; raises DeviceError."""

    @abstractmethod
    def pump(self, now_s: float) -> None:
        """Move sound up to `now_s` through the core; device cards move by themselves."""

    @abstractmethod
    def ended(self) -> str | None:
        """Return why nothing more will come ("the device was unplugged"), or None."""

    @property
    def may_return(self) -> bool:
        """Whether a card that has ended may be opened again: a device can be plugged in."""
        return False

    def reopen(self, now_s: float) -> None:
        """Go on after an end, with the same core; raises DeviceError while that is impossible."""
        raise DeviceError(f"{self.name} is over")

    def renew(self, now_s: float) -> None:
        """Open the stream anew on the same device, with the same core; raises DeviceError."""
        self.reopen(now_s)

    @abstractmethod
    def close(self) -> None:
        """Stop and let go of the device or files; may be called again."""

    def abort(self) -> None:
        """Close after a failure: leave nothing half-written behind."""
        self.close()
