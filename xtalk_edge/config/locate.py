"""Finds the line on which each key of a TOML text stands; pure.

The parser tells lines only for text that is not TOML. A wrong *value* in good TOML needs its line
too. The text must already have been parsed: what is not TOML is not diagnosed here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TypeAlias

import tomli

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys from the top; numbers are places in arrays, from 0."""

_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# Multi-line strings may end in one or two quotes of their own before the closing three.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def locate(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of every key, table and array item of a TOML text."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._tables: dict[KeyPath, int] = {}
        """How many items each array of tables has so far."""

    def document(self) -> None:
        base: KeyPath = ()
        while self._peek():
            if self._take("["):
                base = self._header(array=self._take("["))
            else:
                self._pair(base)

    def _header(self, array: bool) -> KeyPath:
        at = self._at
        parts = self._key()
        path: KeyPath = ()
        for part in parts[:-1]:
            path = self._inside((*path, part))
            self._note(path, at)
        path = (*path, parts[-1])
        if array:
            self._note(path, at)
            count = self._tables.get(path, 0)
            self._tables[path] = count + 1
            path = (*path, count)
        self._note(path, at)
        self._at = self._text.index("]", self._at) + (2 if array else 1)
        return path

    def _inside(self, path: KeyPath) -> KeyPath:
        """Return the last item when the path is an array of tables."""
        count = self._tables.get(path)
        return path if count is None else (*path, count - 1)

    def _pair(self, base: KeyPath) -> None:
        at = self._at
        path = base
        for part in self._key():
            path = (*path, part)
            self._note(path, at)
        self._take("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._take("["):
            index = 0
            while not self._take("]"):
                self._note((*path, index), self._at)
                self._value((*path, index))
                self._take(",")
                index += 1
        elif self._take("{"):
            while not self._take("}"):
                self._pair(path)
                self._take(",")
        elif self._peek() in "\"'":
            self._match(_STRING)
        else:
            self._match(_SCALAR)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while not parts or self._take("."):
            if self._peek() in "\"'":
                parts.append(tomli.loads(f"key = {self._match(_STRING)}")["key"])
            else:
                parts.append(self._match(_BARE_KEY))
        return parts

    def _peek(self) -> str:
        """Return the next character that means something; "" at the end."""
        self._match(_TRIVIA)
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        """Go past the character if it comes next."""
        found = self._peek() == character
        self._at += found
        return found

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"not TOML at character {self._at}")
        self._at = match.end()
        return match.group()

    def _note(self, path: KeyPath, at: int) -> None:
        """Keep the first line of a path; later mentions only add to it."""
        self.lines.setdefault(path, bisect_right(self._newlines, at) + 1)
