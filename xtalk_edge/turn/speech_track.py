"""Where speech was last heard, and how much of it has been dealt with. Pure."""

from __future__ import annotations

import math

# The voice detector reports an end this late (its own silence, one frame, the way here): speech
# without a reported end is known to go on only up to this long ago.
_END_REPORT_DELAY_S = 0.16

# Speech already under way when a turn becomes possible (the wake word's own tail, the echo of
# the reply's last word) belongs to it only if it goes on this long; a spoken "stop" takes 0.3 s.
_CARRY_OVER_S = 0.25


class SpeechTrack:
    """The last stretch of speech, and the floor: the time before which all sound is settled."""

    def __init__(self) -> None:
        self._start_s = -math.inf
        self._end_s: float | None = -math.inf
        self._floor_s = 0.0
        self.clear = True
        """Whether the last stretch surely is speech."""

    @property
    def floor_s(self) -> float:
        """End of the wake word or of the last turn, whichever is later."""
        return self._floor_s

    @property
    def start_s(self) -> float:
        """Acoustic start of the last stretch; minus infinity before the first."""
        return self._start_s

    @property
    def end_s(self) -> float | None:
        """Acoustic end of the last stretch; None while it goes on."""
        return self._end_s

    @property
    def all_new(self) -> bool:
        """Whether all of the last stretch lies above the floor."""
        return self._start_s >= self._floor_s

    def began_s(self, now_s: float) -> float:
        """Return when it began: it is told late, and may be over; now, if some of it is settled."""
        return min(self._start_s, now_s) if self.all_new else now_s

    def raise_floor(self, to_s: float) -> None:
        """Declare all sound before `to_s` settled."""
        self._floor_s = max(self._floor_s, to_s)

    def begin(
        self, at_s: float, *, joined: bool, clear: bool = True, ended_s: float | None = None
    ) -> None:
        """Start a stretch, or go on with the last one if `joined`; nothing if one goes on.

        With `ended_s` it is over already.
        """
        if self._end_s is None:
            return
        self.clear = clear or (joined and self.clear)
        if not joined:
            self._start_s = max(self._end_s, at_s)
        self._end_s = None if ended_s is None else max(self._start_s, ended_s)

    def end(self, at_s: float) -> None:
        """End the stretch that goes on; nothing if none does."""
        if self._end_s is None:
            self._end_s = max(self._start_s, at_s)

    def is_new(self, now_s: float) -> bool:
        """Tell whether the last stretch, or enough of it, lies above the floor."""
        if self._start_s >= self._floor_s:
            return self._end_s is None or self._end_s > self._floor_s
        known_until_s = now_s - _END_REPORT_DELAY_S if self._end_s is None else self._end_s
        return known_until_s > self._floor_s + _CARRY_OVER_S

    def reaches(self, at_s: float) -> bool:
        """Tell whether anything was said after `at_s`."""
        return self._end_s is None or self._end_s > at_s

    def seconds_after(self, from_s: float, now_s: float) -> float:
        """Return how much of the last stretch lies after `from_s`."""
        until_s = now_s if self._end_s is None else self._end_s
        return max(0.0, until_s - max(self._start_s, from_s))
