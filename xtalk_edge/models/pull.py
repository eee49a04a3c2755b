"""Fetches models of the manifest and puts them on the shelf."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from xtalk_edge.errors import ModelError
from xtalk_edge.models.archive import unpack
from xtalk_edge.models.digests import Published, file_sha256, from_list
from xtalk_edge.models.disk import disk
from xtalk_edge.models.download import Download, fetch_list
from xtalk_edge.models.manifest import Model, ModelFile
from xtalk_edge.models.patience import Patience
from xtalk_edge.models.records import Lock
from xtalk_edge.models.shelf import DONE, Progress, Shelf, silent

MOST_BYTES_UNKNOWN = 8_000_000_000
"""For files whose size nobody tells beforehand; what small boards can run is smaller."""

ROUNDING = 1.15
"""Publishers round sizes to one digit at worst: what is called 1.3 MB may have 1.35."""

UNROUNDED_BYTES = 1_000_000
"""A few kB may be called 0 MB."""


class Puller:
    """Fetches from the publishers' servers.

    Args:
        shelf: where models go.
        mirrors: "https://there=https://here": addresses that begin with the first are tried with
            the second in its place before.
        patience: how long servers are waited for.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        shelf: Shelf,
        mirrors: Sequence[str] = (),
        patience: Patience = Patience(),  # noqa: B008 - frozen
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._shelf = shelf
        self._mirrors = [mirror.partition("=")[::2] for mirror in mirrors]
        self._patience = patience
        self._pause = pause
        self._lock = Lock(shelf.folder)

    def pull(
        self, model: Model, progress: Progress = silent, *, accept_change: bool = False
    ) -> Path:
        """Fetch a model if it is not there yet; return its folder.

        Args:
            model: of the manifest.
            progress: is told how far each file is.
            accept_change: take what an address holds now, also where something else came from
                there before.

        Raises:
            ModelError: it cannot be had, or is not what was published.
        """
        with self._shelf.making(model.name) as making:
            if self._shelf.has(model.name):
                return self._shelf.path(model.name)
            digests = {}
            for file in model.file:
                mark = making / f".{file.local_name.replace('/', '_')}{DONE}"
                if not mark.exists():
                    sha256 = self._fetch(file, making, progress, accept_change)
                    with disk(mark):
                        mark.write_text(sha256, encoding="ascii")
                digests[file.local_name] = mark.read_text(encoding="ascii")
            return self._shelf.place(making, model.name, model.file[0].url, digests, progress)

    def _fetch(self, file: ModelFile, making: Path, progress: Progress, accept_change: bool) -> str:
        """Bring one file, unpacked if it is an archive; return the SHA-256 of what was fetched."""
        to = making / file.local_name
        # One that has its name is whole: somebody stopped while it was unpacked.
        sha256 = file_sha256(to) if to.exists() else self._download(file, to, progress)
        known = "" if accept_change else self._lock.known(file.url)
        if known and sha256 != known:
            to.unlink()
            raise ModelError(
                f"{file.url} holds another file than when it was fetched first "
                f"({sha256[:12]}… instead of {known[:12]}…); if its maker says so, take it with "
                "--accept-change"
            )
        self._lock.note(file.url, sha256)
        if file.is_archive:
            unpack(to, making, file.keep, lambda size: progress(f"unpacking {to.name}", size, None))
            to.unlink()
        return sha256

    def _download(self, file: ModelFile, to: Path, progress: Progress) -> str:
        with disk(to):
            to.parent.mkdir(parents=True, exist_ok=True)
        return Download(
            self._addresses(file.url),
            to,
            Published(sha256=file.sha256 or self._listed(file)),
            round(file.mb * 1e6 * ROUNDING) + UNROUNDED_BYTES if file.mb else MOST_BYTES_UNKNOWN,
            lambda have, total: progress(file.local_name, have, total),
            self._patience,
            self._pause,
        ).run()

    def _listed(self, file: ModelFile) -> str:
        """Return what the publisher's list of digests says, or ""."""
        if not file.checksums:
            return ""
        name = file.url.rpartition("/")[2]
        lists = (fetch_list(url, self._patience) for url in self._addresses(file.checksums))
        return next(filter(None, (from_list(text, name) for text in lists)), "")

    def _addresses(self, url: str) -> list[str]:
        mirrored = [
            here + url.removeprefix(there)
            for there, here in self._mirrors
            if here and url.startswith(there)
        ]
        return [*mirrored, url]
