"""When the sounds around the device are worth describing anew. Pure."""

from __future__ import annotations

from enum import Enum, auto

OTHER_LEVEL_DB = 6.0
"""Sounds that are twice as loud, or half, are likely to be others."""

MOST_INTERVALS = 8
"""While nothing changes, a description is asked for more and more rarely, up to here."""


class Look(Enum):
    """What is to be done about the last sound."""

    NOTHING = auto()
    DESCRIBE = auto()
    FORGET = auto()
    """It has been quiet for so long that nothing is heard any more."""


class SceneWatch:
    """Paces descriptions: none of a quiet room, few of a room in which nothing changes.

    Args:
        interval_s: least time between two descriptions.
        window_s: how much sound a description is of; so long it holds.
        quiet_db: level below which the room is quiet.
    """

    def __init__(self, interval_s: float, window_s: float, quiet_db: float) -> None:
        self._interval_s = interval_s
        self._window_s = window_s
        self._quiet_db = quiet_db
        self._wait_s = interval_s
        self._loud_s = 0.0
        """When it was last loud enough."""
        self._asked_s = float("-inf")
        """When a description was last asked for, and of what level."""
        self._asked_db = quiet_db
        self.text = ""
        """The description that holds."""

    def look(self, at_s: float, level_db: float) -> Look:
        """Tell what to do about the sound up to `at_s`, whose loudest moment had this level."""
        if level_db < self._quiet_db:
            if not self.text or at_s - self._loud_s < self._window_s:
                return Look.NOTHING
            self.described("")
            return Look.FORGET
        self._loud_s = at_s
        if abs(level_db - self._asked_db) >= OTHER_LEVEL_DB:
            self._wait_s = self._interval_s
        # Half an interval early is in time: who looks at each interval comes a little late.
        if at_s - self._asked_s < self._wait_s - self._interval_s / 2:
            return Look.NOTHING
        self._asked_s, self._asked_db = at_s, level_db
        return Look.DESCRIBE

    def described(self, text: str) -> bool:
        """Take the description that was asked for; tell whether it is another one."""
        changed = text != self.text
        longest_s = MOST_INTERVALS * self._interval_s
        self._wait_s = self._interval_s if changed else min(2 * self._wait_s, longest_s)
        self.text = text
        return changed
