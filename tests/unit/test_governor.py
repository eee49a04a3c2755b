"""The governor steps in order, never flaps, and takes everything back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.service.governor import LADDER, Governor, Pace, Rung, Step
from xtalk_edge.service.strain import Level, Reading, Strain

LOOK_S = 10.0
NAMES = [rung.name for rung in LADDER]
OF = {rung.name: rung for rung in LADDER}
PACE = Pace(longest_calm_s=3_600.0)

levels = st.sampled_from(list(Level))
stretches = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(list(Strain)), levels), st.integers(1, 60)),
    max_size=30,
)
"""What the machine suffers from, and for how many looks; what is not named is calm."""

ladders = st.lists(st.sampled_from(LADDER), unique=True).map(
    lambda rungs: [rung for rung in LADDER if rung in rungs]
)


def suffering(**strains: Level) -> dict[Strain, Reading]:
    named = {Strain(name): level for name, level in strains.items()}
    return {each: Reading(named.get(each, Level.CALM), f"{each} words") for each in Strain}


class Watch:
    """A governor that is looked after every ten seconds, and what it did."""

    def __init__(self, rungs: Sequence[Rung] = LADDER) -> None:
        self.governor = Governor(rungs, PACE)
        self.at_s = 0.0
        self.steps: list[tuple[float, Step]] = []

    def go(self, looks: int, **strains: Level) -> list[str]:
        """Return what was stepped over meanwhile: "-threads" is given up, "+threads" is back."""
        before = len(self.steps)
        for _ in range(looks):
            self.at_s += LOOK_S
            step = self.governor.look(suffering(**strains), self.at_s)
            if step is not None:
                self.steps.append((self.at_s, step))
        return [("-" if step.eased else "+") + step.rung for _, step in self.steps[before:]]


# -- by example ------------------------------------------------------------------------------


def test_heat_takes_everything_in_order_and_gives_it_back_in_reverse() -> None:
    watch = Watch()
    assert watch.go(60, heat=Level.PRESSED) == [f"-{name}" for name in NAMES]
    assert watch.governor.eased == tuple(NAMES)
    assert watch.go(100) == [f"+{name}" for name in reversed(NAMES)]
    assert watch.governor.eased == ()


def test_each_strain_takes_only_what_relieves_it() -> None:
    assert Watch().go(60, memory=Level.PRESSED) == ["-context", "-voice"]
    assert Watch().go(60, recogniser=Level.PRESSED) == ["-enhancer"]
    assert Watch().go(60, agent=Level.PRESSED) == ["-context", "-offload"]
    assert Watch().go(60, voice=Level.PRESSED) == ["-voice", "-offload"]


def test_a_moment_of_strain_is_none() -> None:
    watch = Watch()
    assert watch.go(2, heat=Level.PRESSED) == []
    assert watch.go(1) == []
    assert watch.go(2, heat=Level.PRESSED) == []
    assert watch.go(1, heat=Level.PRESSED) == ["-threads"]


def test_between_the_limits_nothing_changes() -> None:
    watch = Watch()
    watch.go(5, heat=Level.PRESSED)
    assert watch.go(2_000, heat=Level.BETWEEN) == []
    assert watch.governor.eased == ("threads",)


def test_what_was_given_up_for_heat_comes_back_though_memory_stays_scarce() -> None:
    watch = Watch()
    assert watch.go(10, heat=Level.PRESSED) == ["-threads", "-context"]
    assert watch.go(12, heat=Level.PRESSED, memory=Level.PRESSED) == ["-enhancer", "-voice"]
    assert watch.go(200, memory=Level.PRESSED) == ["+enhancer", "+threads"]
    # These help memory too.
    assert watch.governor.eased == ("context", "voice")
    assert watch.go(200) == ["+voice", "+context"]


def test_what_came_back_too_early_waits_twice_as_long() -> None:
    watch = Watch([OF["threads"]])
    waits = []
    for _ in range(4):
        watch.go(10, heat=Level.PRESSED)
        calm_s = watch.at_s
        while watch.go(1) == []:
            pass
        waits.append(watch.at_s - calm_s)
    assert waits[0] == pytest.approx(PACE.calm_s, abs=LOOK_S)
    assert [later / earlier for earlier, later in pairwise(waits)] == [
        pytest.approx(2, abs=0.1)
    ] * 3
    watch.go(int(PACE.relapse_s / LOOK_S))
    watch.go(10, heat=Level.PRESSED)
    assert watch.go(int(PACE.calm_s / LOOK_S) + 1) == ["+threads"], "long ago is forgotten"


def test_what_cannot_be_done_now_is_passed_over() -> None:
    governor = Governor()
    hot = suffering(heat=Level.PRESSED)
    assert governor.look(hot, 0.0, NAMES) is None
    step = governor.look(hot, 60.0, ["voice", "offload"])
    assert step == Step("voice", eased=True, reason="heat words")


def test_what_somebody_else_changed_is_not_taken_back() -> None:
    watch = Watch()
    watch.go(5, heat=Level.PRESSED)
    watch.governor.forget("threads", watch.at_s)
    assert watch.governor.eased == ()
    assert "-threads" not in watch.go(200, heat=Level.PRESSED)
    watch.go(200)
    assert watch.go(5, heat=Level.PRESSED) == ["-threads"], "the next time it is asked again"


# -- whatever happens ------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(ladders, stretches)
def test_order_is_kept_and_nothing_flaps(
    rungs: list[Rung], happening: list[tuple[dict[Strain, Level], int]]
) -> None:
    watch = Watch(rungs)
    eased: dict[str, float] = {}
    for strains, looks in happening:
        watch.go(looks, **{each.value: level for each, level in strains.items()})
    for (before_s, _), (at_s, _) in pairwise(watch.steps):
        assert at_s - before_s >= PACE.apart_s
    for at_s, step in watch.steps:
        assert step.eased is (step.rung not in eased), "each is given up once, and taken back once"
        if step.eased:
            eased[step.rung] = at_s
        else:
            assert at_s - eased.pop(step.rung) >= PACE.calm_s
    assert set(watch.governor.eased) == set(eased)
    kept = watch.governor.eased
    over = watch.go(int((PACE.longest_calm_s + 10 * PACE.apart_s) / LOOK_S))
    assert set(over) == {f"+{name}" for name in kept}, "it all comes back once it is over"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(levels, st.integers(1, 100)), max_size=30), ladders)
def test_of_one_strain_the_ladder_is_taken_from_its_top(
    happening: list[tuple[Level, int]], rungs: list[Rung]
) -> None:
    watch = Watch(rungs)
    for level, looks in happening:
        watch.go(looks, heat=level)
        names = [rung.name for rung in rungs]
        assert list(watch.governor.eased) == names[: len(watch.governor.eased)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=10, max_size=60), ladders)
def test_a_strain_that_comes_and_goes_moves_no_rung_faster_than_its_patience(
    stretches: list[int], rungs: list[Rung]
) -> None:
    watch = Watch(rungs)
    for number, looks in enumerate(stretches):
        watch.go(looks, heat=Level.PRESSED if number % 2 else Level.CALM)
    hours = watch.at_s / 3600
    for name in (rung.name for rung in rungs):
        times = [at_s for at_s, step in watch.steps if step.rung == name]
        # Down and up again takes its patience at least.
        assert len(times) <= 2 + 2 * hours * 3600 / (PACE.calm_s + PACE.pressed_s)
