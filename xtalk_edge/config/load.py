"""Turns TOML and `--set` overrides into a `Config`, or says all that is wrong with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from xtalk_edge.config.alternatives import read_alternatives
from xtalk_edge.config.board_checks import check_board
from xtalk_edge.config.files import data_path
from xtalk_edge.config.locate import KeyPath
from xtalk_edge.config.mqtt_checks import check_mqtt
from xtalk_edge.config.page_checks import check_page
from xtalk_edge.config.schema import Config, EngineConfig, ManagerConfig
from xtalk_edge.config.source import Source
from xtalk_edge.config.tables import as_tables, fill, near, settings_of
from xtalk_edge.config.toml_text import dump, shown
from xtalk_edge.config.tool_checks import check_tools
from xtalk_edge.config.uplink_checks import check_uplink

__all__ = ["dump", "load", "load_table", "load_text"]

STARTER = "configs/starter.toml"

EXCHANGEABLE = ("tts", "agent")
"""Slots whose engine may be exchanged while the device runs."""

FillEngine = Callable[[tuple[str, ...], dict[str, Any]], EngineConfig]


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


def load_table(
    table: Mapping[str, Any], overrides: Sequence[str] = (), name: str = "config"
) -> Config:
    """Return the settings of a dictionary, as `load` does of a file called `name`."""
    return _build(Source.of_table(name, table), overrides)


def _build(source: Source, overrides: Sequence[str]) -> Config:
    source.override_all(overrides)
    sections = _sections()
    values: dict[str, Any] = {}
    for name, table in source.table.items():
        if name == "managers":
            values[name] = _managers(source, table)
        elif name == "alternatives":
            values[name] = read_alternatives(source, table, _of_slots(source, sections))
        elif name not in sections:
            hint = near(name, (name,), [*sections, "managers", "alternatives"])
            source.complain((name,), f"unknown section; {hint}")
        elif not isinstance(table, dict):
            source.complain((name,), f"must be a table, [{name}], got {shown(table)}")
        else:
            values[name] = fill(source, sections[name], (name,), table, _where_it_belongs)
    source.finish()
    config = Config(**values)
    _check_together(source, config)
    source.finish()
    return config


def _of_slots(source: Source, sections: Mapping[str, type]) -> dict[str, FillEngine]:
    return {
        slot: partial(fill, source, sections[slot], hint=_where_it_belongs) for slot in EXCHANGEABLE
    }


def _managers(source: Source, items: Any) -> tuple[ManagerConfig, ...]:
    managers = []
    for index, table in enumerate(as_tables(source, ("managers",), items)):
        path = ("managers", index)
        if table.get("spec", "") == "":
            source.complain(path, 'needs spec = "file.py:Class"')
        else:
            # Should the spec be of a wrong kind, this one stands in until all problems are told.
            managers.append(fill(source, _NamedManager, path, table, _where_it_belongs))
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
    check_uplink(source, config)
    check_board(source, config)
    check_mqtt(source, config)
    check_page(source, config)
    if config.governor.voice and config.governor.voice not in config.alternatives.get("tts", {}):
        named = shown(config.governor.voice)
        source.complain(("governor", "voice"), f"there is no [alternatives.tts.{named}]; add it")


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
    changes["alternatives"] = {
        slot: {
            name: engine
            if source.is_overridden(("alternatives", slot, name, "type"))
            else dataclasses.replace(engine, type=_full_name(engine.type, path.parent))
            for name, engine in named.items()
        }
        for slot, named in config.alternatives.items()
    }
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
    kinds = settings_of(Config)
    return {name: kinds[name] for name in kinds if dataclasses.is_dataclass(kinds[name])}


# -- names ---------------------------------------------------------------------------------


def _where_it_belongs(name: str, path: KeyPath, known: list[str]) -> str:
    """Return the section that has a setting of this name, or the nearest name here."""
    homes = [section for section, kind in _sections().items() if name in settings_of(kind)]
    return f"did you mean '{homes[0]}.{name}'?" if homes else near(name, path, known)
