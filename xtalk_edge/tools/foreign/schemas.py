"""From any JSON schema of a tool to what a grammar can write and `arguments` can check (pure).

Tools of others describe their arguments with all that JSON schema has. What is beyond us is left
out where it is optional; a tool that demands it cannot be offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.tools.arguments import DEFAULT_MAX_ITEMS, SCALARS

LONGEST_TEXT_CHARS = 200
"""A text argument of a tool of others: two spoken sentences."""

LARGEST_BOUND = 10**9
"""Nobody says larger numbers; each digit more would make every call's grammar longer."""

LONGEST_DESCRIPTION_CHARS = 300
"""Descriptions are read by the model before the first question: 70 tokens are enough of one."""

MOST_CHOICES = 64

DEEPEST_REFERENCE = 8
"""Deeper chains of references go round in circles."""


class UnusableSchemaError(ValueError):
    """A schema is beyond what can be said; the message ends "because"."""


@dataclass(frozen=True, slots=True)
class Described:
    """The arguments of a tool as `Tool` takes them."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Optional arguments that are beyond us."""


def described(schema: dict[str, Any]) -> Described:
    """Return what can be offered of a JSON schema of an object.

    Raises:
        UnusableSchemaError: a required argument is beyond us.
    """
    if not isinstance(schema, dict):
        raise UnusableSchemaError("its arguments are not described by a JSON object")
    try:
        return _members(schema, schema, nested=False)
    except RecursionError:
        raise UnusableSchemaError("its arguments are described in circles") from None


def short_description(text: object) -> str:
    """Return a description as one harmless paragraph that ends at a word."""
    words = harmless(text) if isinstance(text, str) else ""
    if len(words) <= LONGEST_DESCRIPTION_CHARS:
        return words
    return words[:LONGEST_DESCRIPTION_CHARS].rsplit(" ", 1)[0] + " ..."


def tool_name(text: str) -> str:
    """Return a name that a grammar, a log and a spoken question can take; "" when nothing is left.

    "todo.add-item" is todo_add_item.
    """
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")[:64]


def _members(root: dict[str, Any], schema: dict[str, Any], *, nested: bool) -> Described:
    members = schema.get("properties")
    needed = schema.get("required")
    needed = [name for name in needed if isinstance(name, str)] if isinstance(needed, list) else []
    properties: dict[str, Any] = {}
    left_out = []
    for name, member in (members if isinstance(members, dict) else {}).items():
        try:
            if harmless(name) != name:
                raise UnusableSchemaError(f"its argument {harmless(name)!r} has an unusual name")
            properties[name] = _value(root, name, member, nested=nested)
        except UnusableSchemaError:
            if name in needed:
                raise
            left_out.append(name)
    for name in needed:
        if name not in properties:
            raise UnusableSchemaError(f"its required argument {harmless(name)} is not described")
    return Described(properties, tuple(needed), tuple(left_out))


def _value(root: dict[str, Any], name: str, schema: Any, *, nested: bool) -> dict[str, Any]:
    """Return the schema of one argument, in the keys that `arguments` knows."""
    resolved = _resolved(root, name, schema)
    kind = _kind(name, resolved)
    reduced: dict[str, Any] = {"type": kind}
    if description := short_description(resolved.get("description")):
        reduced["description"] = description
    if kind == "string":
        reduced |= _text(name, resolved)
    elif kind in ("integer", "number"):
        reduced |= _bounds(name, resolved, whole=kind == "integer")
    elif kind == "array":
        reduced |= _list(root, name, resolved, nested=nested)
    elif kind == "object":
        reduced |= _object(root, name, resolved, nested=nested)
    return reduced


def _resolved(root: dict[str, Any], name: str, schema: Any) -> dict[str, Any]:
    """Return the schema without references, and as the one alternative that can be said."""
    for _ in range(DEEPEST_REFERENCE):
        if schema is True:
            schema = {}
        if not isinstance(schema, dict):
            break
        around = {k: v for k, v in schema.items() if k not in ("$ref", "allOf", "anyOf", "oneOf")}
        if "$ref" in schema:
            schema = _referenced(root, name, schema["$ref"])
        elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
            schema = _alternative(root, name, alternatives)
        elif isinstance(schema.get("allOf"), list) and len(schema["allOf"]) == 1:
            schema = schema["allOf"][0]
        else:
            return around
        if isinstance(schema, dict):
            # What stands beside a reference, its description above all, is closer to the argument.
            schema = {**schema, **around}
    raise UnusableSchemaError(f"its argument {name} cannot be understood")


