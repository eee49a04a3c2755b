"""The documents of one device: puts their passages in, gives them vectors, finds them again."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.clock import wall_now
from xtalk_edge.config.engine import NONE
from xtalk_edge.config.schema import Config, EmbeddingsConfig
from xtalk_edge.documents.fusion import fused
from xtalk_edge.documents.reading import Reading
from xtalk_edge.documents.splitting import Block, split
from xtalk_edge.engines import hosting
from xtalk_edge.engines.interfaces import Embeddings
from xtalk_edge.errors import EngineError
from xtalk_edge.store.passages import PassageTable, StoredPassage

CANDIDATES = 50
"""How far down a ranking still counts: what is behind that in both is not what was meant."""

AT_A_TIME = 4
"""Passages that get their vectors between two looks around; a question waits for no more."""

TITLE_CHARS = 60
"""What can be said before what stands there."""

TEXT_PATH = "text:"
"""Before the digest of a text that came without a file."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that may answer a question."""

    path: str
    title: str
    place: int
    """Its number in the document, from 0."""
    heading: str
    """Title and headings it stands under."""
    text: str
    score: float
    """Sum of its reciprocal ranks; compares within one search only."""


class Library:
    """Documents, by words and by meaning. Blocks; to be used by the thread that made it.

    Args:
        table: where they are kept.
        embeddings: what gives vectors to passages and questions.
        model: what the vectors are of; those of another model are not compared with them.

    Raises (all methods):
        EdgeError: the store or the engine fails.
    """

    def __init__(self, table: PassageTable, embeddings: Embeddings, model: str) -> None:
        self.table = table
        self._embeddings = embeddings
        self._model = model

    def put(self, path: str, name: str, content: bytes, stamp: str, reading: Reading) -> int:
        """Keep a document in place of what came from there before; return how many passages.

        Args:
            path: where it came from.
            name: what to call it if it does not say itself.
            content: the file.
            stamp: see `StoredDocument`.
            reading: what stands in it.
        """
        title = shortened(reading.title, TITLE_CHARS) or name
        passages = [(_trail(title, each.headings), each.text) for each in split(reading.blocks)]
        digest = hashlib.sha256(content).hexdigest()
        self.table.put(path, title, digest, stamp, passages, wall_now())
        return len(passages)

    def put_text(self, text: str) -> str:
        """Keep a text without a file, as yet without vectors; return its title."""
        content = text.encode("utf-8", "replace")
        text = content.decode("utf-8")
        path = TEXT_PATH + hashlib.sha256(content).hexdigest()[:16]
        blocks = [Block(each) for each in text.split("\n\n")]
        title = shortened(text.strip().partition("\n")[0], TITLE_CHARS)
        self.put(path, title, content, "", Reading(title, blocks))
        return title

    def complete(self) -> Iterator[tuple[int, int]]:
        """Give passages the vectors they lack; yield how many have been done, and of how many.

        May be left at any time, and taken up again later.
        """
        if not self.with_vectors:
            return
        lacking = self.table.without_vector(self._model)
        for first in range(0, len(lacking), AT_A_TIME):
            yield first, len(lacking)
            passages = self.table.passages(lacking[first : first + AT_A_TIME])
            texts = [f"{each.heading}\n{each.text}" for each in passages]
            vectors = _checked(self._embeddings.embed_documents(texts), len(texts))
            ids = (each.id for each in passages)
            self.table.set_vectors(self._model, zip(ids, vectors, strict=True))
        if lacking:
            yield len(lacking), len(lacking)

    @property
    def with_vectors(self) -> bool:
        """Whether passages are found by their meaning too."""
        return self._model != ""

    @property
    def lacks_vectors(self) -> bool:
        """Whether `complete` has something to do."""
        return self.with_vectors and bool(self.table.without_vector(self._model))

    def search(self, query: str, most: int) -> list[Found]:
        """Return the passages that are nearest to a question, the best first."""
        # What was typed may hold half characters, which no store takes.
        query = query.encode("utf-8", "replace").decode("utf-8")
        rankings = [self.table.by_words(query, CANDIDATES)]
        if self.with_vectors and query.strip():
            vector = np.asarray(self._embeddings.embed_query(query), np.float32)
            rankings.append(self.table.by_vector(vector, self._model, CANDIDATES))
        best = fused(rankings)[:most]
        scores = dict(best)
        passages = self.table.passages([number for number, _ in best])
        return [_found(each, scores[each.id]) for each in passages]

    def close(self) -> None:
        """Close the store."""
        self.table.close()


def _checked(vectors: list[list[float]], count: int) -> NDArray[np.float32]:
    """Return what an engine gave as an array with a row for each of its texts."""
    # Rows of different lengths make no array.
    with contextlib.suppress(ValueError, TypeError):
        found = np.asarray(vectors, np.float32)
        if found.ndim == 2 and len(found) == count and found.size and np.isfinite(found).all():
            return found
    raise EngineError(
        "the embeddings engine gave no vectors of numbers; "
        "check it: xtalk-edge engines check embeddings"
    )


def shortened(text: str, most_chars: int) -> str:
    """Return a text on one line, cut behind a word."""
    text = " ".join(text.split())
    return text if len(text) <= most_chars else text[:most_chars].rsplit(" ", 1)[0]


def _trail(title: str, headings: tuple[str, ...]) -> str:
    """Return what a passage stands under; the first heading mostly is the title."""
    named = bool(headings) and headings[0].startswith(title)
    return " > ".join(headings if named else (title, *headings))


def _found(passage: StoredPassage, score: float) -> Found:
    return Found(
        passage.path, passage.title, passage.place, passage.heading, passage.text, round(score, 5)
    )


def library_of(state_dir: Path, engine: Embeddings, config: EmbeddingsConfig) -> Library:
    """Return the documents in a state folder, searched with an engine."""
    return Library(PassageTable(state_dir), engine, model_of(engine, config))


def model_of(engine: Embeddings, config: EmbeddingsConfig) -> str:
    """Return what an engine's vectors are of; "" of one that makes none."""
    if config.type == NONE:
        return ""
    # Another engine of the owner's own does not say; what it was told is the next best.
    settings = f"{config.type} {json.dumps(config.params, sort_keys=True, default=str)}"
    return engine.identity or hashlib.sha256(settings.encode()).hexdigest()[:16]


@contextlib.contextmanager
def open_library(config: Config) -> Iterator[Library]:
    """Open the documents with the engine of the settings, for use on this thread."""
    with (
        contextlib.closing(hosting.create("embeddings", config.embeddings)) as engine,
        contextlib.closing(library_of(config.store.folder(), engine, config.embeddings)) as library,
    ):
        yield library
