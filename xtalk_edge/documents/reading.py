"""Reads a document's file, of whatever format, or says in a sentence why it cannot be read."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

from xtalk_edge.documents.plain_text import markdown, plain, table
from xtalk_edge.documents.splitting import Block
from xtalk_edge.documents.web_page import web_page
from xtalk_edge.errors import EdgeError

LARGEST_BYTES = 32_000_000
"""Thirty thick books as text; of what is larger, nobody meant that it be read."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
          (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})")

_UNSEEN_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"
"""Control characters that no text has."""


class DocumentError(EdgeError):
    """A document cannot be read; the message says why, without its name."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a document."""

    title: str
    """By its own words; "" when it does not say."""
    blocks: list[Block]


def read(ending: str, content: bytes) -> Reading:
    """Return what stands in a file.

    Args:
        ending: of its name, ".md".
        content: all of it.

    Raises:
        DocumentError: there is nothing that could be read.
    """
    reader = READERS.get(ending.casefold())
    if reader is None:
        raise DocumentError(f"no such file can be read; known are {', '.join(READERS)}")
    if len(content) > LARGEST_BYTES:
        raise DocumentError(
            f"it is too large ({len(content) / 1e6:.0f} MB); give it in parts of "
            f"{LARGEST_BYTES / 1e6:.0f} MB"
        )
    if not content.strip():
        raise DocumentError("it is empty")
    reading = reader(content)
    if not any(any(map(str.isalnum, block.text)) for block in reading.blocks):
        raise DocumentError("there are no words in it")
    return reading


def decoded(content: bytes, declared: str = "") -> str:
    """Return a text of unknown encoding.

    Args:
        content: the file.
        declared: the encoding that it says it has.

    Raises:
        DocumentError: it is no text.
    """
    marked = [encoding for mark, encoding in _MARKS if content.startswith(mark)]
    if not marked and len(content.translate(None, _UNSEEN_BYTES)) < len(content):
        raise DocumentError("it is no text")
    # Windows' own letters are what is left where nobody said anything.
    for encoding in (*marked, "utf-8", declared, "cp1252"):
        try:
            return content.decode(encoding or "utf-8")
        except (UnicodeError, LookupError):
            continue
    raise DocumentError("its letters are of an unknown encoding; save it as UTF-8")


def _markdown(content: bytes) -> Reading:
    blocks = markdown(decoded(content))
    return Reading(_first_heading(blocks), blocks)


def _web_page(content: bytes) -> Reading:
    declared = _CHARSET.search(content[:2048])
    title, blocks = web_page(decoded(content, declared[1].decode("ascii") if declared else ""))
    return Reading(title or _first_heading(blocks), blocks)


def _table(content: bytes) -> Reading:
    try:
        return Reading("", table(decoded(content)))
    except ValueError as error:
        raise DocumentError(str(error)) from error


def _first_heading(blocks: list[Block]) -> str:
    return next((block.text for block in blocks if block.level), "")


def _pdf(content: bytes) -> Reading:
    try:
        import pypdf
    except ImportError as error:
        raise DocumentError(
            'PDF files need a package that is not installed: pip install "xtalk-edge[pdf]"'
        ) from error
    try:
        document = pypdf.PdfReader(io.BytesIO(content))
        if document.is_encrypted and not document.decrypt(""):
            raise DocumentError("it is locked with a password; save it without one")
        title = str((document.metadata and document.metadata.title) or "").strip()
        pages = [page.extract_text() for page in document.pages]
    except DocumentError:
        raise
    except Exception as error:  # the library raises whatever a broken file makes it stumble over
        raise DocumentError(f"it is damaged, or no PDF ({type(error).__name__})") from error
    blocks = [block for page in pages for block in plain(page)]
    if not blocks:
        raise DocumentError("its pages are pictures: there is no text to search in it")
    return Reading(title, blocks)


READERS: dict[str, Callable[[bytes], Reading]] = {
    ".txt": lambda content: Reading("", plain(decoded(content))),
    ".md": _markdown,
    ".html": _web_page,
    ".htm": _web_page,
    ".csv": _table,
    ".pdf": _pdf,
}
"""By the ending of the name."""
