"""Reads what the starter brain understands from its TOML and text files, once, into phrases."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from models.starter import KIT
from models.starter.language.phrases import Phrase, parse


@dataclass(frozen=True, slots=True)
class Tool:
    """A command: its arguments in canonical order and ways to ask for it; one may have several."""

    name: str
    arguments: tuple[str, ...]
    help: str
    weight: int
    say: tuple[Phrase, ...]
    also: tuple[Phrase, ...]
    fixed: dict[str, str | int] = field(default_factory=dict)
    """Arguments that every one of these phrases means."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Ways to go on from a call: they are understood only after one."""

    after: tuple[str, ...]
    """The tools whose call came before."""
    tool: str
    fixed: dict[str, str | int]
    carry: tuple[str, ...]
    """Arguments taken over from the call before, unless the phrase has its own."""
    missing: tuple[str, ...]
    """Arguments that the call before must lack: an answer to the question it led to."""
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
class Names:
    """What people call a thing: `spoken` is in the grammar too, `other` in the corpus only."""

    spoken: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """Everything the corpus and the grammar are made from."""

    tools: tuple[Tool, ...]
    follow_ups: tuple[FollowUp, ...]
    replies: tuple[Reply, ...]
    values: dict[str, tuple[Value, ...]]
    words: dict[str, tuple[str, ...]]
    names: dict[str, Names]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((KIT / name).read_text(encoding="utf-8"))


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _entries(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


@cache
def load() -> Description:
    """Return the description in the kit's folders; read once."""
    files = [_toml(f"commands/{path.name}") for path in sorted((KIT / "commands").glob("*.toml"))]
    wording = {name: text for file in files for name, text in file.get("wording", {}).items()}
    others, values = _toml("talk/replies.toml"), _toml("words/values.toml")

    def phrases(text: str) -> tuple[Phrase, ...]:
        return tuple(parse(line, wording) for line in _lines(text))

    tools = tuple(
        Tool(t["name"], tuple(t["arguments"]), t.get("help", ""), t["weight"],
             phrases(t.get("say", "")), phrases(t["also"]), t.get("set", {}))
        for file in files for t in file.get("tool", ())
    )  # fmt: skip
    follow_ups = tuple(
        FollowUp(tuple(f["after"]), f["tool"], f.get("set", {}), tuple(f.get("carry", ())),
                 tuple(f.get("missing", ())),
                 f["weight"], phrases(f.get("say", "")), phrases(f["also"]))
        for file in files for f in file.get("follow_up", ())
    )  # fmt: skip
    replies = [
        Reply(r["kind"], r["answer"], r["weight"], phrases(r["say"]), phrases(r["also"]))
        for r in others["reply"]
    ]
    unknown = others["unknown"]
    for name, weight in unknown["weights"].items():
        lines = phrases((KIT / "talk" / f"{name}.txt").read_text(encoding="utf-8"))
        replies.append(Reply("unknown", unknown["answer"], weight, (), lines))
    names = {
        slot: Names(_entries(lists["spoken"]), _entries(lists["other"]))
        for slot, lists in values.pop("names").items()
    }
    by_slot = {
        slot: tuple(
            Value(argument, int(v) if v.isdecimal() else v, parse(text, wording))
            for v, text in wordings.items()
        )
        for argument, slots in values.items()
        for slot, wordings in slots.items()
    }
    return Description(
        tools,
        follow_ups,
        tuple(replies),
        by_slot,
        {slot: _entries(text) for slot, text in _toml("words/words.toml").items()},
        names,
    )
