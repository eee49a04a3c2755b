"""No captions: the agent is not told what is heard."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import Captioner


class NoCaptioner(Captioner):
    """Knows no sounds."""

    def caption(self, audio: bytes) -> str:
        """Return ""."""
        return ""
