"""Reads HTML pages (pure)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from xtalk_edge.documents.plain_text import without_comments
from xtalk_edge.documents.splitting import Block

_UNSEEN = frozenset({"script", "style", "template", "noscript", "svg", "math", "head"})
"""What no reader sees; a title is taken out of the head."""

_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "img",
})  # fmt: skip
_CELLS = frozenset({"td", "th", "br"})
"""What separates words, and no paragraphs."""

_HEADING = re.compile(r"h([1-6])")


def web_page(text: str) -> tuple[str, list[Block]]:
    """Return the title of a page ("" when it has none), and its headings and paragraphs."""
    reader = _Reader()
    reader.feed(without_comments(text))
    reader.close()
    reader.end_block()
    return " ".join(reader.title.split()), reader.blocks


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[Block] = []
        self._text = ""
        self._level = 0
        self._unseen = ""
        """The tag whose end shows text again."""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a paragraph, or stop reading."""
        if tag == "title":
            self._in_title = not self.title
        elif tag == "body":
            # Whoever forgot to close the head meant to.
            self._unseen = ""
        elif self._unseen:
            return
        elif tag in _UNSEEN:
            self._unseen = tag
        elif tag in _CELLS:
            self._text += " "
        elif tag not in _INLINE:
            self.end_block()
            heading = _HEADING.fullmatch(tag)
            self._level = int(heading[1]) if heading else 0

    def handle_endtag(self, tag: str) -> None:
        """End a paragraph, or go on reading."""
        if tag == "title":
            self._in_title = False
        elif tag == self._unseen:
            self._unseen = ""
        elif tag in _CELLS:
            self._text += " "
        elif not self._unseen and tag not in _INLINE:
            self.end_block()
            self._level = 0

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._in_title:
            self.title += data
        elif not self._unseen:
            self._text += data

    def end_block(self) -> None:
        """Keep what was read since the last one."""
        text = " ".join(self._text.split())
        self._text = ""
        if text:
            self.blocks.append(Block(text, self._level))
