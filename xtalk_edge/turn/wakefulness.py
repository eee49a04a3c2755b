"""Whether the device may be spoken to without wake word and button. Pure."""

from __future__ import annotations

import math


class Wakefulness:
    """Awake until a time, or for ever.

    Args:
        always: never sleeps.
    """

    def __init__(self, *, always: bool) -> None:
        self._always = always
        self._until_s = math.inf if always else -math.inf
        self._last_wake_s = -math.inf

    def is_new(self, wake_end_s: float, now_s: float) -> bool:
        """Tell of a wake phrase that ended then whether it is another than the last one."""
        if wake_end_s <= self._last_wake_s:
            return False
        self._last_wake_s = min(wake_end_s, now_s)
        return True

    def awake_at(self, at_s: float) -> bool:
        """Tell whether speech that begins then is for the device."""
        return at_s < self._until_s

    def stay_awake(self, until_s: float) -> None:
        """Be awake until then, and no longer."""
        if not self._always:
            self._until_s = until_s

    def sleep(self) -> None:
        """Be awake no longer."""
        self.stay_awake(-math.inf)
