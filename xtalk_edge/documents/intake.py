"""Takes files and folders in: reads what is new or changed, forgets what is gone."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from xtalk_edge.documents.library import Library
from xtalk_edge.documents.reading import LARGEST_BYTES, READERS, DocumentError, read
from xtalk_edge.store.passages import StoredDocument

Begins = Callable[[str, int, int], None]
"""Is told the path of a file, its number from 1, and how many there are."""


def _say_nothing(path: str, number: int, total: int) -> None:
    """Be told and say nothing."""


class Outcome(Enum):
    """What became of a file."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """One file, and what became of it."""

    path: str
    outcome: Outcome
    passages: int = 0
    """How many it has now."""
    problem: str = ""
    """Why it was refused, as a sentence that begins with its path; "" otherwise."""


def take_in(
    library: Library, paths: Iterable[Path], begins: Begins = _say_nothing
) -> Iterator[Taken]:
    """Take files, and all readable files of folders; yield what became of each.

    Files of a folder that are gone are forgotten; a folder that is gone itself is a problem, for it
    may be on a disk that is not plugged in. May be left at any time.

    Args:
        library: takes them.
        paths: of files and folders.
        begins: is told of each file before it is read.
    """
    known = {each.path: each for each in library.table.documents()}
    files: dict[str, None] = {}
    for path in map(full_path, paths):
        shown = _shown(path)
        try:
            inside = [str(each) for each in _inside(path)]
        except OSError as error:
            problem = f"{shown}: it cannot be read ({error.strerror})"
            yield Taken(shown, Outcome.REFUSED, problem=problem)
            continue
        below, there = f"{path}{os.sep}", set(inside)
        gone = [each for each in known if each.startswith(below) and each not in there]
        if gone:
            library.table.remove(gone)
        yield from (Taken(each, Outcome.REMOVED) for each in gone)
        files |= dict.fromkeys(inside)
    for number, path_text in enumerate(files, start=1):
        path = Path(path_text)
        shown = _shown(path)
        begins(shown, number, len(files))
        outcome, passages, problem = _take(library, path, known.get(path_text))
        sentence = f"{shown}: {problem}" if problem else ""
        yield Taken(shown, outcome, passages, sentence)


def _inside(path: Path) -> list[Path]:
    """Return a file, or the readable files of a folder; raises OSError."""
    path.stat()
    return readable_files(path) if path.is_dir() else [path]


def full_path(path: Path) -> Path:
    """Return the one name by which a file is known, wherever it was named from."""
    return Path(os.path.normpath(path.expanduser().absolute()))


def _shown(path: Path) -> str:
    """Return a name as text, also one that is not."""
    return os.fsencode(path).decode("utf-8", "replace")


def readable_files(folder: Path) -> list[Path]:
    """Return the files below a folder whose names say that they can be read, sorted.

    Hidden ones, and what links lead to, are left out: a link may lead round in a circle.

    Raises:
        OSError: a folder cannot be read; what is in it is not gone.
    """
    found = []
    for place, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = [each for each in folders if not each.startswith(".")]
        paths = (Path(place, each) for each in files if not each.startswith("."))
        found += [each for each in paths if each.suffix.casefold() in READERS]
    return sorted(each for each in found if not each.is_symlink())


def _raise(error: OSError) -> None:
    raise error


def stamp_of(path: Path) -> str:
    """Return what changes when a file may have changed; raises OSError."""
    stat = path.stat()
    # The time of the last change of any kind cannot be set back, as that of the content can.
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"


def listing(folder: Path) -> dict[str, str]:
    """Return the stamp of each readable file below a folder; raises OSError if it is not there."""
    # The walk itself finds nothing in what is not there, and does not say so.
    folder.stat()
    stamps = {}
    for path in readable_files(full_path(folder)):
        # One that went away meanwhile is not there.
        with contextlib.suppress(OSError):
            stamps[str(path)] = stamp_of(path)
    return stamps


def is_complete(library: Library, folder: Path, listed: dict[str, str]) -> bool:
    """Tell whether taking a folder in would change nothing."""
    below = f"{full_path(folder)}{os.sep}"
    documents = library.table.documents()
    known = {each.path: each.stamp for each in documents if each.path.startswith(below)}
    return known == listed and not library.lacks_vectors


def _take(library: Library, path: Path, before: StoredDocument | None) -> tuple[Outcome, int, str]:
    """Take a file in; return what became of it, its passages, and why it was refused."""
    if _shown(path) != str(path):
        return Outcome.REFUSED, 0, "its name is of an unknown encoding; give it another"
    try:
        stamp = stamp_of(path)
        if before is not None and before.stamp == stamp:
            return Outcome.UNCHANGED, before.passages, ""
        content = _content(path)
        if before is not None and before.sha256 == hashlib.sha256(content).hexdigest():
            library.table.set_stamp(str(path), stamp)
            return Outcome.UNCHANGED, before.passages, ""
        reading = read(path.suffix, content)
    except OSError as error:
        return Outcome.REFUSED, 0, f"it cannot be read ({error.strerror})"
    except DocumentError as error:
        # What it said before it was spoilt is not what it says now.
        library.table.remove([str(path)] if before else [])
        return Outcome.REFUSED, 0, str(error)
    passages = library.put(str(path), path.stem, content, stamp, reading)
    return Outcome.CHANGED if before else Outcome.ADDED, passages, ""


def _content(path: Path) -> bytes:
    # One byte more than is read tells that it is too large.
    with path.open("rb") as file:
        return file.read(LARGEST_BYTES + 1)
