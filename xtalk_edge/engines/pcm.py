"""The one kind of sound that engines take: whole 16-bit samples."""

from __future__ import annotations

from xtalk_edge.errors import EngineError


def check_whole_samples(audio: bytes) -> None:
    """Raise EngineError where a sample is cut in half."""
    if len(audio) % 2:
        raise EngineError("audio must be whole 16-bit samples; pass an even number of bytes")
