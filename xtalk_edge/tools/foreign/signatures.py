"""From a Python function to the JSON schema of its arguments, and from those back to its values."""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union

from xtalk_edge.errors import ConfigError
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.foreign.schemas import LONGEST_TEXT_CHARS

Convert = Callable[[Any], Any]

_SCALARS: dict[Any, tuple[str, Convert]] = {
    str: ("string", str),
    int: ("integer", int),
    float: ("number", float),
    bool: ("boolean", bool),
}
_LISTS: dict[Any, Convert] = {list: list, tuple: tuple, set: set}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    converters: Mapping[str, Convert] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    """Parameters without a default that are None when nothing was said about them."""
    context: str = ""
    """Name of the parameter that gets the `ToolContext`; "" when there is none."""

    def bound(self, context: ToolContext, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments of a call whose arguments were checked."""
        values = dict.fromkeys(self.absent)
        values |= {name: self.converters[name](value) for name, value in arguments.items()}
        return {self.context: context, **values} if self.context else values


def signature_of(function: Callable[..., Any], name: str) -> Signature:
    """Read a function's annotations and defaults.

    Raises:
        ConfigError: a parameter cannot be described to a model; the message names the tool.
    """
    try:
        parameters = inspect.signature(function).parameters
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, ValueError) as error:
        raise ConfigError(f"tool {name}: its annotations cannot be read ({error})") from error
    properties: dict[str, Any] = {}
    converters: dict[str, Convert] = {}
    required: list[str] = []
    absent: list[str] = []
    context = ""
    for parameter in parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ConfigError(f"tool {name}: {parameter.name} must not be positional only")
        hint = hints.get(parameter.name, str)
        if hint is ToolContext:
            context = parameter.name
            continue
        schema, converters[parameter.name], optional = _described(hint)
        if not schema:
            raise ConfigError(
                f"tool {name}: {parameter.name} must be annotated with str, int, float, bool, "
                "Literal, an Enum, a list of these, or Optional"
            )
        properties[parameter.name] = schema
        if parameter.default is parameter.empty:
            (absent if optional else required).append(parameter.name)
    return Signature(properties, tuple(required), converters, tuple(absent), context)


def _described(hint: Any) -> tuple[dict[str, Any], Convert, bool]:
    """Return the schema ({} for none), what makes the value of it, and whether it may be None."""
    if typing.get_origin(hint) is Annotated:
        inner, *notes = typing.get_args(hint)
        schema, convert, optional = _described(inner)
        text = next((note for note in notes if isinstance(note, str)), "")
        return ({**schema, "description": text} if schema and text else schema), convert, optional
    if typing.get_origin(hint) in (Union, types.UnionType):
        members = [each for each in typing.get_args(hint) if each is not type(None)]
        if len(members) == 1 and len(typing.get_args(hint)) == 2:
            schema, convert, _ = _described(members[0])
            return schema, convert, True
        return {}, _as_is, False
    return *_plain(hint), False


def _plain(hint: Any) -> tuple[dict[str, Any], Convert]:
    if hint in _SCALARS:
        kind, convert = _SCALARS[hint]
        return ({"type": kind, **_limit(kind)}), convert
    if typing.get_origin(hint) is Literal:
        return _choice({str(value): value for value in typing.get_args(hint)})
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _choice({_label(member): member for member in hint})
    origin = typing.get_origin(hint) or hint
    if origin in _LISTS:
        items, convert, _ = _described((typing.get_args(hint) or (str,))[0])
        if items and items["type"] != "array":
            make = _LISTS[origin]
            schema = {"type": "array", "items": items}
            return schema, lambda values: make(convert(value) for value in values)
    return {}, _as_is


def _choice(members: dict[str, Any]) -> tuple[dict[str, Any], Convert]:
    return {"type": "string", "enum": list(members)}, members.__getitem__


def _label(member: enum.Enum) -> str:
    """Return what is said for a member: its own word, or else its name."""
    value = member.value
    return value if isinstance(value, str) else member.name.lower().replace("_", " ")


def _limit(kind: str) -> dict[str, Any]:
    return {"maxLength": LONGEST_TEXT_CHARS} if kind == "string" else {}


def _as_is(value: Any) -> Any:
    return value
