"""When a device under strain does with less, and when it takes that back (pure: readings and time
in, steps out).

What it may give up stands on a ladder, the least noticeable first. A strain takes the next rung
that relieves it; when it is over, what was given up for it comes back, the last first. What came
back too early has to wait twice as long the next time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from xtalk_edge.service.strain import Level, Reading, Strain


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing a device can do with less of."""

    name: str
    """As `GovernorStepped` names it."""
    relieves: frozenset[Strain]


LADDER = (
    Rung("threads", frozenset({Strain.HEAT})),
    Rung("context", frozenset({Strain.HEAT, Strain.MEMORY, Strain.AGENT})),
    Rung("enhancer", frozenset({Strain.HEAT, Strain.RECOGNISER})),
    Rung("voice", frozenset({Strain.HEAT, Strain.MEMORY, Strain.VOICE})),
    Rung("offload", frozenset({Strain.HEAT, Strain.AGENT, Strain.VOICE})),
)
"""Fewer threads and a shorter context cost a moment, no enhancer some words in noise; a lighter
voice is heard, and what a server does leaves the house."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient it is; seconds."""

    pressed_s: float = 20.0
    """A strain that lasts so long is one: models load, and windows are opened."""
    apart_s: float = 60.0
    """Between two steps: by then the last one shows."""
    calm_s: float = 300.0
    """How long it must be over until something comes back."""
    longest_calm_s: float = 4 * 3_600.0
    """What has come back too early again and again waits so long at most."""
    relapse_s: float = 1_800.0
    """Who is under strain again within this time took it back too early."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done now."""

    rung: str
    eased: bool
    """Whether it is given up; False where it is taken back."""
    reason: str


@dataclass(slots=True)
class _Place:
    """How it stands with one rung."""

    because: Strain | None = None
    """What it was given up for; None while it is not."""
    refused: Strain | None = None
    """Until this is over it is not given up again: an owner did not want that."""
    returned_s: float = -float("inf")
    calm_s: float = 0.0
    """How long its strain must be over until it comes back."""


class Governor:
    """Takes one step at a time.

    Args:
        rungs: what this device can do with less of, in the order in which it is given up.
        pace: how patient it is.
    """

    def __init__(self, rungs: Sequence[Rung] = LADDER, pace: Pace | None = None) -> None:
        self._rungs = tuple(rungs)
        self._pace = pace or Pace()
        self._places = {rung.name: _Place(calm_s=self._pace.calm_s) for rung in rungs}
        self._since: dict[Strain, tuple[Level, float]] = {}
        """How long each strain has been as it is."""
        self._stepped_s = -float("inf")

    @property
    def eased(self) -> tuple[str, ...]:
        """What is given up now, in the ladder's order."""
        return tuple(r.name for r in self._rungs if self._places[r.name].because is not None)

    def look(
        self, now: Mapping[Strain, Reading], at_s: float, possible: Collection[str] | None = None
    ) -> Step | None:
        """Return the step to take, which counts as taken; None for none.

        Args:
            now: every strain as it is.
            at_s: monotonic seconds.
            possible: names of the rungs that can be given up just now; None for all.
        """
        for strain, reading in now.items():
            before = self._since.get(strain)
            if before is None or before[0] is not reading.level:
                self._since[strain] = (reading.level, at_s)
        for place in self._places.values():
            if place.refused is not None and now[place.refused].level is Level.CALM:
                place.refused = None
        if at_s - self._stepped_s < self._pace.apart_s:
            return None
        step = self._down(now, at_s, possible) or self._up(now, at_s)
        if step is not None:
            self._stepped_s = at_s
        return step

    def forget(self, name: str, at_s: float) -> None:
        """Take a rung as taken back by an owner, whose word counts until its strain is over."""
        place = self._places[name]
        place.refused, place.because = place.because, None
        place.returned_s = at_s

    # -- down --------------------------------------------------------------------------------

    def _down(
        self, now: Mapping[Strain, Reading], at_s: float, possible: Collection[str] | None
    ) -> Step | None:
        ripe = [
            each for each in now if self._lasts(each, Level.PRESSED, self._pace.pressed_s, at_s)
        ]
        for rung in self._rungs:
            place = self._places[rung.name]
            strain = next((each for each in ripe if each in rung.relieves), None)
            free = place.because is None and place.refused is None
            if free and strain is not None and (possible is None or rung.name in possible):
                self._ease(place, strain, at_s)
                return Step(rung.name, eased=True, reason=now[strain].words)
        return None

    def _ease(self, place: _Place, strain: Strain, at_s: float) -> None:
        place.because = strain
        relapsed = at_s - place.returned_s < self._pace.relapse_s
        place.calm_s = (
            min(2 * place.calm_s, self._pace.longest_calm_s) if relapsed else self._pace.calm_s
        )

    # -- up ----------------------------------------------------------------------------------

    def _up(self, now: Mapping[Strain, Reading], at_s: float) -> Step | None:
        waiting: set[Strain] = set()
        for rung in reversed(self._rungs):
            place = self._places[rung.name]
            strain = place.because
            if strain is None:
                continue
            over = self._lasts(strain, Level.CALM, place.calm_s, at_s)
            if over and strain not in waiting:
                needed = _pressed(now, rung)
                if needed is None:
                    place.because, place.returned_s = None, at_s
                    return Step(rung.name, eased=False, reason=now[strain].words)
                place.because = strain = needed
            # What was given up for the same reason before it waits for it.
            waiting.add(strain)
        return None

    def _lasts(self, strain: Strain, level: Level, for_s: float, at_s: float) -> bool:
        found, since_s = self._since.get(strain, (None, at_s))
        return found is level and at_s - since_s >= for_s


def _pressed(now: Mapping[Strain, Reading], rung: Rung) -> Strain | None:
    """Return a strain that a rung relieves and that is there; None for none."""
    pressed = (each for each in now if now[each].level is Level.PRESSED and each in rung.relieves)
    return next(pressed, None)
