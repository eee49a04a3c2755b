"""Reads what the starter brain understands from its TOML and text files, once, into phrases."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.starter.phrases import Phrase, parse

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Tool:
    """A command: its arguments in canonical order and the ways to ask for it."""

    name: str
    arguments: tuple[str, ...]
    help: str
    weight: int
    say: tuple[Phrase, ...]
    also: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A fixed answer that acts on nothing, and what it answers."""

    kind: str
    answer: str
    weight: int
    say: tuple[Phrase, ...]
    also: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """Wordings that mean one value of one argument."""

    argument: str
    value: str | int
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Description:
    """Everything the corpus and the grammar are made from."""

    tools: tuple[Tool, ...]
    replies: tuple[Reply, ...]
    values: dict[str, tuple[Value, ...]]
    words: dict[str, tuple[str, ...]]
    spoken_names: tuple[str, ...]
    other_names: tuple[str, ...]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _entries(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


def load() -> Description:
    """Return the description in this folder."""
    commands, others, values = (
        _toml(f"{name}.toml") for name in ("commands", "not_commands", "values")
    )
    wording = commands["wording"]

    def phrases(text: str) -> tuple[Phrase, ...]:
        return tuple(parse(line, wording) for line in _lines(text))

    tools = tuple(
        Tool(t["name"], tuple(t["arguments"]), t["help"], t["weight"], phrases(t["say"]),
             phrases(t["also"]))
        for t in commands["tool"]
    )  # fmt: skip
    replies = [
        Reply(r["kind"], r["answer"], r["weight"], phrases(r["say"]), phrases(r["also"]))
        for r in others["reply"]
    ]
    for name in ("near_misses.txt", "elsewhere.txt"):
        lines = phrases((HERE / name).read_text(encoding="utf-8"))
        unknown = others["unknown"]
        replies.append(Reply("unknown", unknown["answer"], unknown["weight"] // 2, (), lines))
    names = values.pop("timer_names")
    by_slot = {
        slot: tuple(
            Value(argument, int(v) if argument == "percent" else v, parse(text, wording))
            for v, text in wordings.items()
        )
        for argument, slots in values.items()
        for slot, wordings in slots.items()
    }
    return Description(
        tools,
        tuple(replies),
        by_slot,
        {slot: _entries(text) for slot, text in _toml("words.toml").items()},
        _entries(names["spoken"]),
        _entries(names["other"]),
    )
