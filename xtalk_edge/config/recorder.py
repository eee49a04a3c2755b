"""Settings for what remembers the last moments, and for recordings of whole sessions."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.config.fields import number


@dataclass(frozen=True, slots=True)
class RecorderConfig:
    """The flight recorder, and the session recording."""

    seconds: float = number(60.0, 0.0, 600.0)
    """How much of sound and events is remembered, in memory only; 0 is nothing. A minute is 6 MB,
    which a board with 1 GB does not miss."""
    folder: str = ""
    """Where it lies; "" is a folder in memory: the service's own, the user's, or /dev/shm."""
    session: str = ""
    """Folder in which each start leaves a stereo recording of its own, or the name of one that ends
    in .wav; "" is none."""
    session_mb: int = number(1_000, 1, 4_000)
    """Size at which such a recording ends, in millions of bytes: 64 kB a second, and 4 GB is the
    most that a WAV file can say of itself."""

    @property
    def is_on(self) -> bool:
        """Whether anything is to be recorded."""
        return self.seconds > 0 or bool(self.session)
