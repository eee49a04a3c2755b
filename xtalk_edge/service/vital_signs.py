"""What the device lives by, and when it counts as standing still. Pure.

Two things are told of each: whether it is fresh, which is that it goes on, and whether it is
healthy. A full disk is ill and fresh: nothing stands still, and no restart would empty it. Samples
that do not come are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from xtalk_edge.config.health import HealthConfig

LONGEST_STEP_S = 1.0
"""More does not count between two looks: while the whole program stood still, nothing else is known
to have done so."""

SEARCHED_S = 10.0
"""A device that went away is looked for every second; a sound server that is just ending may let
one wait."""

SLACK_S = 0.1
"""Looks come a little early or late; what is all but due need not wait for another one."""

DISK_ANSWERS_S = 30.0
"""A card that writes so long at a few bytes is dying."""

EASED_C = 5.0
EASED_SHARE = 1.1
"""So much cooler, and so much more space than the limit, is well again: nothing flutters."""


class Check(StrEnum):
    """What is watched."""

    CAPTURE = "capture"
    LOOP = "loop"
    PLAYBACK = "playback"
    ENGINES = "engines"
    DISK = "disk"
    STORE = "store"
    TEMPERATURE = "temperature"


class Ill(StrEnum):
    """What something can be done about."""

    DEAF = "deaf"
    """No sound comes, or the same again and again."""
    STUCK = "stuck"
    """What is to be played is not, although sound comes."""
    HANGING = "hanging"
    """An engine is at work and gives nothing."""
    GONE = "gone"
    """An engine's process has died while nobody asked it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """One look at the device."""

    late_s: float = 0.0
    """How much later than it should the look came."""
    watches_sound: bool = True
    """Whether there is a sound card to watch; a file may end."""
    head: int = 0
    """Samples that have come so far."""
    fresh: int = 0
    """Sample at which there was last something else than the same again and again."""
    lost: str = ""
    """Why there is no sound device; "" while there is one."""
    attempts: int = 0
    """How often a device that went away was looked for."""
    to_play: bool = False
    """Whether something waits to be played that is not held back."""
    played: int = 0
    """Frames that the sound card has taken."""
    engine: str = ""
    """Which engine has been at work longest without giving anything."""
    engine_s: float = 0.0
    """For how long it has."""
    dead_engines: tuple[str, ...] = ()
    """Engines whose processes have died."""
    disk_asked_s: float = 0.0
    """For how long the disk has owed an answer; 0 while it owes none."""
    disk: str = ""
    """What is wrong with the disk of the state folder."""
    disk_free_mb: int | None = None
    """None while unknown."""
    store: str = ""
    """What is wrong with what the device keeps."""
    temperature_c: float | None = None
    """None where nothing tells."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one check."""

    healthy: bool
    detail: str
    """What was seen, in words for the owner; "" while all is well."""
    since_s: float
    """Since when it is so, in monotonic seconds."""


class _Standstill:
    """Tells for how long something that should has not moved."""

    def __init__(self) -> None:
        self._beat = -1
        self.still_s = 0.0

    def take(self, beat: int, elapsed_s: float, *, due: bool = True) -> float:
        """Return for how long it has stood still now."""
        moved = beat != self._beat
        self._beat = beat
        self.still_s = 0.0 if moved or not due else self.still_s + elapsed_s
        return self.still_s


