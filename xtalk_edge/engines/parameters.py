"""What an engine's constructor takes, and whether the settings fit it."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Iterable, Mapping
from typing import Any

from xtalk_edge.errors import ConfigError

_PLAIN_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "str": ((str,), "text in quotes"),
    "bool": ((bool,), "true or false"),
}
"""What the settings must hold for a parameter annotated so; other annotations are not checked."""


def takes(cls: type[Any]) -> Mapping[str, inspect.Parameter] | None:
    """Return what a constructor takes by name; None where it takes anything, or does not say."""
    accepted = _signature(cls)
    if accepted is None or any(each.kind is each.VAR_KEYWORD for each in accepted.values()):
        return None
    return accepted


def check_least(slot: str, least: Mapping[str, float], settings: Mapping[str, Any]) -> None:
    """Refuse numbers below their least; None, for what fits, is always right.

    Raises:
        ConfigError: with the first setting's name and its least.
    """
    for name, value in settings.items():
        if value is not None and not least[name] <= value < math.inf:
            raise ConfigError(f"{slot}.{name}: must be at least {least[name]}, not {value}")


def check_parameters(slot: str, type: str, cls: type[Any], params: Mapping[str, Any]) -> None:
    """Return if the settings fit; raises ConfigError with the first that is unknown or wrong."""
    accepted = takes(cls)
    for name in params:
        if accepted is not None and name not in accepted:
            known = f"it knows {', '.join(accepted)}" if accepted else "it has no settings"
            raise ConfigError(
                f"{slot}.{name}: {type} has no such setting{nearest(name, accepted)}; {known}"
            )
    for name, parameter in (_signature(cls) or {}).items():
        if name in params:
            _check_type(f"{slot}.{name}", parameter.annotation, params[name])
        required = parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        )
        if required and name not in params:
            raise ConfigError(f"{slot}.{name}: {type} needs this setting; add it under [{slot}]")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a question after the known word that is most alike; "" where none is."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _signature(cls: type[Any]) -> Mapping[str, inspect.Parameter] | None:
    try:
        return inspect.signature(cls).parameters
    except ValueError:
        # Classes written in C may hide their signature; the constructor judges for itself.
        return None


def _check_type(key: str, annotation: object, value: object) -> None:
    # Under `from __future__ import annotations` the annotation is text, without it a class.
    wanted = str(getattr(annotation, "__name__", annotation)).removesuffix(" | None")
    types, words = _PLAIN_TYPES.get(wanted, ((object,), ""))
    if not isinstance(value, types) or (words and type(value) is bool and bool not in types):
        raise ConfigError(f"{key}: must be {words}, got {value!r}")
