"""Checks a tool's arguments against its JSON schema (pure).

The part of JSON schema that a grammar can bound: flat objects of strings, whole numbers, numbers
and booleans. Problems come back in words, because they are spoken.
"""

from __future__ import annotations

import math
from typing import Any

from xtalk_edge.errors import ConfigError

TYPES = ("string", "integer", "number", "boolean")
KEYS = {"type", "description", "enum", "minimum", "maximum", "maxLength"}

DEFAULT_MAX_LENGTH = 64
"""Characters of a text argument when its schema sets no limit: a long name, a short note."""


def check_schema(name: str, properties: dict[str, Any], required: tuple[str, ...]) -> None:
    """Refuse a schema that could not be enforced.

    Raises:
        ConfigError: with the tool's name and the offending argument.
    """
    for argument, schema in properties.items():
        if schema.get("type") not in TYPES:
            raise ConfigError(f"tool {name}: argument {argument}: type must be one of {TYPES}")
        if unknown := sorted(set(schema) - KEYS):
            raise ConfigError(f"tool {name}: argument {argument}: unknown key {unknown[0]!r}")
        if "enum" in schema and schema["type"] != "string":
            raise ConfigError(f"tool {name}: argument {argument}: enum is for strings only")
    for argument in required:
        if argument not in properties:
            raise ConfigError(f"tool {name}: required argument {argument} is not described")


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
    kind = schema["type"]
    if kind == "boolean":
        return "" if isinstance(value, bool) else f"the {name} must be yes or no"
    if kind == "string":
        return _check_text(name, schema, value)
    return _check_number(name, schema, value)


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


def _spoken(name: str) -> str:
    return name.replace("_", " ")
