"""How often the passages that are found are of the document with the answer."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.cli.progress import Tell
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.intake import take_in
from xtalk_edge.documents.library import open_library
from xtalk_edge.errors import ConfigError
from xtalk_edge.tools.kept.local_search import PASSAGE_CHARS


@dataclass(frozen=True, slots=True)
class Recall:
    """Of some questions."""

    questions: int
    first: int
    """For how many the first passage is of the right file."""
    among_three: int
    """For how many one of those that an answer has is."""
    missed: list[str]
    """The other ones."""


def read_questions(path: Path) -> list[tuple[str, str]]:
    """Return questions with the names of the files that answer them; raises ConfigError."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        question, tab, name = line.partition("\t")
        if not tab or not question.strip() or not name.strip():
            raise ConfigError(f"{path}:{number}: must be a question, a tab, and a file's name")
        found.append((question.strip(), name.strip()))
    return found


def recall(
    config: Config, folder: Path, questions: Sequence[tuple[str, str]], tell: Tell
) -> Recall:
    """Return how often the right file is found, in a store of its own."""
    first, missed = 0, []
    with tempfile.TemporaryDirectory() as place:
        own = Config(store=StoreConfig(place), embeddings=config.embeddings)
        with open_library(own) as library:
            for taken in take_in(library, [folder]):
                tell(taken.path)
            for done, total in library.complete():
                tell(f"vectors: {done} of {total}")
            for question, wanted in questions:
                found = library.search(question, len(PASSAGE_CHARS))
                names = [Path(each.path).name for each in found]
                first += names[:1] == [wanted]
                missed += [] if wanted in names else [question]
    return Recall(len(questions), first, len(questions) - len(missed), missed)
