"""Tags of X-Talk's recognisers are read and taken out of the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.turn.semantic_tag import more_is_to_come, without_tags


@pytest.mark.parametrize(
    ("text", "plain", "tag"),
    [
        ("turn it off", "turn it off", ""),
        ("turn it<incomplete>", "turn it", "<incomplete>"),
        ("<complete> turn it off", "turn it off", "<complete>"),
        ("wait <wait> a moment<incomplete>", "wait a moment", "<incomplete>"),
        ("a < b > c", "a < b > c", ""),
        ("<backchannel>", "", "<backchannel>"),
    ],
)
def test_tags_are_told_from_words(text: str, plain: str, tag: str) -> None:
    assert without_tags(text) == (plain, tag)


@given(st.text())
@pytest.mark.slow
def test_no_tag_remains(text: str) -> None:
    plain, _ = without_tags(f"<wait>{text}<complete>")
    assert "<wait>" not in plain and "<complete>" not in plain


def test_only_two_tags_ask_for_patience() -> None:
    tags = ("", "<complete>", "<backchannel>", "<incomplete>", "<wait>")
    assert [tag for tag in tags if more_is_to_come(tag)] == ["<incomplete>", "<wait>"]
