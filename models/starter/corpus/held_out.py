"""The phrasings kept for evaluation, so that none is trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.starter.language import chat

DATA = Path(__file__).parents[3] / "tests" / "data"
PRACTICE = (DATA / "starter_phrasings.jsonl", DATA / "household_phrasings.jsonl")
"""Never trained on, but looked at: confidence is calibrated on them."""

EXAM = DATA / "visitors_phrasings.jsonl"
"""Written without sight of the corpus, and read by nobody who adds to it."""

ALL = (*PRACTICE, EXAM)

Row = dict[str, Any]


def name(path: Path) -> str:
    """Return what a file of phrasings is called."""
    return path.stem.removesuffix("_phrasings")


def read(path: Path) -> list[Row]:
    """Return the phrasings of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def before(row: Row) -> chat.Exchange | None:
    """Return what was said and done before a phrasing that goes on from it."""
    earlier = row.get("before")
    if not earlier:
        return None
    return chat.Exchange(earlier["text"], chat.call(earlier["tool"], earlier["arguments"]))


def texts() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Return the sentences, and the pairs of a sentence and one that goes on from it.

    Of a phrasing such as "cancel that" the pair is kept out: alone it is everybody's.
    """
    alone, pairs = set(), set()
    for row in (row for path in ALL for row in read(path)):
        text, earlier = chat.normalise(row["text"]), before(row)
        if earlier is None:
            alone.add(text)
        else:
            pairs.add((chat.normalise(earlier.text), text))
    return frozenset(alone), frozenset(pairs)
