"""Fetches one file: goes on after drops, and gives it its name only when it is the right one."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from xtalk_edge.clock import now_s
from xtalk_edge.errors import ModelError
from xtalk_edge.models.connection import NETWORK_ERRORS, Answer, GoneError, ask
from xtalk_edge.models.digests import Published, file_sha256
from xtalk_edge.models.disk import disk
from xtalk_edge.models.patience import Patience

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 18

LIST_BYTES = 1 << 20
"""The longest list of digests that is read; k2-fsa's have some 100 kB."""

SPARE_BYTES = 64_000_000
"""Left free on the disk: a device that cannot write its timers any more is no help."""

TOO_SLOW = "it comes too slowly"

Progress = Callable[[int, int | None], None]
"""Told the bytes that are there, and how many there will be where that is known."""


class Download:
    """A file on its way; what is there is kept in `NAME.part` and gone on with, also much later.

    Args:
        urls: where it can be had, mirrors first; the next is asked when one has it not, or has
            another.
        to: where it is to be.
        published: what is known of it.
        most_bytes: what is longer is not it.
        progress: is told how far it is.
        patience: how long servers are waited for.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        urls: Sequence[str],
        to: Path,
        published: Published,
        most_bytes: int,
        progress: Progress = lambda have, total: None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._urls = urls
        self._to = to
        self._part = to.with_name(f"{to.name}.part")
        self._tag = to.with_name(f"{to.name}.tag")
        self._known = published
        self._most_bytes = most_bytes
        self._progress = progress
        self._patience = patience
        self._pause = pause

    def run(self) -> str:
        """Fetch the file; return its SHA-256.

        Raises:
            ModelError: nobody has it, the network is gone, or the disk is full. What was fetched
                stays, unless it was wrong.
        """
        refusals = []
        for url in self._urls:
            try:
                published = self._fetch(url)
                return self._finish(url, published)
            except GoneError as refusal:
                refusals.append(str(refusal))
        raise ModelError("; ".join(refusals))

    def _fetch(self, url: str) -> Published:
        """Bring the part to its full length; return what is known of it."""
        fruitless = 0
        furthest = self._have()
        while True:
            began_s = now_s()
            try:
                published, complete = self._try(url)
                reason = "the connection ended early"
                if complete:
                    return published
            except NETWORK_ERRORS as error:
                reason = _reason(error)
            gained, furthest = self._have() - furthest, max(furthest, self._have())
            progress = self._patience.is_progress(gained, now_s() - began_s)
            fruitless = 0 if progress else fruitless + 1
            if fruitless >= self._patience.fruitless_tries:
                raise ModelError(
                    f"{url} cannot be fetched ({reason}); check the network and try again: "
                    f"{furthest / 1e6:.1f} MB are there already"
                )
            pause_s = self._patience.pause_s(fruitless, random.random())
            if fruitless:
                log.warning("%s: %s; trying again in %.0f s", self._to.name, reason, pause_s)
            self._pause(pause_s)

    def _try(self, url: str) -> tuple[Published, bool]:
        """Take what one connection gives; tell what is known now, and whether that was all."""
        have = self._have()
        validator = self._validator(url)
        if have and not validator and not self._known.has_digest:
            # Nothing would tell that the rest belongs to another version.
            have = 0
        answer = ask(url, have, validator, self._patience.silent_s)
        with contextlib.closing(answer.body):
            published = self._known.or_else(answer.published)
            total = published.size if published.size is not None else answer.total
            self._check_length(url, answer, published, total)
            self._remember(url, answer.validator)
            got = self._receive(url, answer, total)
        if total is None:
            raise GoneError(f"{url} cannot be trusted: the server does not say how long it is")
        return published, got >= total

    def _check_length(
        self, url: str, answer: Answer, published: Published, total: int | None
    ) -> None:
        if None not in (answer.total, total) and answer.total != total:
            raise GoneError(f"{url} has {answer.total:,} bytes instead of {published.size:,}")
        if total is None:
            return
        if total > self._most_bytes:
            raise GoneError(f"{url} has {total:,} bytes, more than the {self._most_bytes:,} known")
        free = shutil.disk_usage(self._part.parent).free
        if total - answer.starts_at + SPARE_BYTES > free:
            raise ModelError(
                f"the disk is too full: {url} needs {total / 1e6:.0f} MB and {free / 1e6:.0f} MB "
                "are free; make room, or choose another folder (models.folder)"
            )

    def _receive(self, url: str, answer: Answer, total: int | None) -> int:
        """Append what comes; return how much of the file is there then."""
        at = answer.starts_at
        with self._opened_at(at) as file:
            began_s, began_at = now_s(), at
            while chunk := answer.body.read1(CHUNK_BYTES):
                at += len(chunk)
                if at > (self._most_bytes if total is None else total):
                    self._discard()
                    raise GoneError(f"{url} does not end where it should, at {at:,} bytes")
                with disk(self._part):
                    file.write(chunk)
                    file.flush()
                self._progress(at, total)
                if now_s() - began_s >= self._patience.silent_s:
                    if at - began_at < self._patience.least_bytes_s * self._patience.silent_s:
                        raise TimeoutError(TOO_SLOW)
                    began_s, began_at = now_s(), at
        return at

    def _opened_at(self, at: int) -> BinaryIO:
        with disk(self._part):
            file = self._part.open("r+b" if self._part.exists() else "w+b")
            file.truncate(at)
            file.seek(at)
            return file

    def _finish(self, url: str, published: Published) -> str:
        """Give the file its name if it is the right one."""
        size = self._have()
        sha256 = file_sha256(self._part, lambda done: self._progress(done, size))
        problem = published.problem(self._part, sha256)
        if problem:
            self._discard()
            raise GoneError(f"{url} is not the file that was published: {problem}")
        with disk(self._to):
            with self._part.open("rb") as file:
                os.fsync(file.fileno())
            self._part.replace(self._to)
        self._tag.unlink(missing_ok=True)
        return sha256

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _discard(self) -> None:
        self._part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)

    def _validator(self, url: str) -> str:
        """Return the validator that this server gave with the part, or ""."""
        if not self._tag.exists():
            return ""
        tagged_url, _, validator = self._tag.read_text(encoding="utf-8").partition("\n")
        return validator if tagged_url == url else ""

    def _remember(self, url: str, validator: str) -> None:
        if validator:
            with disk(self._tag):
                self._tag.write_text(f"{url}\n{validator}", encoding="utf-8")


def fetch_list(url: str, patience: Patience) -> str:
    """Return the text of a publisher's list of digests, or "" when it cannot be had."""
    give_up_s = now_s() + patience.silent_s
    text = bytearray()
    try:
        answer = ask(url, 0, "", patience.silent_s)
        with contextlib.closing(answer.body):
            while now_s() < give_up_s and len(text) < LIST_BYTES:
                chunk = answer.body.read1(LIST_BYTES)
                if not chunk:
                    return text.decode("utf-8", "replace")
                text += chunk
    except (*NETWORK_ERRORS, GoneError) as error:
        log.info("no list of digests at %s: %s", url, error)
    return ""


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and str(error) != TOO_SLOW:
        return "the server does not answer"
    return str(error) or type(error).__name__
