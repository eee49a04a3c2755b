"""Writes TOML: single values for error messages, whole configurations for `config show`; pure."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from xtalk_edge.config.schema import Config

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SHOWN_CHARACTERS = 60
"""Longer values would hide the sentence of an error message."""
_DECIMAL_BITS = 10_000
"""Python refuses to write whole numbers of over 4300 digits (14,284 bits), except in base 16."""


def dump(config: Config) -> str:
    """Return the whole configuration as TOML text that loads to an equal one."""
    blocks = []
    for section in dataclasses.fields(config):
        value = getattr(config, section.name)
        if dataclasses.is_dataclass(value):
            blocks.append((f"[{section.name}]", value))
            blocks += [
                (f"[{section.name}.{field.name}]", getattr(value, field.name))
                for field in dataclasses.fields(value)
                if dataclasses.is_dataclass(getattr(value, field.name))
            ]
            blocks += [
                (f"[[{section.name}.{field.name}]]", item)
                for field in dataclasses.fields(value)
                if "item" in field.metadata
                for item in getattr(value, field.name)
            ]
        elif isinstance(value, tuple):
            blocks += [(f"[[{section.name}]]", item) for item in value]
        elif isinstance(value, Mapping):
            blocks += [
                (f"[{section.name}.{_key_text(slot)}.{_key_text(name)}]", engine)
                for slot, named in value.items()
                for name, engine in named.items()
            ]
    return "\n".join("\n".join([header, *_pairs(value), ""]) for header, value in blocks)


def _pairs(section: Any) -> Iterator[str]:
    params: Mapping[str, Any] = {}
    for field in dataclasses.fields(section):
        value = getattr(section, field.name)
        if field.name == "params":
            params = value
        elif dataclasses.is_dataclass(value):
            continue
        elif field.name != "places" and "item" not in field.metadata:
            yield f"{field.name} = {value_text(value)}"
    for name, value in params.items():
        yield f"{_key_text(name)} = {value_text(value)}"


def shown(value: Any) -> str:
    """Return the value as TOML for an error message, shortened if it is long."""
    text = value_text(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def value_text(value: Any) -> str:
    """Return a value, as `tomli` gives it, as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
        return hex(value)
    if isinstance(value, str):
        return _string_text(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key_text(k)} = {value_text(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return repr(value)


def _key_text(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string_text(key)


def _string_text(text: str) -> str:
    return f'"{"".join(map(_character_text, text))}"'


def _character_text(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    control = ord(character) < 0x20 or ord(character) == 0x7F
    return f"\\u{ord(character):04x}" if control else character
