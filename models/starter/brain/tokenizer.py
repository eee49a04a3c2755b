"""Trains the brain's byte-level BPE; its pre-tokenizer is GPT-2's, which llama.cpp has built in.

A word is split in the same places wherever it stands: no merge joins a space to letters while the
merges are learnt. Only then each piece that begins words gets a second form with its space. So a
word costs no token for the space before it, and "pasta" in a sentence and after the quote of an
argument are two forms of one piece, which the network is told (`bases`): copying stays easy.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from models.starter.language import chat

PIECES = 1400
"""Pieces of words, before their second forms: more would leave too few examples for each."""

SPACED_AT_LEAST = 30
"""How often a piece must begin a word in the sample to get a form with a space."""

SPACE = "Ġ"
"""How byte-level BPE writes a space."""


def train(texts: Sequence[str], whole: Iterable[str], size: int = PIECES) -> Tokenizer:
    """Return a tokenizer whose merges come from texts; each of `whole` becomes one token."""
    first = Tokenizer(models.BPE())
    first.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(" ", "isolated"),
        # Numbers are copied digit by digit.
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])  # fmt: skip
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=20,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    first.train_from_iterator(texts, trainer)
    return _finished(_with_spaces(first, texts), whole)


def _with_spaces(first: Tokenizer, texts: Iterable[str]) -> models.BPE:
    """Return the pieces and, last, those that often begin words joined to the space before."""
    learnt = json.loads(first.to_str())["model"]
    vocabulary: dict[str, int] = learnt["vocab"]
    pairs = [tuple(pair) for pair in learnt["merges"]]
    begins: Counter[str] = Counter()
    for encoding in first.encode_batch(list(texts)):
        pieces = encoding.tokens
        begins.update(b for a, b in itertools.pairwise(pieces) if a == SPACE)
    for piece, count in sorted(begins.items(), key=lambda item: vocabulary[item[0]]):
        if count >= SPACED_AT_LEAST and piece != SPACE:
            vocabulary[SPACE + piece] = len(vocabulary)
            pairs.append((SPACE, piece))
    return models.BPE(vocabulary, pairs)


def _finished(pieces: models.BPE, whole: Iterable[str]) -> Tokenizer:
    tokenizer = Tokenizer(pieces)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in chat.CONTROL])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in sorted(set(whole))])
    return tokenizer


def visible(tokenizer: Tokenizer) -> Iterator[str]:
    """Yield the tokens added whole that show in text."""
    for token in tokenizer.get_added_tokens_decoder().values():
        if not token.special:
            yield token.content


def bases(tokenizer: Tokenizer) -> list[int]:
    """Return for every token the token it is a form of with a space before, or itself."""
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    result = list(range(tokenizer.get_vocab_size()))
    for token, row in vocabulary.items():
        if token.startswith(SPACE) and len(token) > 1:
            result[row] = vocabulary[token.removeprefix(SPACE)]
    return result


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
