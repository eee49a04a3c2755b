"""Which devices are meant: one by its name, several by what they are called in common (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtalk_edge.tools.names import bare_name, name_key, singular

EVERYTHING = frozenset(
    {
        "everything",
        "anything",
        "all",
        "all of it",
        "all of them",
        "them all",
        "all devices",
        "every device",
    }
)

EVERY = ("all of the", "all the", "all my", "all our", "all", "every", "both")
"""What makes a group of a name: "every light", "all the lights"."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The devices that are meant."""

    names: tuple[str, ...]
    """Empty when there is no such device."""
    is_group: bool = False
    """Whether all of them are meant; else more than one is a question."""


def devices_meant(said: str, names: Sequence[str]) -> Meant:
    """Return the devices that are meant, in their own order."""
    key = name_key(said)
    if key in EVERYTHING:
        return Meant(tuple(names), is_group=True)
    words, every = _without_every(key)
    exact = tuple(name for name in names if name_key(name).split() == words)
    if exact or not words:
        return Meant(exact)
    one = [*words[:-1], singular(words[-1])]
    # "Lights" are all that end in "light"; "kitchen lights" those of them in the kitchen.
    alike = tuple(name for name in names if _is_kind(one, _words(name)))
    if one != words or every:
        return Meant(alike, is_group=True)
    return Meant(alike or tuple(name for name in names if set(words) <= set(_words(name))))


def kind_of(said: str) -> str:
    """Return what a device was called, for one that is unknown: "porch light"."""
    words, _ = _without_every(name_key(said))
    return " ".join(words) or bare_name(said)


def _words(name: str) -> list[str]:
    words = name_key(name).split()
    return [*words[:-1], singular(words[-1])] if words else []


def _is_kind(wanted: list[str], words: list[str]) -> bool:
    return words[-1:] == wanted[-1:] and set(wanted) <= set(words)


def _without_every(key: str) -> tuple[list[str], bool]:
    for every in EVERY:
        if key.startswith(f"{every} "):
            return name_key(key.removeprefix(every)).split(), True
    return key.split(), False
