"""The built-in model file splits words as its training assumes, and knows its own limits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.starter import KIT
from models.starter.brain import certainty
from models.starter.brain.asking import Brain
from models.starter.corpus.examples import open_corpus
from models.starter.language import chat
from models.starter.language.description import load
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.interfaces import ToolCall

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def model() -> Iterator[LlamaModel]:
    opened = LlamaModel(KIT / "brain.gguf")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def brain() -> Iterator[Brain]:
    opened = Brain(KIT / "brain.gguf")
    yield opened
    opened.close()


def pieces(model: LlamaModel, text: str) -> list[str]:
    return [model.piece(token).decode() for token in model.tokenize(text)]


@given(WORDS)
@pytest.mark.slow
def test_a_word_is_split_alike_in_a_sentence_and_in_a_call(model: LlamaModel, word: str) -> None:
    said = pieces(model, f"set {word}")
    copied = pieces(model, f'"name": "{word}"')
    start = said.index(" ") if " " in said else next(
        at for at, piece in enumerate(said) if piece.startswith(" ")
    )  # fmt: skip
    inside = copied[1:-1]
    assert "".join(said[start:]).strip() == "".join(inside) == word
    spaced = [piece.strip() for piece in said[start:]]
    assert [piece for piece in spaced if piece] == inside


@given(st.integers(0, 10_000))
@pytest.mark.slow
def test_a_number_is_read_digit_by_digit(model: LlamaModel, number: int) -> None:
    assert [piece.strip() for piece in pieces(model, f"for {number}")][-len(str(number)) :] == [
        *str(number)
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("few_probes")
def test_a_choice_is_one_token(model: LlamaModel) -> None:
    for example in itertools.islice(open_corpus(9), 300):
        for part in chat.whole_parts(example.answer):
            assert pieces(model, part) == [part]
    for reply in load().replies:
        assert pieces(model, reply.answer) == [reply.answer]


def test_marks_are_marks(model: LlamaModel) -> None:
    for mark in chat.CONTROL:
        (token,) = model.tokenize(mark)
        assert model.is_mark(token)
    assert model.is_end(model.tokenize(chat.END)[0])


def test_the_brain_says_how_sure_it_must_be(model: LlamaModel) -> None:
    act, ask = (float(model.figure(certainty.key(name))) for name in ("act_above", "ask_above"))
    assert 0.0 < ask <= act < 1.0
    assert float(model.figure(certainty.key("confidence_scale"))) > 0.0


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("Set a timer for ten minutes.", ToolCall("set_timer", {"minutes": 10})),
        ("What time is it?", ToolCall("get_time", {})),
        ("Add milk to the shopping list", ToolCall("add_item", {"item": "milk"})),
        ("I bought milk yesterday", None),
    ],
)
def test_it_understands(brain: Brain, text: str, call: ToolCall | None) -> None:
    assert brain.answer(text).call == call


def test_it_goes_on_from_the_call_before(brain: Brain) -> None:
    before = chat.Exchange(
        "set a timer for five minutes", chat.call("set_timer", {"minutes": 5})
    )  # fmt: skip
    made = brain.answer("Make it ten minutes.", before).call
    assert made == ToolCall("change_timer", {"change": "to", "minutes": 10})
    assert brain.answer("what time is it", before).call == ToolCall("get_time", {})
