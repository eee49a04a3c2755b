import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.net.printable import LONGEST_LINE_CHARS, one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("Grüße, 你好, 🙂", "Grüße, 你好, 🙂"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("\x1b[31mred\x1b]0;title\x07", " [31mred ]0;title "),
        ("\x9b31mred", " 31mred"),
        ("pay \u202egro.live\u202c now", "pay  gro.live  now"),
        ("\u2066a\u2069\u200bb\ufeffc", " a  b c"),
        ("a\u2028b\u2029c", "a b c"),
        ("\ud800half", " half"),
        ("\U000e0041tagged", " tagged"),
    ],
)
def test_what_has_no_shape_becomes_a_space(text, shown):
    assert printable(text) == shown


@given(st.text(alphabet=st.characters(), max_size=50))
def test_what_is_printable_stays_so_and_nothing_else_is_left(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert printable(shown) == shown
    assert not [each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp")]
    assert len(shown.splitlines()) <= 1
    shown.encode()


def test_a_line_is_one_line_and_bounded():
    assert one_line("  500\r\nInternal   \x1b[2J error ") == "500 Internal [2J error"
    assert one_line("") == ""
    long = one_line("word " * 1_000_000)
    assert len(long) == LONGEST_LINE_CHARS
    assert long.endswith("…")
    assert one_line("abcdef", 6) == "abcdef"
    assert one_line("abcdefg", 6) == "abcde…"


@given(st.text(max_size=100), st.integers(1, 50))
def test_a_line_never_is_longer_than_asked(text, longest):
    shown = one_line(text, longest)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1
