"""What is spoken to it: the commands of the recogniser's grammar, and everyday words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from random import Random

from models.starter import KIT
from models.starter.ctc.jsgf import Grammar

COMMANDS, EVERYDAY = "commands", "everyday"
COMMAND_SHARE = 0.7
"""Of the sentences; the others keep it from knowing only whole commands."""
MAX_CHARACTERS = 48
"""Some 4 s of speech; longer rows would be padding for all others of their batch."""
HELD_OUT_ONE_IN = 20

_PLAIN = re.compile(r"[a-z][a-z' ]*")
_WORDS_IN_A_ROW = (1, 6)


class Sentences:
    """Draws sentences of lower-case letters, apostrophes and single blanks."""

    def __init__(self) -> None:
        self._grammar = Grammar((KIT / "commands.jsgf").read_text(encoding="utf-8"))
        self._words = (KIT / "words/common_words.txt").read_text(encoding="utf-8").split()

    def draw(self, rng: Random) -> tuple[str, str]:
        """Return a sentence and whether it is one of COMMANDS or a row of EVERYDAY words."""
        while True:
            if rng.random() < COMMAND_SHARE:
                text, kind = self._grammar.draw(rng), COMMANDS
            else:
                words = rng.choices(self._words, k=rng.randint(*_WORDS_IN_A_ROW))
                text, kind = " ".join(words), EVERYDAY
            if len(text) <= MAX_CHARACTERS and _PLAIN.fullmatch(text):
                return text, kind


def is_held_out(text: str) -> bool:
    """Tell whether a sentence is kept for measuring, whoever speaks it."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % HELD_OUT_ONE_IN == 0


def draws(seed: int, held_out: bool) -> Iterator[tuple[str, str]]:
    """Yield (sentence, kind) without end, all held out or none."""
    rng, sentences = Random(seed), Sentences()
    while True:
        text, kind = sentences.draw(rng)
        if is_held_out(text) == held_out:
            yield text, kind
