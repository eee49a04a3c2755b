import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.border_words import _ORDERS, border_order


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("go offline", "go_offline"),
        ("Okay, go offline now, please!", "go_offline"),
        ("go offline and stay offline", "go_offline"),
        ("turn the cloud off", "go_offline"),
        ("go online", "go_online"),
        ("please go back online again", "go_online"),
        ("what have you sent today", "what_left"),
        ("Does anything leave this device?", "what_left"),
        ("hey what did you send to the cloud", "what_left"),
    ],
)
def test_the_owners_word_is_understood(text, order):
    assert border_order(text) == order


@pytest.mark.parametrize(
    "text",
    ["", "please", "go on", "go", "offline", "online", "are you online", "can you go online",
     "don't go offline", "never go online", "go offline go online", "she said go offline",
     "go offline and set a timer", "what happens when you go offline", "go offline at ten",
     "what have you sent to my mother", "and again"],
)  # fmt: skip
def test_what_is_more_or_less_than_an_order_is_for_the_agent(text):
    assert border_order(text) is None


def test_no_phrase_means_two_things():
    for order, phrases in _ORDERS.items():
        for words in phrases._phrases:
            assert border_order(" ".join(words)) == order


@given(st.text(max_size=40))
def test_any_text_is_an_order_or_none(text):
    assert border_order(text) in (None, *_ORDERS)