class VitalSigns:
    """Judges one look after the other.

    Args:
        limits: when something counts as wrong.
        now_s: the time, monotonic like all times here.
    """

    def __init__(self, limits: HealthConfig, now_s: float) -> None:
        self._limits = limits
        self._looked_s = now_s
        self._sound, self._search, self._playing = _Standstill(), _Standstill(), _Standstill()
        self.verdicts: Mapping[Check, Verdict] = {
            check: Verdict(healthy=True, detail="", since_s=now_s) for check in Check
        }
        self.stale: frozenset[Check] = frozenset()
        """What does not go on."""
        self.ills: frozenset[Ill] = frozenset()
        """What something can be done about."""

    def look(self, signs: Signs, now_s: float) -> list[Check]:
        """Take a look; return the checks that fell ill by it, or became well."""
        elapsed_s = min(max(0.0, now_s - self._looked_s), LONGEST_STEP_S)
        self._looked_s = now_s
        stale = {
            Check.LOOP: _late(signs, self._limits.late_s),
            Check.CAPTURE: self._deaf(signs, elapsed_s),
            Check.PLAYBACK: self._stuck(signs, elapsed_s),
            Check.ENGINES: _hanging(signs, self._limits.engine_s),
            Check.DISK: _unanswered(signs),
        }
        self.stale = frozenset(check for check, detail in stale.items() if detail)
        self.ills = self._curable(signs)
        wrong = {
            Check.CAPTURE: signs.lost,
            Check.ENGINES: _gone(signs),
            Check.DISK: signs.disk or self._full(signs),
            Check.STORE: signs.store,
            Check.TEMPERATURE: self._hot(signs),
        }
        details = {check: stale.get(check) or wrong.get(check, "") for check in Check}
        before = self.verdicts
        self.verdicts = {
            check: _judged(before[check], detail, now_s) for check, detail in details.items()
        }
        return [each for each in Check if before[each].healthy != self.verdicts[each].healthy]

    def _deaf(self, signs: Signs, elapsed_s: float) -> str:
        due = signs.watches_sound
        searched_s = self._search.take(signs.attempts, elapsed_s, due=bool(signs.lost) and due)
        still_s = self._sound.take(signs.fresh, elapsed_s, due=due and not signs.lost)
        if searched_s > SEARCHED_S:
            return f"{signs.lost}; looking for it takes too long"
        if still_s < self._limits.sound_s - SLACK_S:
            return ""
        if signs.head > signs.fresh:
            return "the microphone gives the same sound again and again"
        return f"no sound has come for {still_s:.1f} s"

    def _stuck(self, signs: Signs, elapsed_s: float) -> str:
        due = signs.watches_sound and signs.to_play and not signs.lost
        still_s = self._playing.take(signs.played, elapsed_s, due=due)
        stuck = still_s >= self._limits.sound_s - SLACK_S
        return f"the loudspeaker has taken nothing for {still_s:.1f} s" if stuck else ""

    def _curable(self, signs: Signs) -> frozenset[Ill]:
        ills = set()
        if Check.CAPTURE in self.stale:
            ills.add(Ill.DEAF)
        elif Check.PLAYBACK in self.stale:
            # Both come from one card; it is opened anew once.
            ills.add(Ill.STUCK)
        if Check.ENGINES in self.stale:
            ills.add(Ill.HANGING)
        if signs.dead_engines:
            ills.add(Ill.GONE)
        return frozenset(ills)

    def _full(self, signs: Signs) -> str:
        least_mb = float(self._limits.disk_free_mb)
        if not self.verdicts[Check.DISK].healthy:
            least_mb *= EASED_SHARE
        if signs.disk_free_mb is None or signs.disk_free_mb >= least_mb:
            return ""
        return f"the disk has {signs.disk_free_mb} MB left; delete something"

    def _hot(self, signs: Signs) -> str:
        most_c = self._limits.hot_c
        if not self.verdicts[Check.TEMPERATURE].healthy:
            most_c -= EASED_C
        if signs.temperature_c is None or signs.temperature_c < most_c:
            return ""
        return f"it is {signs.temperature_c:.0f} degrees hot inside; give it air"


def _late(signs: Signs, limit_s: float) -> str:
    late = signs.late_s > limit_s
    return f"the program stood still for {signs.late_s:.1f} s" if late else ""


def _hanging(signs: Signs, limit_s: float) -> str:
    if not signs.engine or signs.engine_s <= limit_s:
        return ""
    return f"{signs.engine} has given nothing for {signs.engine_s:.0f} s"


def _gone(signs: Signs) -> str:
    return f"{' and '.join(signs.dead_engines)} died" if signs.dead_engines else ""


def _unanswered(signs: Signs) -> str:
    slow = signs.disk_asked_s > DISK_ANSWERS_S
    return f"the disk has not answered for {signs.disk_asked_s:.0f} s" if slow else ""


def _judged(before: Verdict, detail: str, now_s: float) -> Verdict:
    healthy = not detail
    since_s = before.since_s if healthy == before.healthy else now_s
    return Verdict(healthy, detail, since_s)
