"""All that the owner would miss, in one file: to keep elsewhere, or to take to another device.

A zip archive: `about.json` says what it is, `state/` holds the databases, `settings.toml` the
settings where they came from a file. Models are not in it: `xtalk-edge models pull` fetches them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge import __version__
from xtalk_edge.clock import wall_now
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.care import put_aside, write_copy
from xtalk_edge.store.database import FILE_NAME, damage_of
from xtalk_edge.store.lock import in_use
from xtalk_edge.store.migrations import DOCUMENT_MIGRATIONS, MIGRATIONS
from xtalk_edge.store.passages import FILE_NAME as DOCUMENTS

FORMAT = 1

NEWEST = {FILE_NAME: len(MIGRATIONS), DOCUMENTS: len(DOCUMENT_MIGRATIONS)}
"""Databases that are kept, and how far this program can upgrade them."""

ABOUT, SETTINGS, FOLDER = "about.json", "settings.toml", "state/"

MOST_BYTES = 4 << 30
"""Of one database unpacked: a hundred thousand documents. A card is not filled by a zip bomb."""

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive says of itself."""

    made_at: str
    """Local date and time, as ISO 8601."""
    version: str
    """Of the program that made it."""
    sizes: dict[str, int]
    """Bytes of each file in it."""


def write_backup(path: Path, state_dir: Path, settings: Path | None) -> Backup:
    """Write everything into a new file that only its owner may read; a running device goes on.

    Raises:
        EdgeError: there is nothing to keep, or the file cannot be written.
    """
    found = [name for name in NEWEST if (state_dir / name).is_file()]
    if not found and settings is None:
        raise EdgeError(f"{state_dir} holds nothing yet; is it the device's --state-dir?")
    with _explained(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as room:
        copies = {}
        for name in found:
            copies[FOLDER + name] = Path(room) / name
            write_copy(state_dir / name, Path(room) / name)
        if settings is not None:
            copies[SETTINGS] = settings
        made = Backup(
            wall_now().isoformat(timespec="seconds"),
            __version__,
            {name: copy.stat().st_size for name, copy in copies.items()},
        )
        whole = Path(room) / "whole"
        whole.touch(mode=0o600)
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(ABOUT, json.dumps(_about(made, copies), indent=1))
            for name, copy in copies.items():
                archive.write(copy, name)
        _to_disk(whole)
        whole.replace(path)
    return made


def _about(made: Backup, copies: dict[str, Path]) -> dict[str, Any]:
    digests = {name: _digest(copy) for name, copy in copies.items()}
    return {"format": FORMAT, "made_at": made.made_at, "version": made.version, "sha256": digests}


def read_backup(path: Path) -> Backup:
    """Return what an archive holds, once every byte of it was looked at.

    Raises:
        EdgeError: it is none, or not whole, or of a newer program.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-restore-") as room:
        return _unpacked(path, Path(room))


def restore(path: Path, state_dir: Path, settings: Path | None = None) -> tuple[Backup, list[Path]]:
    """Put what an archive holds into the state folder; return where what was there lies now.

    Args:
        path: the archive.
        state_dir: of a device that does not run.
        settings: where its settings are to be written; None leaves them in the archive.

    Raises:
        EdgeError: the archive is not whole or the device runs, and nothing was changed; or
            something cannot be written.
    """
    with (
        in_use(state_dir, alone=True),
        _explained(state_dir),
        tempfile.TemporaryDirectory(dir=state_dir, prefix=".restore-") as unpacked,
    ):
        room = Path(unpacked)
        held = _unpacked(path, room)
        if settings is not None and SETTINGS not in held.sizes:
            raise EdgeError(f"{path} holds no settings; leave out --settings")
        aside = []
        for name in NEWEST:
            if FOLDER + name in held.sizes:
                if (state_dir / name).exists():
                    aside.append(put_aside(state_dir / name, "before-restore"))
                (room / name).replace(state_dir / name)
        if settings is not None:
            # It may lie on another disk, onto which nothing can be moved.
            part = settings.with_name(f".{settings.name}.part")
            part.write_bytes((room / SETTINGS).read_bytes())
            if settings.exists():
                aside.append(settings.with_name(f"{settings.name}.before-restore"))
                settings.replace(aside[-1])
            part.replace(settings)
        return held, aside


def _unpacked(path: Path, room: Path) -> Backup:
    """Write what an archive holds into a folder, if all of it is as it was made."""
    known = {SETTINGS: SETTINGS, **{FOLDER + name: name for name in NEWEST}}
    with _readable(path) as archive:
        about = _checked_about(path, archive)
        sizes = {}
        for name, digest in about["sha256"].items():
            if name not in known:
                raise _spoilt(path, f"it holds {name[:60]!r}, which no backup has")
            copy = room / known[name]
            _write_out(archive, name, copy)
            if _digest(copy) != digest:
                raise _spoilt(path, f"{name} is not what was put into it")
            if name != SETTINGS:
                _check_database(path, copy)
            sizes[name] = copy.stat().st_size
    return Backup(str(about["made_at"]), str(about["version"]), sizes)


def _checked_about(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    with archive.open(ABOUT) as file:
        about = json.loads(file.read(PIECE_BYTES))
    if not isinstance(about, dict) or not isinstance(about.get("sha256"), dict):
        raise _spoilt(path, "it does not say what it holds")
    if about.get("format") != FORMAT:
        raise EdgeError(f"{path} was made by another version of this program; update the program")
    return {"made_at": "", "version": "", **about}


def _write_out(archive: zipfile.ZipFile, name: str, copy: Path) -> None:
    left = MOST_BYTES
    with archive.open(name) as source, copy.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        while piece := source.read(PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                raise EdgeError(f"{name} in the backup is larger than any database of this program")
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())


def _check_database(path: Path, copy: Path) -> None:
    with contextlib.closing(sqlite3.connect(copy)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > NEWEST[copy.name]:
            raise EdgeError(f"{path} was made by a newer version of this program; update first")
        if damage_of(database):
            raise _spoilt(path, f"{copy.name} in it is damaged")


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise EdgeError(f"{path} cannot be read: {error.strerror or error}") from error
    except EdgeError:
        raise
    # What a zip file can be in its insides is not foreseen by its reader either.
    except Exception as error:
        raise _spoilt(path, str(error) or type(error).__name__) from error


def _spoilt(path: Path, why: str) -> EdgeError:
    return EdgeError(f"{path} is no backup, or a damaged one: {why}; take another one")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise EdgeError(f"a database cannot be copied: {error}") from error
    except OSError as error:
        raise EdgeError(
            f"{error.filename or path} cannot be written: {error.strerror}; see that the disk is "
            "not full and that this user may write there"
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
