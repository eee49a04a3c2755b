"""What is said about a ring."""

import datetime

import pytest

from xtalk_edge.tools.timekeeping.ringing import MISSED_S, MissedRings, Ring

MONDAY = datetime.date(2026, 5, 4)


@pytest.mark.parametrize(
    ("ring", "sentence", "missed"),
    [
        (Ring("timer", 1, "pasta timer"), "Your pasta timer is done.", False),
        (Ring("timer", 1, "tea timer", 20), "Your tea timer ended twenty seconds ago.", False),
        (Ring("timer", 1, "tea timer", 150), "Your tea timer ended two minutes ago.", False),
        (Ring("timer", 1, "tea timer", 7300), "Your tea timer ended two hours ago.", True),
        (Ring("alarm", 1, "noon alarm", 4.9, MONDAY), "This is your noon alarm.", False),
        (Ring("alarm", 1, "noon alarm", 60, MONDAY), "This is your noon alarm, one minute late.",
         False),
        (Ring("alarm", 1, "noon alarm", MISSED_S + 1, MONDAY),
         "I missed your noon alarm thirty minutes ago.", True),
        (Ring("alarm", 1, "noon alarm", 9, MONDAY, cut_off=True),
         "Your noon alarm rang while I was restarting.", True),
    ],
)  # fmt: skip
def test_one_ring(ring, sentence, missed):
    assert (ring.sentence(), ring.missed) == (sentence, missed)
    assert MissedRings((ring,)).sentence() == sentence


def test_many_missed_ones_are_one_sentence():
    rings = tuple(Ring("timer", number, f"{name} timer") for number, name in enumerate("abcdef"))
    assert MissedRings(rings[:2]).sentence() == (
        "While I was away, you missed your a timer and your b timer."
    )
    assert MissedRings(rings).sentence() == (
        "While I was away, you missed your a timer, your b timer, your c timer and three others."
    )


def test_occurrences_are_told_apart():
    tuesday = MONDAY + datetime.timedelta(days=1)
    rings = [
        Ring("timer", 1, ""), Ring("timer", 2, ""), Ring("alarm", 1, "", day=MONDAY),
        Ring("alarm", 1, "", day=tuesday), Ring("alarm", 2, "", day=MONDAY),
        Ring("alarm", 3, ""),
    ]  # fmt: skip
    assert len({ring.occurrence for ring in rings}) == len(rings)
