"""What the starter corpus says about times, days, dates and places means what it says."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.starter.language import dates, description, durations, moments, open_words
from models.starter.language.clock_times import (
    any_clock,
    by_name,
    clock_time,
    settled_time,
    twelve_hour,
    whole_day,
    with_half,
)
from models.starter.language.corrections import CORRECTIONS, corrected
from models.starter.language.figures import Said
from models.starter.language.filler import Filler
from models.starter.language.phrases import parse, pick
from models.starter.language.places import place

SEEDS = st.integers(0, 2**32)
WAYS = {
    "seven": (7, 0), "seven o'clock": (7, 0), "7:00": (7, 0), "half past seven": (7, 30),
    "half seven": (7, 30), "quarter to eight": (7, 45), "quarter past seven": (7, 15),
    "ten to nine": (8, 50), "twenty past six": (6, 20), "seven oh five": (7, 5),
    "seven thirty": (7, 30), "7:30": (7, 30), "6.45": (6, 45), "quarter to one": (12, 45),
    "half past 7": (7, 30), "five to twelve": (11, 55),
}  # fmt: skip


@pytest.fixture(scope="module")
def clocks() -> dict[str, tuple[int, int]]:
    rng = random.Random(1)
    made = [twelve_hour(rng) for _ in range(60_000)]
    return {clock.text: (clock.hour, clock.minute) for clock in made}


@pytest.mark.parametrize("text", WAYS)
@pytest.mark.slow
def test_every_way_to_say_a_time_is_taught_with_its_meaning(
    clocks: dict[str, tuple[int, int]], text: str
) -> None:
    assert clocks[text] == WAYS[text]


@pytest.mark.slow
def test_no_wording_means_two_times() -> None:
    rng = random.Random(2)
    meanings: dict[str, set[tuple[int, int]]] = {}
    for _ in range(60_000):
        clock = twelve_hour(rng) if rng.random() < 0.7 else whole_day(rng)
        meanings.setdefault(clock.text, set()).add((clock.hour, clock.minute))
    assert [text for text, found in meanings.items() if len(found) > 1] == []


@given(SEEDS)
@pytest.mark.slow
def test_times_are_on_the_clock(seed: int) -> None:
    for make in (clock_time, settled_time, moments.moment, moments.routine, moments.time_of_day):
        text, meant = make(random.Random(seed))
        assert text == text.strip()
        assert 0 <= meant["hour"] <= 23
        assert 1 <= meant.get("minute", 1) <= 59
        assert meant.get("period", "am") in ("am", "pm")
        assert meant.get("day", "today") in ("today", "tomorrow", *moments.WEEKDAYS)


@given(SEEDS)
def test_a_time_of_a_whole_day_takes_no_half(seed: int) -> None:
    rng = random.Random(seed)
    clock = whole_day(rng)
    assert clock.settled
    assert with_half(clock, rng, dated=False) == clock
    assert by_name(rng).period in ("am", "pm")
    said = any_clock(rng, dated=True)
    assert "tonight" not in said.text


def test_a_day_and_tonight_do_not_meet() -> None:
    rng = random.Random(3)
    for _ in range(5_000):
        text, meant = moments.moment(rng)
        assert "day" not in meant or "tonight" not in text, text


def test_a_repetition_means_what_it_says() -> None:
    rng = random.Random(4)
    for _ in range(3_000):
        text, meant = moments.repetition(rng)
        assert meant["repeat"] in ("daily", "weekdays", "weekends", "weekly")
        assert (meant["repeat"] == "weekly") == ("day" in meant)
        assert ("morning" in text) == (meant.get("period") == "am")
    assert "period" not in moments.repeated(rng)[1]


COPIED: dict[str, Callable[[random.Random], Said]] = {
    "date": dates.date, "near_date": dates.near_date, "place": place,
    "span_name": durations.span_name, "duration_name": durations.duration_name,
}  # fmt: skip


@pytest.mark.parametrize("make", COPIED.values(), ids=COPIED.keys())
@given(seed=SEEDS)
@pytest.mark.slow
def test_what_is_copied_stands_in_the_text_without_its_article(
    make: Callable[[random.Random], Said], seed: int
) -> None:
    text, meant = make(random.Random(seed))
    (copied,) = meant.values()
    assert copied in text
    assert not copied.startswith(("the ", "my ", "our "))


def test_many_dates_and_places_are_taught() -> None:
    rng = random.Random(5)
    assert len({dates.date(rng)[0] for _ in range(5_000)}) > 1_000
    assert len({place(rng)[0] for _ in range(5_000)}) > 1_000
    assert dates.ordinal(21) == "twenty first"
    assert dates.ordinal(30) == "thirtieth"
    assert dates.ordinal(31) == "thirty first"


@given(SEEDS)
@pytest.mark.slow
def test_a_stretch_is_counted_in_its_unit(seed: int) -> None:
    text, meant = dates.stretch(random.Random(seed))
    assert text
    assert meant["count"] > 0
    assert meant["unit"] in dates.UNITS


@given(SEEDS)
@pytest.mark.slow
def test_more_minutes_are_minutes(seed: int) -> None:
    rng = random.Random(seed)
    for make in (durations.more_span, durations.only_minutes, durations.brief):
        assert set(make(rng)[1]) == {"minutes"}


def test_of_a_correction_the_last_counts() -> None:
    said = corrected("five", "ten minutes", random.Random(1))
    assert said.startswith("five ")
    assert said.endswith(" ten minutes")
    assert said.removeprefix("five ").removesuffix(" ten minutes") in CORRECTIONS


def test_names_are_words_nobody_told_apart() -> None:
    rng = random.Random(6)
    loaded = description.load()
    for _ in range(2_000):
        name = Filler(loaded, rng)._name("name")
        assert open_words.TOLD_APART.isdisjoint(name.split())
        assert not name.startswith(("the ", "a "))


def test_what_follows_a_value_sticks_to_it() -> None:
    phrase = parse("{plain_day}'s alarm", {})
    assert pick(phrase.body, random.Random(1), lambda _: "tomorrow") == "tomorrow's alarm"


def test_several_entries_make_one_tool() -> None:
    loaded = description.load()
    entries = [tool for tool in loaded.tools if tool.name == "change_timer"]
    assert {tool.fixed["change"] for tool in entries} == {"to", "add", "subtract"}
    assert len({tool.arguments for tool in entries}) == 1
