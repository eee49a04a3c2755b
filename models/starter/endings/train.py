"""Trains the model of sentence endings from the corpus and writes endings.npz.

python -m models.starter.endings.train    takes some three minutes on one core.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from models.starter.corpus import held_out
from models.starter.corpus.examples import Corpus, Example
from models.starter.language import chat
from xtalk_edge.engines.turn_detector.endings import BUCKETS, features, without_afterthoughts
from xtalk_edge.turn.phrases import spoken_words

HERE = Path(__file__).parent
SEED = 11
BATCH_ROWS = 8192
RATE = 0.02
DECAY = 3e-6
"""Pulls every weight towards none: what was seen once shall not decide."""

LONGEST_WORDS = 20
"""Longer sentences are lists and stories, whose beginnings would outnumber all orders."""


class Rows:
    """Sentences and their beginnings, each as the weights that count for it."""

    def __init__(self) -> None:
        self.indices: list[int] = []
        self.starts: list[int] = []
        self.whole: list[float] = []
        self.counts: list[float] = []
        """How much each row weighs: all beginnings of a sentence together as much as itself."""

    def add(self, text: str) -> None:
        """Take in a sentence."""
        words = without_afterthoughts(spoken_words(text))
        if not 0 < len(words) <= LONGEST_WORDS:
            return
        for length in range(1, len(words) + 1):
            whole = length == len(words)
            self.starts.append(len(self.indices))
            self.indices += features(words[:length])
            self.whole.append(float(whole))
            self.counts.append(1.0 if whole else 1.0 / (len(words) - 1))


def sentences(examples: Iterable[Example]) -> Iterator[str]:
    """Return what is said in the examples that begin a turn."""
    return (example.text for example in examples if example.result is None)


def asked_aloud() -> frozenset[str]:
    """Return the sentences with which `xtalk-edge bench turn` measures."""
    lines = (HERE.parent / "ears" / "exam.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(chat.normalise(line.split("\t")[0]) for line in lines)


def fit(rows: Rows, passes: int) -> tuple[np.ndarray, float]:
    """Return the weights and the bias of a logistic regression on the rows."""
    indices = torch.tensor(rows.indices)
    starts = torch.tensor([*rows.starts, len(rows.indices)])
    whole, counts = torch.tensor(rows.whole), torch.tensor(rows.counts)
    weights = torch.zeros(BUCKETS, 1, requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([weights, bias], lr=RATE)
    for number in range(passes):
        total = 0.0
        for batch in torch.randperm(len(whole)).split(BATCH_ROWS):
            begins, lengths = starts[batch], starts[batch + 1] - starts[batch]
            offsets = lengths.cumsum(0) - lengths
            within = torch.arange(int(lengths.sum())) - offsets.repeat_interleave(lengths)
            chosen = indices[begins.repeat_interleave(lengths) + within]
            score = F.embedding_bag(chosen, weights, offsets, mode="sum").squeeze(1) + bias
            losses = F.binary_cross_entropy_with_logits(score, whole[batch], reduction="none")
            loss = (losses * counts[batch]).sum() / counts[batch].sum()
            optimizer.zero_grad()
            (loss + DECAY * weights.square().sum()).backward()
            optimizer.step()
            total += loss.item() * len(batch)
        print(f"pass {number + 1}: loss {total / len(whole):.4f}")
    return weights.detach().numpy()[:, 0], float(bias)


def write(weights: np.ndarray, bias: float, path: Path) -> None:
    """Write the weights in eight bits each."""
    scale = float(np.abs(weights).max()) / 127
    packed = np.round(weights / scale).astype(np.int8)
    np.savez_compressed(path, weights=packed, scale=np.float32(scale), bias=np.float32(bias))


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--examples", type=int, default=400_000)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--output", type=Path, default=HERE / "endings.npz")
    args = parser.parse_args()
    torch.manual_seed(SEED)
    rows = Rows()
    texts, pairs = held_out.texts()
    examples = itertools.islice(Corpus(SEED, texts | asked_aloud(), pairs), args.examples)
    for text in sentences(examples):
        rows.add(text)
    print(f"{len(rows.whole)} rows from {args.examples} examples")
    write(*fit(rows, args.passes), args.output)


if __name__ == "__main__":
    main()
