"""The one shape of sound a voice activity detector takes."""

from __future__ import annotations

from xtalk_edge.errors import EngineError


def check_frame(frame: bytes, samples: int) -> None:
    """Refuse a frame of the wrong size.

    Raises:
        EngineError: it is not `samples` 16-bit samples.
    """
    if len(frame) != 2 * samples:
        raise EngineError(
            f"speech detection takes frames of {2 * samples} bytes ({samples} samples at 16 kHz), "
            f"not {len(frame)}; cut the sound into such frames"
        )
