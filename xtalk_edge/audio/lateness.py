"""Whether captured sound comes later and later. Pure.

A duplex stream takes one block from the microphone for each that it gives to the loudspeaker, and
can never catch up: what waits after a stall (a busy machine, a suspended one), or piles up because
the microphone's clock runs faster, stays between the owner's words and the device for ever.
PulseAudio's plugin holds up to 43 s of it, and PortAudio spins meanwhile.
"""

from __future__ import annotations

import math

JUDGED_S = 1.0
"""Over this long the earliest block counts: a late callback is no late sound."""

LATE_S = 0.12
"""Beyond what the stream began with. An answer that comes so much later is felt; what PulseAudio
reports was seen to wander by 35 ms."""


class Lateness:
    """Compares how late sound comes with how late it came when the stream was new."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin with a new stream."""
        self._usual_s = math.inf
        self._since_s: float | None = None
        self._least_s = math.inf

    def is_late(self, lag_s: float, now_s: float) -> bool:
        """Take how old the last block was when it came; tell whether the stream has to be renewed.

        To be asked many times within `JUDGED_S`, or single blocks decide.
        """
        if self._since_s is None:
            self._since_s = now_s
        self._least_s = min(self._least_s, lag_s)
        if now_s - self._since_s < JUDGED_S:
            return False
        least_s, self._least_s, self._since_s = self._least_s, math.inf, now_s
        self._usual_s = min(self._usual_s, least_s)
        return least_s > self._usual_s + LATE_S
