"""Checks a tool's arguments against its JSON schema (pure).

The part of JSON schema that a grammar can bound: strings, whole numbers, numbers and booleans,
lists of these, and one level of objects of these. Problems come back in words, because they are
spoken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from xtalk_edge.errors import ConfigError

SCALARS = ("string", "integer", "number", "boolean")
TYPES = (*SCALARS, "array", "object")
KEYS = {"type", "description", "enum", "minimum", "maximum", "maxLength"}
OWN_KEYS = {"array": {"items", "maxItems"}, "object": {"properties", "required"}}
"""What only these types may have."""

DEFAULT_MAX_LENGTH = 64
"""Characters of a text argument when its schema sets no limit: a long name, a short note."""

DEFAULT_MAX_ITEMS = 8
"""Items of a list argument when its schema sets no limit: more are hard to say in one breath."""


def check_schema(name: str, properties: dict[str, Any], required: tuple[str, ...]) -> None:
    """Refuse a schema that could not be enforced.

    Raises:
        ConfigError: with the tool's name and the offending argument.
    """
    for argument, schema in properties.items():
        _check_described(f"tool {name}: argument {argument}", schema, TYPES)
    for argument in required:
        if argument not in properties:
            raise ConfigError(f"tool {name}: required argument {argument} is not described")


def _check_described(place: str, schema: dict[str, Any], types: tuple[str, ...]) -> None:
    kind = schema.get("type")
    if kind not in types:
        raise ConfigError(f"{place}: type must be one of {types}")
    if unknown := sorted(set(schema) - KEYS - OWN_KEYS.get(kind, set())):
        raise ConfigError(f"{place}: unknown key {unknown[0]!r}")
    if "enum" in schema and kind != "string":
        raise ConfigError(f"{place}: enum is for strings only")
    if kind == "array":
        _check_described(f"{place}: items", schema.get("items") or {}, SCALARS)
    elif kind == "object":
        members = schema.get("properties") or {}
        if not members:
            raise ConfigError(f"{place}: an object needs properties")
        for name, member in members.items():
            _check_described(f"{place}.{name}", member, SCALARS)


def check_arguments(
    properties: dict[str, Any], required: tuple[str, ...], arguments: dict[str, Any]
) -> str:
    """Return what is wrong as the end of a spoken sentence; "" when all is well."""
    for name in arguments:
        if name not in properties:
            return f"I don't know what {_spoken(name)} means here"
    for name in required:
        if name not in arguments:
            return f"I need to know the {_spoken(name)}"
    for name, value in arguments.items():
        if problem := _check_value(_spoken(name), properties[name], value):
            return problem
    return ""


def _check_value(name: str, schema: dict[str, Any], value: Any) -> str:
    return _CHECKS[schema["type"]](name, schema, value)


def _check_list(name: str, schema: dict[str, Any], value: Any) -> str:
    if not isinstance(value, list):
        return f"the {name} must be a list"
    if len(value) > schema.get("maxItems", DEFAULT_MAX_ITEMS):
        return f"the {name} are too many"
    problems = (_check_value(name, schema["items"], item) for item in value)
    return next(filter(None, problems), "")


def _check_group(name: str, schema: dict[str, Any], value: Any) -> str:
    if not isinstance(value, dict):
        return f"the {name} must be said in parts"
    return check_arguments(schema["properties"], tuple(schema.get("required", ())), value)


def _check_flag(name: str, _schema: dict[str, Any], value: Any) -> str:
    return "" if isinstance(value, bool) else f"the {name} must be yes or no"


def _check_text(name: str, schema: dict[str, Any], value: Any) -> str:
    if not isinstance(value, str):
        return f"the {name} must be in words"
    if "enum" in schema and value not in schema["enum"]:
        return f"the {name} must be {' or '.join(schema['enum'])}"
    if len(value) > schema.get("maxLength", DEFAULT_MAX_LENGTH):
        return f"the {name} is too long"
    return ""


def _check_number(name: str, schema: dict[str, Any], value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"the {name} must be a number"
    if schema["type"] == "integer" and not isinstance(value, int):
        return f"the {name} must be a whole number"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and not low <= value <= high:
        return f"the {name} must be between {low} and {high}"
    if low is not None and value < low:
        return f"the {name} must be at least {low}"
    if high is not None and value > high:
        return f"the {name} must be at most {high}"
    return ""


_CHECKS: dict[str, Callable[[str, dict[str, Any], Any], str]] = {
    "boolean": _check_flag,
    "string": _check_text,
    "integer": _check_number,
    "number": _check_number,
    "array": _check_list,
    "object": _check_group,
}


def _spoken(name: str) -> str:
    return name.replace("_", " ")
