import random
import re

import pytest

from tests.unit.tool_talk import talk
from xtalk_edge.tools.figures.chance import flip_coin, roll_dice
from xtalk_edge.tools.spoken import number_words

TOOLS = (flip_coin, roll_dice)
NUMBERS = {number_words(number): number for number in range(100)} | {"100": 100}


def test_a_coin_has_two_sides_and_no_memory(tmp_path):
    said = talk(tmp_path, TOOLS, *[("flip_coin", {})] * 200)
    assert set(said) == {"Heads.", "Tails."}
    assert 60 < said.count("Heads.") < 140


def test_a_die_has_six_sides(tmp_path):
    said = talk(tmp_path, TOOLS, *[("roll_dice", {})] * 200)
    assert set(said) == {f"You rolled {number_words(number)}." for number in range(1, 7)}


def test_several_dice_are_added_up(tmp_path):
    for answer in talk(tmp_path, TOOLS, *[("roll_dice", {"count": 3, "sides": 20})] * 50):
        parts = re.fullmatch(r"You rolled (.*), (.*) and (.*)\. That makes (.*)\.", answer)
        assert parts is not None
        *rolled, total = (NUMBERS[word] for word in parts.groups())
        assert sum(rolled) == total
        assert all(1 <= each <= 20 for each in rolled)


def test_the_same_luck_gives_the_same_numbers(tmp_path):
    calls = [("roll_dice", {"count": 2}), ("flip_coin", {})] * 5
    once, again = (talk(tmp_path, TOOLS, *calls, choose=random.Random(3)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"count": 0}, "Sorry, the count must be between 1 and 10."),
        ({"count": 11}, "Sorry, the count must be between 1 and 10."),
        ({"sides": 1}, "Sorry, the sides must be between 2 and 100."),
    ],
)
def test_impossible_dice(tmp_path, arguments, sentence):
    assert talk(tmp_path, TOOLS, ("roll_dice", arguments)) == [sentence]
