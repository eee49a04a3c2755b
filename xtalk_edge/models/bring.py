"""Puts models on the shelf that were brought some other way, as on a stick."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from xtalk_edge.errors import ModelError
from xtalk_edge.models.archive import is_wanted, unpack
from xtalk_edge.models.digests import Published
from xtalk_edge.models.disk import disk
from xtalk_edge.models.manifest import ARCHIVES, Manifest, Model, is_plain_path
from xtalk_edge.models.records import Lock
from xtalk_edge.models.shelf import Progress, Shelf, digest, silent


def bring(
    shelf: Shelf, manifest: Manifest, source: Path, name: str, progress: Progress = silent
) -> Path:
    """Put a model on the shelf; return its folder there.

    Args:
        shelf: where it goes.
        manifest: what is known of published models.
        source: a folder with the model's files, one of its files, or its archive.
        name: of the manifest, whose digests are then checked; or a new one.
        progress: is told of each file.

    Raises:
        ModelError: files are missing or not what was published, or the name is taken.
    """
    if not is_plain_path(name) or "/" in name or name.startswith("."):
        raise ModelError(f"{name!r} is no name for a model; use letters, digits and dashes")
    if shelf.has(name):
        raise ModelError(f"there is a model {name!r} already; remove it first")
    if not source.exists():
        raise ModelError(f"{source} is not there; name a folder, a file or an archive")
    known = next((each for each in manifest.model if each.name == name), None)
    with shelf.making(name) as making:
        _empty(making)
        if known:
            digests = _take_known(known, source, making, Lock(shelf.folder), progress)
        else:
            digests = {}
            _take_all(source, making, ("*",), progress)
        return shelf.place(making, name, str(source.absolute()), digests, progress)


def _take_known(
    model: Model, source: Path, making: Path, lock: Lock, progress: Progress
) -> dict[str, str]:
    """Take the files of a published model; return the SHA-256 of each that is kept as it came."""
    digests = {}
    for file in model.file:
        found = _find(source, file.local_name)
        if found is not None:
            sha256 = digest(found, found.name, progress)
            problem = Published(sha256=file.sha256 or lock.known(file.url)).problem(found, sha256)
            if problem:
                raise ModelError(f"{found} is not the file that was published: {problem}")
            if file.is_archive:
                unpack(found, making, file.keep)
            else:
                _copy(found, making / file.local_name, progress)
                digests[file.local_name] = sha256
        elif file.is_archive and source.is_dir():
            # Somebody has unpacked it already.
            _take_all(source, making, file.keep, progress)
        else:
            raise ModelError(f"{file.local_name} is missing in {source}; {file.url} has it")
    return digests


def _find(source: Path, name: str) -> Path | None:
    """Return the file of that name: `source` itself, or one below it."""
    plain = Path(name).name
    if source.is_file():
        return source if source.name == plain else None
    if (source / name).is_file():
        return source / name
    return next((each for each in sorted(source.rglob(plain)) if each.is_file()), None)


def _take_all(source: Path, making: Path, keep: Sequence[str], progress: Progress) -> None:
    """Take every file that matches a pattern, from a folder, an archive or a file alone."""
    if source.is_file() and source.name.endswith(ARCHIVES):
        unpack(source, making, keep)
        return
    files = [source] if source.is_file() else sorted(source.rglob("*"))
    base = source.parent if source.is_file() else source
    for path in files:
        name = path.relative_to(base).as_posix()
        if is_wanted(name, keep) and path.is_file() and not path.is_symlink():
            _copy(path, making / name, progress)
    if not any(making.iterdir()):
        raise ModelError(f"{source} holds none of a model's files")


def _copy(source: Path, to: Path, progress: Progress) -> None:
    with disk(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
    progress(to.name, to.stat().st_size, to.stat().st_size)


def _empty(folder: Path) -> None:
    with disk(folder):
        shutil.rmtree(folder)
        folder.mkdir()
