"""The settings as they may be shown to others: secrets left out. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from xtalk_edge.config.schema import Config

LEFT_OUT = "(left out)"

_SECRET_NAME = re.compile(
    r"(?<![a-z])(?<!client_)key(?!word)|token(?!s)|secret|passw|credential|auth(?!or)|cookie"
    r"|(?<![a-z])pin$",
    re.I,
)
"""What settings are called whose values may be secrets, also those of the owner's own engines."""

_PLACE = re.compile(r"(env|file|credential):\S*|")
"""Where a secret is kept is none."""

_OF_URL = re.compile(r"(?<=://)[^/@\s]*@|(?<=[?#])\S+")
"""A name and password before the host, and what follows the path."""


def without_secrets(config: Config) -> Config:
    """Return the settings with whatever may be a secret replaced."""
    cleaned: Config = _clean("", config)
    return cleaned


def _clean(name: str, value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            field.name: _clean(field.name, getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name not in ("path", "places")
        }
        return dataclasses.replace(value, **changes)
    if isinstance(value, Mapping):
        return {key: _clean(str(key), each) for key, each in value.items()}
    if name == "command":
        # Arguments of a program may be anything.
        return (*value[:1], *(LEFT_OUT for _ in value[1:]))
    if isinstance(value, list | tuple):
        return type(value)(_clean(name, each) for each in value)
    return _cleaned_text(name, value) if isinstance(value, str) else value


def _cleaned_text(name: str, text: str) -> str:
    if _SECRET_NAME.search(name) and not _PLACE.fullmatch(text):
        return LEFT_OUT
    return _OF_URL.sub("", text)
