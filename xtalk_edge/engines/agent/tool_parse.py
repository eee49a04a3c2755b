"""Finds tool calls in the text a model streams (pure)."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass

from xtalk_edge.engines.agent.tool_grammar import CLOSE, OPEN
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.net.json_object import json_object

THINK = "<think>"
THINK_END = "</think>"

LONGEST_CALL_CHARS = 4096
"""More is no call that any grammar here can write."""


class TextDecoder:
    """Turns bytes into text and never shows half a character."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def feed(self, piece: bytes) -> str:
        """Return the characters that are complete."""
        return self._decoder.decode(piece)


@dataclass(slots=True)
class SpeechFilter:
    """Lets through what may be spoken: neither tool calls nor thoughts between think tags.

    After `OPEN` was seen nothing more comes out; `before` is then the text up to the tag.
    """

    before: str = ""
    """All text so far, thoughts included, without an opening tag and without what is held."""
    found: bool = False
    """Whether `OPEN` was seen."""
    _held: str = ""
    _thinking: bool = False

    def feed(self, text: str) -> str:
        """Return what may be spoken now; what could become a tag is held back."""
        if self.found:
            return ""
        self._held += text
        spoken = ""
        while True:
            tags = (THINK_END,) if self._thinking else (OPEN, THINK)
            at, tag = _first(self._held, tags)
            if not tag:
                keep = len(self._held) - _tag_start(self._held, tags)
                return spoken + self._pass(keep, "")
            spoken += self._pass(at, tag)
            if tag == OPEN:
                self.found = True
                self._held = ""
                return spoken
            self._thinking = tag == THINK

    def flush(self) -> str:
        """Return what was held back, now that nothing follows."""
        return "" if self.found else self._pass(len(self._held), "")

    def _pass(self, length: int, tag: str) -> str:
        text = self._held[:length]
        self._held = self._held[length + len(tag) :]
        self.before += text + (tag if tag != OPEN else "")
        return "" if self._thinking else text


def parse_call(text: str) -> ToolCall | None:
    """Return the call written in `text` (between the tags, or with the closing tag); None if none.

    Never raises, whatever the text.
    """
    if len(text) > LONGEST_CALL_CHARS:
        return None
    body = text.strip().removesuffix(CLOSE)
    value = json_object(body)
    if value is None:
        return None
    name, arguments = value.get("name"), value.get("arguments", {})
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        return None
    return ToolCall(name, arguments)


def render_call(call: ToolCall) -> str:
    """Return the call as the model writes it, tags included."""
    body = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    return f"{OPEN}\n{body}\n{CLOSE}"


def _first(text: str, tags: tuple[str, ...]) -> tuple[int, str]:
    """Return where the first of the tags stands, and which; (-1, "") when there is none."""
    found = [(at, tag) for tag in tags if (at := text.find(tag)) >= 0]
    return min(found, default=(-1, ""))


def _tag_start(text: str, tags: tuple[str, ...]) -> int:
    """Return how many characters at the end could begin a tag."""
    for length in range(min(len(text), max(map(len, tags)) - 1), 0, -1):
        if any(tag.startswith(text[-length:]) for tag in tags):
            return length
    return 0