def _referenced(root: dict[str, Any], name: str, reference: Any) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise UnusableSchemaError(f"its argument {name} is described elsewhere")
    found: Any = root
    for step in reference[2:].split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if found else None
        if not isinstance(found, dict):
            raise UnusableSchemaError(f"its argument {name} is described nowhere")
    return found


def _alternative(root: dict[str, Any], name: str, alternatives: Any) -> dict[str, Any]:
    """Return the alternative to offer: choices joined, else the first simple one."""
    if not isinstance(alternatives, list):
        raise UnusableSchemaError(f"its argument {name} cannot be understood")
    known = [
        each for each in (_one_of(root, name, one) for one in alternatives) if each is not None
    ]
    if known and all(_choices(each) is not None for each in known):
        return {"enum": [choice for each in known for choice in _choices(each) or ()]}
    simple = [each for each in known if each.get("type", "string") in SCALARS]
    if not known:
        raise UnusableSchemaError(f"its argument {name} allows no value")
    return (simple or known)[0]


def _one_of(root: dict[str, Any], name: str, schema: Any) -> dict[str, Any] | None:
    resolved = _resolved(root, name, schema) if isinstance(schema, dict) else None
    return None if resolved is None or resolved.get("type") == "null" else resolved


def _choices(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    choices = schema.get("enum")
    return choices if isinstance(choices, list) else None


def _kind(name: str, schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [each for each in kind if each != "null"]
        kind = next((each for each in kinds if each in SCALARS), kinds[0] if kinds else None)
    if kind is None:
        kind = _kind_of_choices(_choices(schema))
    if kind not in (*SCALARS, "array", "object"):
        raise UnusableSchemaError(f"its argument {name} has a type nobody can say")
    return str(kind)


def _kind_of_choices(choices: list[Any] | None) -> str:
    """Return the type of what has none; anything goes can be said in words."""
    whole = choices and all(type(each) is int for each in choices if each is not None)
    return "integer" if whole else "string"


def _text(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    choices = _choices(schema)
    if choices is None:
        longest = schema.get("maxLength")
        given = isinstance(longest, int) and 0 < longest < LONGEST_TEXT_CHARS
        return {"maxLength": longest if given else LONGEST_TEXT_CHARS}
    texts = [each for each in choices if each is not None]
    if not texts or not all(isinstance(each, str) and harmless(each) == each for each in texts):
        raise UnusableSchemaError(f"its argument {name} has choices that are no words")
    if len(texts) > MOST_CHOICES:
        raise UnusableSchemaError(f"its argument {name} has too many choices")
    return {"enum": list(dict.fromkeys(texts))}


def _bounds(name: str, schema: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    choices = _choices(schema)
    if choices is not None:
        numbers = [each for each in choices if each is not None]
        if not numbers or not all(_is_number(n) and abs(n) < LARGEST_BOUND for n in numbers):
            raise UnusableSchemaError(f"its argument {name} has choices of several kinds")
        return {"minimum": min(numbers), "maximum": max(numbers)}
    return dict(_given_bounds(schema, whole=whole))


def _given_bounds(schema: dict[str, Any], *, whole: bool) -> Iterator[tuple[str, Any]]:
    for key, exclusive, inwards in (
        ("minimum", "exclusiveMinimum", 1),
        ("maximum", "exclusiveMaximum", -1),
    ):
        bound = schema.get(key)
        if not _is_number(bound) and _is_number(schema.get(exclusive)):
            bound = schema[exclusive] + (inwards if whole else 0)
        if _is_number(bound) and abs(bound) < LARGEST_BOUND:
            yield key, bound


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(
    root: dict[str, Any], name: str, schema: dict[str, Any], *, nested: bool
) -> dict[str, Any]:
    items = _value(root, name, schema.get("items", True), nested=True)
    if nested or items["type"] not in SCALARS:
        raise UnusableSchemaError(f"its argument {name} is a list of more than words or numbers")
    most = schema.get("maxItems")
    given = isinstance(most, int) and 0 < most < DEFAULT_MAX_ITEMS
    return {"items": items, "maxItems": most if given else DEFAULT_MAX_ITEMS}


def _object(
    root: dict[str, Any], name: str, schema: dict[str, Any], *, nested: bool
) -> dict[str, Any]:
    if nested:
        raise UnusableSchemaError(f"its argument {name} is nested too deeply")
    members = _members(root, schema, nested=True)
    if not members.properties:
        raise UnusableSchemaError(f"its argument {name} has parts without names")
    return {"properties": members.properties, "required": list(members.required)}
