"""Turns TOML and `--set` overrides into a `Config`, or says all that is wrong with them."""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from xtalk_edge.config.files import data_path
from xtalk_edge.config.locate import KeyPath
from xtalk_edge.config.schema import Config, EngineConfig, ManagerConfig
from xtalk_edge.config.source import Source, dotted
from xtalk_edge.config.toml_text import dump, shown
from xtalk_edge.config.tool_checks import check_tools

__all__ = ["dump", "load", "load_text"]

STARTER = "configs/starter.toml"
_OWN_FIELDS = ("params", "places")
"""What a section keeps for itself; as keys in a file they are ordinary engine settings."""

T = TypeVar("T")


def load(path: Path | None, overrides: Sequence[str] = ()) -> Config:
    """Return the settings of a file, or of the starter kit, with `section.key=value` overrides.

    Raises:
        ConfigError: with every problem on a line of its own.
    """
    source = Source.read(path or data_path(STARTER))
    config = _build(source, overrides)
    return config if path is None else _anchored(source, config, path.absolute())


def load_text(text: str, overrides: Sequence[str] = (), name: str = "config") -> Config:
    """Return the settings of a text, as `load` does of a file called `name`."""
    return _build(Source(name, text), overrides)


def _build(source: Source, overrides: Sequence[str]) -> Config:
    source.override_all(overrides)
    sections = _sections()
    values: dict[str, Any] = {}
    for name, table in source.table.items():
        if name == "managers":
            values[name] = _managers(source, table)
        elif name not in sections:
            _unknown_section(source, name, [*sections, "managers"])
        elif not isinstance(table, dict):
            source.complain((name,), f"must be a table, [{name}], got {shown(table)}")
        else:
            values[name] = _section(source, sections[name], (name,), table)
    source.finish()
    config = Config(**values)
    _check_together(source, config)
    source.finish()
    return config


def _section(source: Source, kind: type[T], path: KeyPath, table: dict[str, Any]) -> T:
    """Fill one section; problems are noted and the default is used in place of a bad value."""
    settings = _settings(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    params: dict[str, Any] = {}
    for name, value in table.items():
        where = (*path, name)
        if name in settings and "item" in fields[name].metadata:
            values[name] = _tables(source, fields[name].metadata["item"], where, value)
        elif name in settings:
            problem, values[name] = _check(settings[name], fields[name].metadata, value)
            if problem:
                source.complain(where, f"{problem}, got {shown(value)}")
                del values[name]
        elif "params" in fields:
            params[name] = value
        else:
            _unknown_setting(source, where, list(settings))
    if "params" in fields:
        places = {name: (*path, name) for name in table}
        values["params"] = params
        values["places"] = {n: f"{source.place(p)}: {dotted(p)}" for n, p in places.items()}
    return kind(**values)


def _tables(source: Source, kind: type[T], path: KeyPath, items: Any) -> tuple[T, ...]:
    tables = _table_list(source, path, items)
    return tuple(_section(source, kind, (*path, n), table) for n, table in enumerate(tables))


def _table_list(source: Source, path: KeyPath, items: Any) -> list[dict[str, Any]]:
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    source.complain(path, f"must be tables, [[{dotted(path)}]], got {shown(items)}")
    return []


def _managers(source: Source, items: Any) -> tuple[ManagerConfig, ...]:
    managers = []
    for index, table in enumerate(_table_list(source, ("managers",), items)):
        path = ("managers", index)
        if table.get("spec", "") == "":
            source.complain(path, 'needs spec = "file.py:Class"')
        else:
            # Should the spec be of a wrong kind, this one stands in until all problems are told.
            managers.append(_section(source, _NamedManager, path, table))
    return tuple(ManagerConfig(m.spec, m.params, m.places) for m in managers)


@dataclasses.dataclass(frozen=True, slots=True)
class _NamedManager(ManagerConfig):
    spec: str = ""


def _check_together(source: Source, config: Config) -> None:
    """Check what one setting means for another."""
    vad = config.vad
    if vad.release_threshold > vad.threshold:
        source.complain(
            ("vad", "release_threshold"),
            f"must be at most vad.threshold, which is {vad.threshold}, got {vad.release_threshold}",
        )
    known: set[str] = set()
    for index, device in enumerate(config.tools.devices):
        name = " ".join(device.name.casefold().split())
        path = ("tools", "devices", index, "name")
        if not any(character.isalnum() for character in name):
            source.complain(path, 'must be a name you can say, such as "kitchen light"')
        elif name in known:
            source.complain(path, f"another device is called {shown(device.name)} too; rename one")
        known.add(name)
    check_tools(source, config.tools)


def _anchored(source: Source, config: Config, path: Path) -> Config:
    """Give the owner's Python files full names: the file means them relative to its own folder.

    Those of overrides stay as they were typed, relative to where they were typed.
    """
    changes: dict[str, Any] = {}
    for name in _sections():
        section = getattr(config, name)
        if isinstance(section, EngineConfig) and not source.is_overridden((name, "type")):
            spec = _full_name(section.type, path.parent)
            changes[name] = dataclasses.replace(section, type=spec)
    if not source.is_overridden(("tools", "own")):
        own = tuple(
            dataclasses.replace(each, spec=_full_name(each.spec, path.parent))
            for each in config.tools.own
        )
        changes["tools"] = dataclasses.replace(config.tools, own=own)
    if not source.is_overridden(("managers",)):
        changes["managers"] = tuple(
            dataclasses.replace(manager, spec=_full_name(manager.spec, path.parent))
            for manager in config.managers
        )
    return dataclasses.replace(config, path=path, **changes)


def _full_name(spec: str, folder: Path) -> str:
    file, _, name = spec.rpartition(":")
    relative = file.endswith(".py") and not file.startswith("~")
    return f"{folder / file}:{name}" if relative else spec


# -- values --------------------------------------------------------------------------------


def _sections() -> dict[str, type]:
    """Return the sections that are single tables."""
    kinds = _settings(Config)
    return {name: kinds[name] for name in kinds if dataclasses.is_dataclass(kinds[name])}


def _settings(section: type) -> dict[str, Any]:
    """Return the settings of a section with their types."""
    return {k: v for k, v in typing.get_type_hints(section).items() if k not in _OWN_FIELDS}


def _check(kind: Any, limits: types.MappingProxyType[Any, Any], value: Any) -> tuple[str, Any]:
    """Return what is wrong with the value, or "", and the value as its section wants it."""
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        good = isinstance(value, str) and value in choices
        return ("" if good else f"must be one of {', '.join(map(shown, choices))}"), value
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


# -- names ---------------------------------------------------------------------------------


def _unknown_section(source: Source, name: str, known: list[str]) -> None:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    source.complain((name,), f"unknown section; {hint}")


def _unknown_setting(source: Source, path: KeyPath, known: list[str]) -> None:
    name = str(path[-1])
    near = difflib.get_close_matches(name, known, n=1)
    homes = [section for section, kind in _sections().items() if name in _settings(kind)]
    if homes:
        hint = f"did you mean '{homes[0]}.{name}'?"
    elif near:
        hint = f"did you mean {near[0]!r}?"
    else:
        hint = f"{path[0]} has {', '.join(known)}"
    source.complain(path, f"unknown setting; {hint}")
