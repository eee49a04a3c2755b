"""Settings for how the device watches itself."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.config.fields import number


@dataclass(frozen=True, slots=True)
class HealthConfig:
    """When something counts as wrong; what is done about it is not a matter of taste."""

    sound_s: float = number(1.5, 0.5, 60.0)
    """How long no new sound may come, or an answer stand still, before the sound card is opened
    anew."""
    late_s: float = number(1.0, 0.1, 60.0)
    """How late the program's own clockwork may be."""
    engine_s: float = number(150.0, 5.0, 3_600.0)
    """How long an engine may work without giving anything; a large model reads its instructions for
    two minutes on a small board."""
    disk_free_mb: int = number(50, 0, 1_000_000)
    """Space that must be left on the disk of the state folder."""
    hot_c: float = number(85.0, 40.0, 120.0)
    """Temperature that is too much; a Raspberry Pi then runs at half its speed."""
    speak: bool = True
    """Whether what was wrong, and what was done about it, is said aloud, each once."""
