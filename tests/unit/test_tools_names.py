import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.names import bare_name, name_key, same_name, singular
from xtalk_edge.tools.spoken import number_words

NAMES = st.text(alphabet=st.sampled_from("aethmyouf -.,'?!\t") | st.characters(), max_size=30)


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("the kitchen light.", "kitchen light"),
        ("My  Some car", "car"),
        ("a", ""),
        ("the bathroom a", "bathroom a"),
        ("Theo", "Theo"),
        ("", ""),
    ],
)
def test_what_stands_before_a_name_is_dropped(said, bare):
    assert bare_name(said) == bare


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Kitchen Light", "kitchen light"),
        ("to-do", "to do"),
        ("mom's", "moms"),
        ("twenty-five minute", "25 minute"),
        ("ten", "10"),
        ("an egg!", "egg"),
    ],
)
def test_names_that_sound_alike(one, other):
    assert same_name(one, other)
    assert not same_name(one, f"{other} too")


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("lights", "light"),
        ("batteries", "battery"),
        ("switches", "switch"),
        ("glasses", "glass"),
        ("boxes", "box"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("gas", "gas"),
        ("pies", "pie"),
        ("fan", "fan"),
    ],
)
def test_one_of_many(many, one):
    assert singular(many) == one


@given(NAMES)
@pytest.mark.slow
def test_a_bare_name_is_bare_and_sounds_the_same(name):
    bare = bare_name(name)
    assert bare_name(bare) == bare
    assert same_name(name, bare)


@given(NAMES)
@pytest.mark.slow
def test_a_key_is_its_own_key(name):
    assert name_key(name_key(name)) == name_key(name)


@given(st.integers(0, 99))
@pytest.mark.slow
def test_numbers_are_the_same_in_words_and_digits(number):
    assert name_key(f"{number_words(number)} minute") == f"{number} minute"
