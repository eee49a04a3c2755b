"""What a publisher says a file is, and whether one on disk is that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

CHUNK_BYTES = 1 << 20

_QUOTED = re.compile(r'(?:W/)?"?([0-9a-f]{40}|[0-9a-f]{64})"?')


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of a file before it is read; empty fields are unknown."""

    sha256: str = ""
    git_sha1: str = ""
    """As git names a file's content, which Hugging Face tells of small files."""
    size: int | None = None

    @property
    def has_digest(self) -> bool:
        """Whether its content can be told from another of the same size."""
        return bool(self.sha256 or self.git_sha1)

    def or_else(self, other: Published) -> Published:
        """Return this, with what it lacks from `other`."""
        return Published(
            self.sha256 or other.sha256,
            self.git_sha1 or other.git_sha1,
            other.size if self.size is None else self.size,
        )

    def problem(self, path: Path, sha256: str) -> str:
        """Return how the file differs from what was published, or ""."""
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            return f"it has {size:,} bytes instead of {self.size:,}"
        if self.sha256 and sha256 != self.sha256:
            return f"its SHA-256 is {sha256[:12]}… instead of {self.sha256[:12]}…"
        if self.git_sha1 and git_sha1(path) != self.git_sha1:
            return "its git digest is another one"
        return ""


def hugging_face(headers: Message) -> Published:
    """Return what an answer of Hugging Face says of the file; nothing of other servers.

    Of a file in its large storage the SHA-256 and size come with the redirect, as `X-Linked-Etag`
    and `X-Linked-Size`; of one in the repository the `ETag` is git's name of the content.
    """
    if not headers.get("X-Repo-Commit"):
        return Published()
    linked = _QUOTED.fullmatch(headers.get("X-Linked-Etag", ""))
    if linked and len(linked[1]) == 64:
        size = headers.get("X-Linked-Size", "")
        return Published(sha256=linked[1], size=int(size) if size.isdecimal() else None)
    plain = _QUOTED.fullmatch(headers.get("X-Linked-Etag") or headers.get("ETag") or "")
    return Published(git_sha1=plain[1]) if plain and len(plain[1]) == 40 else Published()


def from_list(text: str, name: str) -> str:
    """Return the SHA-256 that a list of digests has for a file, or "".

    Both orders are met: `sha256sum` writes the digest first, k2-fsa's releases the name.
    """
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and name in (words[0], words[-1].lstrip("*")):
            found = [word.lower() for word in words if re.fullmatch(r"[0-9a-fA-F]{64}", word)]
            if found:
                return found[0]
    return ""


def file_sha256(path: Path, progress: Callable[[int], None] = lambda done: None) -> str:
    """Return the SHA-256 of a file; `progress` is told the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            progress(done)
    return digest.hexdigest()


def git_sha1(path: Path) -> str:
    """Return git's name for the file's content."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
