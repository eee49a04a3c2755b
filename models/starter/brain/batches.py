"""Turns the corpus into batches of about one size, mostly of what the brain does not know yet."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.starter.brain import tokenizer
from models.starter.brain.model import IGNORED
from models.starter.corpus.examples import Corpus, Example
from models.starter.language import chat

POOL = 8192
"""Examples sorted by length together, so that short sentences are not padded to long ones."""

DECISION_TOKENS = 2
DECISION_WEIGHT = 2.0
"""Whether to act, and with which tool: these count twice, since all that follows hangs on them."""

HARD = 0.5
"""Surprise of a whole answer, in nats, from which on an example is learnt from in any case."""

EASIEST_SHARE = 0.1
"""How many of the easiest examples are learnt from; they then count ten times."""


@dataclass(frozen=True, slots=True)
class Item:
    """An encoded example."""

    ids: list[int]
    asked: int
    """How many of the tokens are the prompt."""
    weight: float = 1.0
    """For how many examples it stands."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokens, what should follow each, and how much that counts; all (examples, time)."""

    tokens: Tensor
    targets: Tensor
    weights: Tensor


Surprise = Callable[[Batch], Tensor]
"""Returns the cross-entropy of every target of a batch."""


def encode(examples: list[Example], words: Tokenizer) -> list[Item]:
    """Return examples as tokens."""
    asked = words.encode_batch([e.prompt() for e in examples])
    answers = words.encode_batch([e.target() + chat.END for e in examples])
    return [Item(a.ids + b.ids, len(a.ids)) for a, b in zip(asked, answers, strict=True)]


class Batches:
    """An endless source of batches of at most `budget` tokens; only the answers are targets."""

    def __init__(self, corpus: Corpus, words: Tokenizer, budget: int) -> None:
        self._stream = iter(corpus)
        self._rng = corpus.rng
        self._words = words
        self._budget = budget
        self._pad = tokenizer.number(words, chat.PAD)
        self.drawn = 0
        """Examples drawn so far."""

    def all(self) -> Iterator[Batch]:
        """Yield batches of whatever is drawn."""
        while True:
            yield from self._shuffled(self._pool())

    def mostly_hard(self, surprise: Surprise) -> Iterator[Batch]:
        """Yield batches in which easy examples are few and count for the many left out.

        On average they teach the same, at less than half the cost: looking at an example costs
        a third of learning from it, and soon most are known.
        """
        while True:
            found: list[Item] = []
            while len(found) < POOL // 2:
                for group in self._grouped(self._pool()):
                    found += self._selected(group, surprise(self._batch(group)).sum(1).tolist())
            yield from self._shuffled(found)

    def _pool(self) -> list[Item]:
        self.drawn += POOL
        return encode(list(itertools.islice(self._stream, POOL)), self._words)

    def _selected(self, group: list[Item], surprises: Iterable[float]) -> Iterator[Item]:
        for item, nats in zip(group, surprises, strict=True):
            share = min(1.0, max(EASIEST_SHARE, nats / HARD))
            if self._rng.random() < share:
                yield Item(item.ids, item.asked, 1.0 / share)

    def _shuffled(self, items: list[Item]) -> Iterator[Batch]:
        groups = list(self._grouped(items))
        self._rng.shuffle(groups)
        yield from map(self._batch, groups)

    def _grouped(self, items: list[Item]) -> Iterator[list[Item]]:
        group: list[Item] = []
        for item in sorted(items, key=lambda each: len(each.ids)):
            if group and len(item.ids) * (len(group) + 1) > self._budget:
                yield group
                group = []
            group.append(item)
        yield group

    def _batch(self, group: list[Item]) -> Batch:
        width = max(len(item.ids) for item in group)
        tokens = torch.full((len(group), width), self._pad)
        targets = torch.full((len(group), width), IGNORED)
        weights = torch.zeros(len(group), width)
        for row, item in enumerate(group):
            tokens[row, : len(item.ids)] = torch.tensor(item.ids)
            targets[row, item.asked : len(item.ids)] = torch.tensor(item.ids[item.asked :])
            weights[row, item.asked : len(item.ids)] = item.weight
            weights[row, item.asked : item.asked + DECISION_TOKENS] = DECISION_WEIGHT * item.weight
        return Batch(tokens[:, :-1], targets[:, 1:], weights[:, 1:])
