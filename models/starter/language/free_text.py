"""What people dictate and the words they choose themselves, each copied into a call; no I/O
after the first use, which reads `texts.toml`, `words.toml` and `common_words.txt`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from random import Random

from models.starter import KIT
from models.starter.language.durations import duration
from models.starter.language.figures import Said, any_number, say_number
from models.starter.language.phrases import Phrase, parse, pick

LONGEST_WORDS = 14
"""What is said in one breath; longer than that, people pause and the ear ends the turn."""


@cache
def texts() -> dict[str, tuple[Phrase, ...]]:
    """Return the entries of `texts.toml`, parsed."""
    entries = tomllib.loads((KIT / "words/texts.toml").read_text(encoding="utf-8"))
    return {
        name: tuple(parse(line, {}) for line in text.strip().splitlines())
        for name, text in entries.items()
    }


@cache
def lists() -> dict[str, tuple[str, ...]]:
    """Return the lists of `words.toml`."""
    entries = tomllib.loads((KIT / "words/words.toml").read_text(encoding="utf-8"))
    return {
        name: tuple(word.replace("_", " ") for word in text.split())
        for name, text in entries.items()
    }


@cache
def common_words() -> tuple[str, ...]:
    """Return thousands of everyday words."""
    return tuple((KIT / "words/common_words.txt").read_text(encoding="utf-8").split())


def text(entry: str, rng: Random) -> str:
    """Return what somebody would say for an entry of `texts.toml`."""
    while True:
        phrases = texts()[entry]
        said = pick(rng.choice(phrases).body, rng, lambda slot: word(slot, rng))
        said = said.replace(" 's", "'s")
        if len(said.split()) <= LONGEST_WORDS:
            return said


def word(slot: str, rng: Random) -> str:
    """Return the text of a slot inside an entry."""
    if slot in texts():
        return pick(rng.choice(texts()[slot]).body, rng, lambda inner: word(inner, rng))
    if slot == "common":
        return rng.choice(common_words())
    if slot == "made_up":
        # Names and brands no list holds: the brain must copy what it never saw.
        return "".join(rng.choices(lists()["word_parts"], k=rng.randint(2, 3)))
    if slot == "digits":
        return _digits(rng)
    if slot == "hour":
        hour = say_number(rng.randint(1, 12), rng, rng.random() < 0.25)
        return hour + rng.choice((" o'clock", " thirty", "", " pm", " am", " fifteen"))
    if slot == "duration":
        return duration(rng)[0]
    return rng.choice(lists()[slot])


def _digits(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.35:
        return str(rng.randint(0, 9999))
    if kind < 0.7:
        return " ".join(say_number(rng.randint(0, 9), rng, False) for _ in range(rng.randint(2, 5)))
    return say_number(any_number(rng), rng, False)


def _slot(argument: str, *entries: str) -> Callable[[Random], Said]:
    """Return a slot that copies what is said into an argument."""

    def make(rng: Random) -> Said:
        said = text(rng.choice(entries), rng)
        return said, {argument: bare(said)}

    return make


LEADING = ("the ", "a ", "an ", "some ", "my ", "our ")


def bare(said: str) -> str:
    """Return what is said without an article or owner before it."""
    for start in LEADING:
        said = said.removeprefix(start)
    return said


def dictated(entry: str) -> Callable[[Random], Said]:
    """Return a slot for a text kept to the letter, its "my" and "the" included."""

    def make(rng: Random) -> Said:
        said = text(entry, rng)
        return said, {"text": said}

    return make


FREE_TEXT: dict[str, Callable[[Random], Said]] = {
    "note_text": dictated("note"),
    "memory_text": dictated("memory"),
    "note_topic": _slot("text", "topic", "topic", "errand", "phrase", "who"),
    "about": _slot("about", "topic"),
    "household_fact": _slot("about", "household_fact"),
    "occasion": _slot("about", "occasion"),
    "items": _slot("item", "things_to_buy"),
    "one_item": _slot("item", "single"),
    "chore_item": _slot("item", "to_do"),
    "packed_item": _slot("item", "to_pack", "things_to_buy"),
    "list_name": _slot("list", "list_name"),
    "device_name": _slot("device", "device_name"),
    "everything": _slot("device", "everything"),
    "many_devices": _slot("device", "many_devices"),
    "possession": _slot("about", "possession"),
    "voice": _slot("voice", "voice"),
}
"""Slots whose words become an argument."""
