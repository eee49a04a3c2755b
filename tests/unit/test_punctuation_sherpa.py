"""Marks and capitals by sherpa-onnx's networks, through the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_punctuation import write_chinese_punctuation, write_punctuation
from xtalk_edge.engines.punctuation.sherpa import (
    ENGLISH_LABELS,
    LONGEST_WORD,
    SherpaPunctuation,
    in_the_script_of_its_words,
)
from xtalk_edge.errors import ConfigError, ModelError


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("what time is it", "What time is it?"),
        ("WHAT TIME IS IT", "What time is it?"),
        ("turn on the light then close the door", "turn on the light, then close the door."),
        ("  nasa   it ", "NASA it?"),
        ("x" * (LONGEST_WORD + 1), "x" * (LONGEST_WORD + 1)),
        ("", ""),
        (" ", " "),
    ],
)
@pytest.mark.slow
def test_english_gets_marks_and_capitals(tmp_path: Path, text: str, marked: str) -> None:
    assert SherpaPunctuation(str(write_punctuation(tmp_path))).restore(text) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [("你好吗", "你好，吗？"), ("turn on the light then close the door",
                          "turn on the light, then close the door.")],
)  # fmt: skip
@pytest.mark.slow
def test_chinese_and_english_get_marks_of_their_own(tmp_path: Path, text: str, marked: str) -> None:
    assert SherpaPunctuation(str(write_chinese_punctuation(tmp_path))).restore(text) == marked


def test_marks_have_the_script_of_the_word_before() -> None:
    assert in_the_script_of_its_words("用 light， 好。") == "用 light, 好。"
    assert in_the_script_of_its_words("你好，world。okay、") == "你好，world. okay,"


def test_long_texts_keep_their_words(tmp_path: Path) -> None:
    text = " ".join(["turn on the light"] * 200)
    marked = SherpaPunctuation(str(write_punctuation(tmp_path))).restore(text)
    assert marked.replace(",", "") == text


@pytest.mark.parametrize(
    "facts", [{"x": 1}, ENGLISH_LABELS | {"QUESTION": 4}, {"tokens": "a|b", "vocab_size": 3}]
)
def test_another_model_is_refused(tmp_path: Path, facts: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="no punctuation model"):
        SherpaPunctuation(str(write_punctuation(tmp_path, facts)))


def test_without_its_vocabulary_an_english_model_is_refused(tmp_path: Path) -> None:
    folder = write_punctuation(tmp_path)
    (folder / "bpe.vocab").write_text("a b\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"bpe\.vocab is missing or no vocabulary"):
        SherpaPunctuation(str(folder))


def test_too_many_threads_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"punctuation\.threads"):
        SherpaPunctuation("any", threads=0)
