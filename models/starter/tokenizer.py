"""Trains the brain's byte-level BPE; its pre-tokenizer is GPT-2's, which llama.cpp has built in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from models.starter import chat

VOCABULARY = 1536


def train(texts: Iterable[str], size: int = VOCABULARY) -> Tokenizer:
    """Return a tokenizer whose merges come from texts."""
    tokenizer = Tokenizer(models.BPE())
    # While the merges are learnt every digit and every space stands alone, so no merge ever joins
    # them, with plain GPT-2 splitting at run time either: a number is copied digit by digit, and
    # "pasta" is the same token in a sentence and after the quote of an argument.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(" ", "isolated"),
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])  # fmt: skip
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(chat.CONTROL) - len(chat.VISIBLE),
        min_frequency=20,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in chat.CONTROL])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in chat.VISIBLE])
    return tokenizer


def merges(tokenizer: Tokenizer) -> list[str]:
    """Return the merges in order, as GGUF wants them: "left right"."""
    pairs = json.loads(tokenizer.to_str())["model"]["merges"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]


def number(tokenizer: Tokenizer, token: str) -> int:
    """Return a token's number.

    Raises:
        ValueError: the vocabulary lacks it, as a cached one may after `chat` changed.
    """
    found: int | None = tokenizer.token_to_id(token)
    if found is None:
        raise ValueError(f"no token {token!r}: delete the cache folder and train again")
    return found


def load(path: Path) -> Tokenizer:
    """Return the tokenizer saved at path."""
    return Tokenizer.from_file(str(path))
