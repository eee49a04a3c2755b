"""The device helps itself gently first, then more seldom, and ends when nothing else is left."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.service.recovery import (
    CURES,
    LAST_RESORT_S,
    MOST_WAIT_S,
    STEADY_S,
    WAIT_S,
    Recovery,
    Step,
    Taken,
)
from xtalk_edge.service.vital_signs import Check, Ill

EVERY_S = 1.0


@dataclass(frozen=True)
class Done:
    """A step, when it was taken, and how long the illness had lasted without a break."""

    at_s: float
    ill_s: float
    taken: Taken

    @property
    def step(self) -> Step:
        return self.taken.step


def course(spells: Sequence[tuple[bool, float]], ill: Ill = Ill.DEAF) -> list[Done]:
    """Let an illness come and go, so many seconds each; return what was done about it."""
    recovery, now_s, done = Recovery(), 0.0, list[Done]()
    ill_since_s: float | None = None
    for is_ill, lasts_s in spells:
        for _ in range(max(1, round(lasts_s / EVERY_S))):
            taken = recovery.look({ill} if is_ill else (), now_s)
            assert is_ill or not taken, "nothing is done about what is well"
            ill_since_s = (now_s if ill_since_s is None else ill_since_s) if is_ill else None
            done += [Done(now_s, now_s - (ill_since_s or 0.0), each) for each in taken]
            now_s += EVERY_S
    return done


def steps(done: Sequence[Done]) -> list[Step]:
    return [each.step for each in done]


def test_an_illness_that_stays_is_treated_harder_and_harder() -> None:
    done = course([(True, 600)])
    assert steps(done) == [Step.REOPEN, Step.REOPEN, Step.REENUMERATE, Step.EXIT]
    assert [each.at_s for each in done] == [0, WAIT_S, 3 * WAIT_S, 7 * WAIT_S]
    assert [each.taken.count for each in done] == [1, 2, 1, 1]
    assert {each.taken.check for each in done} == {Check.CAPTURE}


def test_the_first_step_comes_at_once_and_a_cure_ends_it() -> None:
    done = course([(False, 60), (True, 1), (False, 60)])
    assert [(each.at_s, each.step) for each in done] == [(60, Step.REOPEN)]


def test_what_comes_back_after_a_good_while_is_another_illness() -> None:
    spell = [(True, 1.0), (False, STEADY_S + EVERY_S)]
    assert steps(course(spell * 20)) == [Step.REOPEN] * 20


def test_what_comes_back_at_once_goes_on_where_it_was() -> None:
    done = course([(True, 1.0), (False, 4.0)] * 10)
    assert steps(done)[:3] == [Step.REOPEN, Step.REOPEN, Step.REENUMERATE]
    assert Step.EXIT not in steps(done)
    assert len(done) <= 5


def test_an_engine_that_cannot_be_started_again_ends_nothing() -> None:
    done = course([(True, 3600.0)], Ill.GONE)
    assert set(steps(done)) == {Step.RESTART_ENGINE}
    # Once a minute, and a few times at the beginning.
    assert len(done) <= 60 + 5
    # Nor does it tire.
    assert done[-1].at_s > 3500


def test_an_engine_that_hangs_on_after_its_end_ends_the_program() -> None:
    done = course([(True, 60)], Ill.HANGING)
    assert steps(done)[0] is Step.RESTART_ENGINE
    assert steps(done)[-1] is Step.EXIT


def test_two_illnesses_have_two_courses() -> None:
    taken = Recovery().look({Ill.DEAF, Ill.GONE}, 0.0)
    assert [each.step for each in taken] == [Step.REOPEN, Step.RESTART_ENGINE]
    assert [each.check for each in taken] == [Check.CAPTURE, Check.ENGINES]


spells = st.lists(st.tuples(st.booleans(), st.floats(1.0, 60.0)), min_size=1, max_size=8)
ills = st.sampled_from(list(Ill))


@given(spells, ills)
def test_it_never_flaps(spells: list[tuple[bool, float]], ill: Ill) -> None:
    times = [each.at_s for each in course(spells, ill)]
    assert all(after_s - before_s >= WAIT_S for before_s, after_s in itertools.pairwise(times))
    for begins_s in times:
        minute = [at_s for at_s in times if begins_s <= at_s < begins_s + MOST_WAIT_S]
        assert len(minute) <= 1 + MOST_WAIT_S / STEADY_S


@given(spells, ills)
def test_the_ladder_is_walked_down_while_an_illness_lasts(
    spells: list[tuple[bool, float]], ill: Ill
) -> None:
    _, ladder = CURES[ill]
    done = course(spells, ill)
    for before, after in itertools.pairwise(done):
        if after.ill_s > after.at_s - before.at_s:
            assert ladder.index(after.step) >= ladder.index(before.step)


@given(spells, ills)
def test_the_end_comes_last_and_only_of_an_illness_without_a_break(
    spells: list[tuple[bool, float]], ill: Ill
) -> None:
    done = course(spells, ill)
    ends = [each for each in done if each.step is Step.EXIT]
    assert ends == ([done[-1]] if ends else [])
    assert all(each.ill_s >= LAST_RESORT_S for each in ends)


@pytest.mark.parametrize("ill", [Ill.DEAF, Ill.STUCK, Ill.HANGING])
@given(before=spells)
def test_an_illness_without_end_comes_to_one(ill: Ill, before: list[tuple[bool, float]]) -> None:
    done = course([*before, (True, MOST_WAIT_S + LAST_RESORT_S + 4 * WAIT_S)], ill)
    assert steps(done)[-1] is Step.EXIT


@given(spells, ills)
def test_every_step_is_counted(spells: list[tuple[bool, float]], ill: Ill) -> None:
    seen: Counter[Step] = Counter()
    for each in course(spells, ill):
        seen[each.step] += 1
        assert each.taken.count == seen[each.step]
