"""Sound that comes in pieces of any size, given on in whole 16-bit samples. Pure."""

from __future__ import annotations


class WholeSamples:
    """Keeps the half of a sample that is cut in two until its other half comes."""

    def __init__(self) -> None:
        self._half = b""

    def of(self, piece: bytes) -> bytes:
        """Return the samples that this piece completes, perhaps none."""
        joined = self._half + piece
        whole = len(joined) // 2 * 2
        self._half = joined[whole:]
        return joined[:whole]
