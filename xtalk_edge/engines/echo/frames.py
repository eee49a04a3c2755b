"""What every echo canceller asks of the frames it is given."""

from __future__ import annotations

from xtalk_edge.errors import EngineError

RATE_HZ = 16_000
FRAME_SAMPLES = 160
"""10 ms: WebRTC works on nothing else, and Speex adapts well on it."""

FRAME_BYTES = 2 * FRAME_SAMPLES

SILENCE = bytes(FRAME_BYTES)
"""What a loudspeaker gets while the device says nothing."""


def check(near: bytes, far: bytes) -> None:
    """Raise EngineError for frames of another size, with which the libraries would go wrong."""
    if len(near) != FRAME_BYTES or len(far) != FRAME_BYTES:
        raise EngineError(
            f"the echo canceller takes frames of {FRAME_BYTES} bytes (10 ms at 16 kHz), "
            f"not {len(near)} and {len(far)}; cut the sound into such frames"
        )
