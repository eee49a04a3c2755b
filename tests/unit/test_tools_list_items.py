import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.kept.list_items import PAIRS, split_items


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ("milk", ["milk"]),
        ("milk and eggs", ["milk", "eggs"]),
        ("milk, eggs, and bread", ["milk", "eggs", "bread"]),
        ("milk and eggs and two loaves of bread", ["milk", "eggs", "two loaves of bread"]),
        ("mac and cheese", ["mac and cheese"]),
        ("Mac And Cheese and milk", ["Mac and Cheese", "milk"]),
        ("milk and mac  and cheese", ["milk", "mac and cheese"]),
        ("ham and cheesecake", ["ham", "cheesecake"]),
        ("brandy and sand", ["brandy", "sand"]),
        ("milk plus eggs as well as jam", ["milk", "eggs", "jam"]),
        ("milk and also eggs", ["milk", "eggs"]),
        ("and", ["and"]),
        (" , and ,", []),
        ("", []),
    ],
)
def test_what_is_said_is_split_into_items(said, items):
    assert split_items(said) == items


@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_stay_together(pair):
    assert split_items(f"milk and {pair} and eggs") == ["milk", pair, "eggs"]


WORD = st.text(alphabet="bcdefgh", min_size=1, max_size=6)


@given(st.lists(WORD, min_size=1, max_size=6))
@pytest.mark.slow
def test_however_many_things_are_named_all_are_there(words):
    assert split_items(" and ".join(words)) == words
    assert split_items(", ".join(words)) == words


@given(st.text())
@pytest.mark.slow
def test_no_item_is_empty_or_padded(said):
    assert all(item and item == " ".join(item.split()) for item in split_items(said))
