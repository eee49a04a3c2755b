"""What the brain learns from; needs the packages that only training needs."""

from __future__ import annotations

import itertools

import pytest

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from models.starter.brain import tokenizer  # noqa: E402
from models.starter.brain.batches import Batch, Batches, encode  # noqa: E402
from models.starter.brain.model import IGNORED, Brain, Shape  # noqa: E402
from models.starter.brain.train import plain_text, share_of_peak  # noqa: E402
from models.starter.corpus.examples import Example, open_corpus  # noqa: E402
from models.starter.language import chat  # noqa: E402


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return list(itertools.islice(open_corpus(21), 3_000))


@pytest.fixture(scope="module")
def words(examples):
    whole = {part for each in examples for part in chat.whole_parts(each.answer)}
    longest_first = sorted(whole, key=len, reverse=True)
    return tokenizer.train([plain_text(e, longest_first) for e in examples], whole, 600)


@pytest.fixture(scope="module")
def model(words):
    torch.manual_seed(1)
    return Brain(Shape(words.get_vocab_size(), 32, 2, 2, 64), tokenizer.bases(words))


def test_a_word_is_made_of_the_same_pieces_with_and_without_a_space(words) -> None:
    bases = tokenizer.bases(words)
    for word in ("pasta", "branstermo", "q", "kitchen"):
        alone = words.encode(word).ids
        spaced = [bases[each] for each in words.encode(f"set {word}").ids]
        assert spaced[-len(alone) :] == alone


def test_nothing_is_lost_in_tokens(examples: list[Example], words) -> None:
    for example in examples[:500]:
        text = example.prompt() + example.target() + chat.END
        assert words.decode(words.encode(text).ids, skip_special_tokens=False) == text


def test_a_tokenizer_of_other_marks_is_refused(words) -> None:
    with pytest.raises(ValueError, match="delete the cache folder"):
        tokenizer.number(words, "<|unheard_of|>")


def test_only_answers_are_learnt(words) -> None:
    batch = next(Batches(open_corpus(3), words, 2_000).all())
    assert batch.tokens.numel() <= 2_000
    learnt = batch.targets != IGNORED
    assert torch.equal(learnt, batch.weights > 0)
    for row in range(len(batch.tokens)):
        answer = words.decode(batch.targets[row][learnt[row]].tolist(), skip_special_tokens=False)
        assert answer.endswith(chat.END)
        assert "<|im_start|>" not in answer


def test_few_easy_examples_stand_for_all(words) -> None:
    def known(batch: Batch):
        return torch.zeros(batch.targets.shape)

    batches = Batches(open_corpus(3), words, 4_000)
    learnt = list(itertools.islice(batches.mostly_hard(known), 20))
    kept = sum(len(batch.tokens) for batch in learnt)
    assert {float(w) for batch in learnt for w in batch.weights.unique()} <= {0.0, 10.0, 20.0}
    assert batches.drawn > 8 * kept


def test_hard_examples_are_all_learnt(words) -> None:
    batches = Batches(open_corpus(3), words, 4_000)
    surprising = batches.mostly_hard(lambda batch: torch.ones(batch.targets.shape))
    assert float(next(surprising).weights.max()) == 2.0


def test_no_word_sees_what_follows(model, words) -> None:
    ids = torch.tensor([words.encode("set a timer for ten minutes").ids])
    table = model.table()
    whole, start = model.hidden(ids, table), model.hidden(ids[:, :3], table)
    assert torch.allclose(whole[:, :3], start, atol=1e-5)


def test_a_form_with_a_space_differs_by_one_vector(model, words) -> None:
    with torch.no_grad():
        model.space.fill_(0.5)
        table, bases = model.table(), tokenizer.bases(words)
    for token, base in enumerate(bases):
        wanted = table[base] + (0.5 if token != base else 0.0)
        assert torch.allclose(table[token], wanted)


def test_training_lowers_the_loss(model, examples: list[Example], words) -> None:
    batch = Batches(open_corpus(3), words, 2_000)._batch(encode(examples[:30], words))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        loss = (model.surprise(batch.tokens, batch.targets) * batch.weights).sum()
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.5 * losses[0]


def test_the_rate_rises_and_falls() -> None:
    shares = [share_of_peak(step, 1_000) for step in range(1_000)]
    assert shares[0] < 0.05
    assert max(shares) > 0.85
    assert shares[-1] < 0.01
    assert all(one >= other for one, other in itertools.pairwise(shares[100:]))
