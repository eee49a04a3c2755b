"""Fills dataclasses from TOML tables, and notes all that is wrong with what they hold."""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from xtalk_edge.config.locate import KeyPath
from xtalk_edge.config.source import Source, dotted
from xtalk_edge.config.toml_text import shown

_OWN_FIELDS = ("params", "places")
"""What a section keeps for itself; as keys in a file they are ordinary engine settings."""

T = TypeVar("T")

Hint = Callable[[str, KeyPath, list[str]], str]
"""Returns what may have been meant by a name at a path where others are known."""


def fill(
    source: Source, kind: type[T], path: KeyPath, table: dict[str, Any], hint: Hint | None = None
) -> T:
    """Return the dataclass `kind` filled from a table.

    Problems are noted in the source, and the default stands in for a bad value. A field made by
    `schema.tables` takes a list of tables, one that is a dataclass a table; keys that the class
    does not know go to its `params` if it has such.

    Args:
        source: where the table stands.
        kind: a frozen dataclass, each field with a default.
        path: of the table in the source.
        table: as TOML gave it.
        hint: what to say about a setting that is unknown; None for the usual.
    """
    settings = settings_of(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    params: dict[str, Any] = {}
    for name, value in table.items():
        where = (*path, name)
        if name in settings and "item" in fields[name].metadata:
            values[name] = fill_all(source, fields[name].metadata["item"], where, value, hint)
        elif name in settings and dataclasses.is_dataclass(settings[name]):
            values[name] = fill(source, settings[name], where, as_table(source, where, value), hint)
        elif name in settings:
            problem, values[name] = _check(settings[name], fields[name].metadata, value)
            if problem:
                source.complain(where, f"{problem}, got {shown(value)}")
                del values[name]
        elif "params" in fields:
            params[name] = value
        else:
            known = list(settings)
            source.complain(where, f"unknown setting; {(hint or near)(name, where, known)}")
    if "params" in fields:
        places = {name: (*path, name) for name in table}
        values["params"] = params
        values["places"] = {n: f"{source.place(p)}: {dotted(p)}" for n, p in places.items()}
    return kind(**values)


def fill_all(
    source: Source, kind: type[T], path: KeyPath, items: Any, hint: Hint | None = None
) -> tuple[T, ...]:
    """Return one `kind` for each table of a list; see `fill`."""
    tables = as_tables(source, path, items)
    return tuple(fill(source, kind, (*path, n), table, hint) for n, table in enumerate(tables))


def as_table(source: Source, path: KeyPath, value: Any) -> dict[str, Any]:
    """Return a value that must be a table, or an empty one with the problem noted."""
    if isinstance(value, dict):
        return value
    source.complain(path, f"must be a table, [{dotted(path)}], got {shown(value)}")
    return {}


def as_tables(source: Source, path: KeyPath, items: Any) -> list[dict[str, Any]]:
    """Return a value that must be a list of tables, or an empty one with the problem noted."""
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    source.complain(path, f"must be tables, [[{dotted(path)}]], got {shown(items)}")
    return []


def near(name: str, path: KeyPath, known: list[str]) -> str:
    """Return the known name that is nearest, or all of them."""
    found = difflib.get_close_matches(name, known, n=1)
    if found:
        return f"did you mean {found[0]!r}?"
    where = f"{path[0]} has" if len(path) > 1 else "there are"
    return f"{where} {', '.join(known)}"


def settings_of(section: type) -> dict[str, Any]:
    """Return the settings of a section with their types."""
    return {k: v for k, v in typing.get_type_hints(section).items() if k not in _OWN_FIELDS}


def _check(kind: Any, limits: types.MappingProxyType[Any, Any], value: Any) -> tuple[str, Any]:
    """Return what is wrong with the value, or "", and the value as its section wants it."""
    if isinstance(kind, types.UnionType):
        kind = next(each for each in typing.get_args(kind) if each is not types.NoneType)
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        good = isinstance(value, str) and value in choices
        return ("" if good else f"must be one of {', '.join(map(shown, choices))}"), value
    if typing.get_origin(kind) is tuple and (choices := typing.get_args(typing.get_args(kind)[0])):
        good = _is_text_list(value) and set(value) <= set(choices)
        return ("" if good else f"must be a list of {', '.join(map(shown, choices))}"), tuple(value)
    what, accepts, convert = _KINDS[kind]
    if not accepts(value):
        return f"must be {what}", value
    problem = _outside(limits, value)
    return problem, value if problem else convert(value)


def _outside(limits: types.MappingProxyType[Any, Any], value: Any) -> str:
    if limits and value < limits["at_least"]:
        return f"must be at least {limits['at_least']}"
    if limits and value > limits["at_most"]:
        return f"must be at most {limits['at_most']}"
    return ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KINDS: dict[Any, tuple[str, Callable[[Any], bool], Callable[[Any], Any]]] = {
    int: ("a whole number", _is_whole, int),
    float: ("a number", _is_number, float),
    str: ("text in quotes", _is_text, str),
    bool: ("true or false", _is_flag, bool),
    tuple[str, ...]: ('a list of text, like ["a", "b"]', _is_text_list, tuple),
}
