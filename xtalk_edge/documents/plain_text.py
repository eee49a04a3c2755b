"""Reads what has no marks, Markdown, and tables of values (pure)."""

from __future__ import annotations

import csv
import re

from xtalk_edge.documents.splitting import Block

WRAPPED_CHARS = 60
"""A line as long as this was ended by the width of the page, a shorter one by its writer."""

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+")
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}$|[\s|:-]*\|[\s|:-]*$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_MARKS = re.compile(r"(\*\*|__|~~|`+|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w))")


def plain(text: str) -> list[Block]:
    """Return the paragraphs of a text; short lines are paragraphs of their own."""
    blocks: list[str] = []
    goes_on = False
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            goes_on = False
        elif goes_on:
            blocks[-1] += f" {stripped}"
            goes_on = len(stripped) >= WRAPPED_CHARS
        else:
            blocks.append(stripped)
            goes_on = len(stripped) >= WRAPPED_CHARS
    return [Block(each) for each in blocks]


def markdown(text: str) -> list[Block]:
    """Return the headings and paragraphs of a Markdown text, without its marks."""
    reader = _MarkdownReader()
    for line in without_comments(_without_front_matter(text)).splitlines():
        reader.take(line)
    reader.end_block()
    return reader.blocks


def _without_front_matter(text: str) -> str:
    head, _, rest = text.partition("\n")
    if head.strip() != "---":
        return text
    matter, mark, body = rest.partition("\n---")
    return body.partition("\n")[2] if mark and ":" in matter else text


def without_comments(text: str) -> str:
    """Return Markdown or HTML without its comments; one that is not closed hides the rest."""
    # By hand: a pattern, and Python's own reader of HTML, look for the end of each that has none.
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        parts.append(text[at:start])
        end = text.find("-->", start)
        at = len(text) if end < 0 else end + len("-->")
    return " ".join([*parts, text[at:]])


class _MarkdownReader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._lines: list[str] = []
        """Of the paragraph that is being read."""
        self._in_code = False

    def take(self, line: str) -> None:
        """Take the next line."""
        if _FENCE.match(line):
            self.end_block()
            self._in_code = not self._in_code
        elif self._in_code:
            self._lines = [line.strip()]
            self.end_block()
        elif heading := _HEADING.match(line):
            self.end_block()
            self.blocks.append(Block(_unmarked(heading[2]), len(heading[1])))
        elif len(self._lines) == 1 and (underline := _UNDERLINE.match(line)):
            self.blocks.append(Block(self._lines.pop(), 1 if underline[1][0] == "=" else 2))
        elif not line.strip() or _RULE.match(line):
            self.end_block()
        else:
            self._add(line)

    def _add(self, line: str) -> None:
        if _ITEM.match(line) or line.lstrip().startswith("|"):
            self.end_block()
        self._lines.append(_unmarked(_ITEM.sub("", line, count=1)))

    def end_block(self) -> None:
        """Keep the paragraph that was read."""
        text = " ".join(self._lines).strip()
        self._lines = []
        if text:
            self.blocks.append(Block(text))


def _unmarked(line: str) -> str:
    """Return a line without links' addresses, emphasis, quotation marks and table bars."""
    line = _LINK.sub(r"\1", line.strip().lstrip(">").strip())
    if line.startswith("|"):
        line = ", ".join(cell.strip() for cell in line.strip("|").split("|") if cell.strip())
    return _MARKS.sub("", line)


def table(text: str) -> list[Block]:
    """Return each row of comma-separated values with the names of its columns.

    Raises:
        ValueError: it is no table.
    """
    lines = text.splitlines()
    delimiter = max(",;\t|", key=lines[0].count) if lines else ","
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise ValueError(f"it is no table of values ({error})") from error
    names = rows[0] if rows else []
    return [Block(_row_text(names, row)) for row in rows[1:]] or [Block(", ".join(names))]


def _row_text(names: list[str], row: list[str]) -> str:
    named = [f"{name.strip()}: {value.strip()}" if name.strip() else value.strip()
             for name, value in zip(names, row, strict=False) if value.strip()]  # fmt: skip
    return ", ".join([*named, *(value.strip() for value in row[len(names) :] if value.strip())])
