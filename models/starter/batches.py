"""Turns the corpus into batches of tokens of about one size each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.starter import chat, tokenizer
from models.starter.corpus import Corpus, Example
from models.starter.model import IGNORED

POOL = 8192
"""Examples sorted by length together, so that short sentences are not padded to long ones."""

DECISION_TOKENS = 2
DECISION_WEIGHT = 2.0
"""Whether to act, and with which tool: these count twice, since all that follows hangs on them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokens, what should follow each, and how much that counts; all (examples, time)."""

    tokens: Tensor
    targets: Tensor
    weights: Tensor


def encode(examples: list[Example], words: Tokenizer) -> list[tuple[list[int], int]]:
    """Return each example's tokens and how many of them are the prompt."""
    asked = words.encode_batch([e.prompt() for e in examples])
    answers = words.encode_batch([e.target() + chat.END for e in examples])
    return [(a.ids + b.ids, len(a.ids)) for a, b in zip(asked, answers, strict=True)]


def batches(corpus: Corpus, words: Tokenizer, budget: int) -> Iterator[Batch]:
    """Yield batches of at most `budget` tokens for ever; only the answers are targets."""
    pad = tokenizer.number(words, chat.PAD)
    stream = iter(corpus)
    while True:
        pool = encode(list(itertools.islice(stream, POOL)), words)
        pool.sort(key=lambda pair: len(pair[0]))
        groups = list(_grouped(pool, budget))
        corpus.rng.shuffle(groups)
        for group in groups:
            yield _batch(group, pad)


def _grouped(
    pool: list[tuple[list[int], int]], budget: int
) -> Iterator[list[tuple[list[int], int]]]:
    """Cut a pool that is sorted by length."""
    group: list[tuple[list[int], int]] = []
    for pair in pool:
        if group and len(pair[0]) * (len(group) + 1) > budget:
            yield group
            group = []
        group.append(pair)
    yield group


def _batch(group: list[tuple[list[int], int]], pad: int) -> Batch:
    width = max(len(ids) for ids, _ in group)
    tokens = torch.full((len(group), width), pad)
    targets = torch.full((len(group), width), IGNORED)
    weights = torch.ones(len(group), width)
    for row, (ids, asked) in enumerate(group):
        tokens[row, : len(ids)] = torch.tensor(ids)
        targets[row, asked : len(ids)] = torch.tensor(ids[asked:])
        weights[row, asked : asked + DECISION_TOKENS] = DECISION_WEIGHT
    return Batch(tokens[:, :-1], targets[:, 1:], weights[:, 1:])
