"""What xAI sends: JSON, whose every field is looked at before it is believed. Pure."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

from xtalk_edge.net.json_object import json_object
from xtalk_edge.net.printable import one_line

NAME_CHARS = 200
"""Of names and numbers of things."""

_EMPTY: Mapping[str, Any] = {}


class Message:
    """One message: a kind, and fields that may be missing or of any type."""

    __slots__ = ("_fields", "kind")

    def __init__(self, kind: str, fields: Mapping[str, Any] = _EMPTY) -> None:
        self.kind = kind
        self._fields = fields

    def text(self, name: str, most_chars: int = NAME_CHARS) -> str:
        """Return a field's text, printable and at most so long; "" where it is none."""
        value = self._fields.get(name)
        return one_line(value, most_chars) if isinstance(value, str) else ""

    def data(self, name: str) -> str:
        """Return a field's text as it is, to be decoded; "" where it is none."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def sound(self, name: str) -> bytes | None:
        """Return the bytes that a field holds in base64; None where they cannot be read."""
        try:
            return base64.b64decode(self.data(name), validate=True)
        except ValueError:
            return None

    def number(self, name: str) -> float | None:
        """Return a field's finite number; None where it is none."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

    def flag(self, name: str) -> bool:
        """Tell whether a field is true."""
        return self._fields.get(name) is True

    def part(self, name: str) -> Message:
        """Return what a field holds as a message of its own; an empty one where it holds none."""
        value = self._fields.get(name)
        return Message(name, value) if isinstance(value, dict) else Message(name)

    def complaint(self) -> str:
        """Return what a message of the kind "error" complains about."""
        return self.text("message") or self.part("error").text("message") or "an unknown error"


def message_of(data: str | bytes) -> Message | None:
    """Return what was sent; None of anything that is no object with a type."""
    if not isinstance(data, str):
        return None
    fields = json_object(data)
    if fields is None or not isinstance(fields.get("type"), str):
        return None
    return Message(one_line(fields["type"], NAME_CHARS), fields)


def written(kind: str, **fields: object) -> str:
    """Return a message as it is sent."""
    return json.dumps({"type": kind, **fields}, ensure_ascii=True)
