"""What passages cost, made up in any number."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import ParamSpec

import numpy as np

from xtalk_edge.cli.progress import Tell
from xtalk_edge.clock import wall_now
from xtalk_edge.documents.library import CANDIDATES
from xtalk_edge.store.passages import FILE_NAME, PassageTable

from .percentiles import Percentiles, percentiles
from .process_tree import cost

VOCABULARY = 5_000
"""As many words as a few books have."""

PASSAGE_WORDS = 100
PASSAGES_A_DOCUMENT = 50
QUESTION_WORDS = 6
SEARCHES = 30


P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a collection of passages."""

    passages: int
    adding_s: float
    """By their words, without vectors."""
    memory_mb: float
    """By how much this process grew meanwhile."""
    disk_mb: float
    """With vectors."""
    words_ms: Percentiles
    """Processor time of a search by words."""
    vectors_ms: Percentiles
    """The same by vectors."""


def measure(count: int, numbers: int, tell: Tell) -> Cost:
    """Return what so many passages cost, with vectors of so many numbers."""
    luck, random_numbers = random.Random(1), np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        tell(f"adding {count} passages")
        before_mb, began_s = cost().memory_mb, perf_counter()
        table = PassageTable(Path(folder))
        for number, passages in enumerate(_documents(count, luck)):
            table.put(f"/{number}", f"Document {number}", str(number), "", passages, wall_now())
        adding_s, memory_mb = perf_counter() - began_s, cost().memory_mb - before_mb
        tell("adding vectors")
        vectors = random_numbers.normal(0, 1, (count, numbers)).astype(np.float32)
        table.set_vectors("made up", zip(table.without_vector("made up"), vectors, strict=True))
        tell("searching")
        by_words, by_vectors = [], []
        for vector in vectors[:SEARCHES]:
            question = _text(luck, QUESTION_WORDS)
            by_words.append(_took_ms(table.by_words, question, CANDIDATES))
            by_vectors.append(_took_ms(table.by_vector, vector, "made up", CANDIDATES))
        table.close()
        disk_mb = (Path(folder) / FILE_NAME).stat().st_size / 1e6
    return Cost(count, round(adding_s, 2), round(memory_mb, 1), round(disk_mb, 1),
                percentiles(by_words), percentiles(by_vectors))  # fmt: skip


def _documents(count: int, luck: random.Random) -> Iterator[list[tuple[str, str]]]:
    for first in range(0, count, PASSAGES_A_DOCUMENT):
        size = min(PASSAGES_A_DOCUMENT, count - first)
        yield [(_text(luck, 3), _text(luck, PASSAGE_WORDS)) for _ in range(size)]


def _text(luck: random.Random, words: int) -> str:
    # Common words are very common, as in any language.
    numbers = (int(VOCABULARY ** luck.random()) for _ in range(words))
    return " ".join(f"word{number}" for number in numbers)


def _took_ms(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    # Processor time: it is all done by one thread, and other programs' work does not count.
    began_s = process_time()
    call(*args, **kwargs)
    return 1000 * (process_time() - began_s)
