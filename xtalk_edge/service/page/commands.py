"""What a page may ask for, read from its messages (pure)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.errors import EdgeError
from xtalk_edge.net.printable import printable

LONGEST_TEXT_CHARS = 500
"""A question takes a tenth of it; who has more to tell has a document."""

LONGEST_TOKEN_CHARS = 4096
"""Of what is compared; nobody types a longer one."""


class UnreadableError(EdgeError):
    """A page sent what no page sends."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A page was opened; nothing else is taken before."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mute:
    """Let nothing be heard, or take that back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Press:
    """The page's button went down."""


@dataclass(frozen=True, slots=True)
class Release:
    """The page's button was let go."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Say no more of it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Volume:
    """Be so loud."""

    percent: int


@dataclass(frozen=True, slots=True)
class Sound:
    """Take the page as microphone and loudspeaker, or no longer."""

    on: bool


Command = Hello | Mute | Press | Release | Stop | Ask | Say | Volume | Sound


def command_of(message: str) -> Command:
    """Return what a message asks for.

    Raises:
        UnreadableError: it asks for nothing that there is.
    """
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        raise UnreadableError("a message must be a JSON object") from None
    if not isinstance(told, dict):
        raise UnreadableError("a message must be a JSON object")
    name = told.get("do")
    read = _READERS.get(name) if isinstance(name, str) else None
    if read is None:
        raise UnreadableError(f'"do" must be one of {", ".join(_READERS)}')
    return read(told)


def _flag(told: Mapping[str, Any]) -> bool:
    on = told.get("on")
    if not isinstance(on, bool):
        raise UnreadableError('"on" must be true or false')
    return on


def _text(told: Mapping[str, Any]) -> str:
    text = told.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT_CHARS:
        raise UnreadableError(f'"text" must be a text of at most {LONGEST_TEXT_CHARS} characters')
    line = " ".join(printable(text).split())
    if not line:
        raise UnreadableError("there is nothing in it; write a word")
    return line


def _percent(told: Mapping[str, Any]) -> int:
    percent = told.get("percent")
    if type(percent) is not int or not 0 <= percent <= 100:
        raise UnreadableError('"percent" must be a whole number from 0 to 100')
    return percent


def _token(told: Mapping[str, Any]) -> str:
    token = told.get("token", "")
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN_CHARS:
        raise UnreadableError(f'"token" must be a text of at most {LONGEST_TOKEN_CHARS} characters')
    return token


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Command]] = {
    "hello": lambda told: Hello(_token(told)),
    "mute": lambda told: Mute(_flag(told)),
    "press": lambda _told: Press(),
    "release": lambda _told: Release(),
    "stop": lambda _told: Stop(),
    "ask": lambda told: Ask(_text(told)),
    "say": lambda told: Say(_text(told)),
    "volume": lambda told: Volume(_percent(told)),
    "sound": lambda told: Sound(_flag(told)),
}
