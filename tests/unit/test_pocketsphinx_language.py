"""The restricted language model gives every sequence of its words the probability it had."""

from __future__ import annotations

import random
from pathlib import Path

import pocketsphinx
import pytest

from xtalk_edge.engines.asr.pocketsphinx_language import language_of_words
from xtalk_edge.errors import ModelError

ENGLISH = Path(str(pocketsphinx.get_model_path())) / "en-us" / "en-us.lm.bin"
WORDS = [
    *("what", "time", "is", "it", "in", "the", "kitchen", "and", "set"),
    *("a", "light", "to", "red", "for", "ten", "minutes", "please"),
]


@pytest.fixture(scope="module")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("language") / "few.lm.bin"
    language_of_words(ENGLISH, WORDS, written)
    return written


@pytest.mark.slow
def test_probabilities_stay_to_the_last_bit(restricted: Path) -> None:
    whole = pocketsphinx.NGramModel.readfile(str(ENGLISH))
    few = pocketsphinx.NGramModel.readfile(str(restricted))
    draw = random.Random(1)
    likely = [WORDS[at : at + 3] for at in range(len(WORDS) - 2)]
    drawn = [draw.choices(WORDS, k=draw.randint(1, 3)) for _ in range(3000)]
    for words in (*likely, *drawn, ["<s>", "what"], ["minutes", "</s>"]):
        assert few.prob(words) == whole.prob(words), words


@pytest.mark.slow
def test_it_is_as_small_as_its_words(restricted: Path) -> None:
    # Its tables alone are 786 kB.
    assert restricted.stat().st_size < 900_000


def test_restricting_it_again_changes_nothing(restricted: Path, tmp_path: Path) -> None:
    language_of_words(restricted, WORDS, tmp_path / "again.lm.bin")
    assert (tmp_path / "again.lm.bin").read_bytes() == restricted.read_bytes()


@pytest.mark.slow
def test_words_it_does_not_know_are_no_harm(tmp_path: Path) -> None:
    written = tmp_path / "x.lm.bin"
    language_of_words(ENGLISH, ["xyzzy"], written)
    assert pocketsphinx.NGramModel.readfile(str(written)).prob(["</s>"]) < 0


@pytest.mark.parametrize("kept", [0, 10, 19, 20, 40, 900, 800_000, -600_000, -1])
@pytest.mark.slow
def test_a_file_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    cut = tmp_path / "cut.lm.bin"
    data = ENGLISH.read_bytes()
    cut.write_bytes(data[:kept])
    with pytest.raises(ModelError, match="no language model"):
        language_of_words(cut, WORDS, tmp_path / "written.lm.bin")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.lm\.bin"):
        language_of_words(tmp_path / "nothing.lm.bin", WORDS, tmp_path / "written.lm.bin")
