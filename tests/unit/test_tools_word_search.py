import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.kept.word_search import best_matches, word_stems

TEXTS = (
    "my keys are in the drawer",
    "the wifi password is sunshine",
    "I parked the car on the second floor",
    "grandma's birthday is in May",
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("keys", [0]),
        ("the key", [0]),
        ("Wifi passwords", [1]),
        ("car parking", [2]),
        ("where did I park", [2]),
        ("floor", [2]),
        ("grandma", [3]),
        ("the drawer and the wifi", [0, 1]),
        ("it", []),
        ("umbrella", []),
        ("", []),
    ],
)
def test_what_shares_most_words_is_found(wanted, found):
    assert best_matches(wanted, TEXTS) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("batteries", "battery"),
        ("carried", "carry"),
        ("stopping", "stop"),
        ("hoping", "hope"),
        ("Cars' keys", "car key"),
        ("baked", "bake"),
        ("twenty five", "25"),
    ],
)
def test_forms_of_a_word_are_alike(one, other):
    assert word_stems(one) == word_stems(other)


WORDS = st.text(alphabet="abcdefgiknorsty", min_size=1, max_size=9)
SENTENCES = st.lists(WORDS, max_size=6).map(" ".join)


@given(st.text() | SENTENCES, st.lists(st.text() | SENTENCES, max_size=6))
@pytest.mark.slow
def test_what_is_found_shares_words_and_stands_in_order(wanted, texts):
    found = best_matches(wanted, texts)
    assert found == sorted(set(found))
    assert all(word_stems(wanted) & word_stems(texts[index]) for index in found)
    if not found:
        assert not any(word_stems(wanted) & word_stems(text) for text in texts)


@given(SENTENCES, st.lists(SENTENCES, max_size=5))
@pytest.mark.slow
def test_a_text_finds_itself(text, others):
    assert bool(word_stems(text)) == (0 in best_matches(text, [text, *others]))


@given(SENTENCES, st.lists(SENTENCES, max_size=5))
@pytest.mark.slow
def test_the_case_of_letters_does_not_matter(wanted, texts):
    loud = [text.upper() for text in texts]
    assert best_matches(wanted.upper(), loud) == best_matches(wanted, texts)
