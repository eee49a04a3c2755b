"""The folder of models: finds them, checks them, takes them away, gives new ones their place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from xtalk_edge.errors import ModelError
from xtalk_edge.models.digests import file_sha256
from xtalk_edge.models.disk import disk
from xtalk_edge.models.manifest import is_plain_path
from xtalk_edge.models.records import RECORD, Record, read_record

FOLDER_VARIABLE = "XTALK_EDGE_MODELS"
"""Environment variable with the folder, by which engines in child processes find it."""

UNFINISHED = ".unfinished"
"""Folder of what is on its way; beside the models, so that it can be renamed into its place."""

DONE = ".done"
"""Ending of empty files that mark what is complete in there."""

MODEL_ENDINGS = frozenset({".onnx", ".ort", ".gguf", ".tflite"})

Progress = Callable[[str, int, int | None], None]
"""Told of a file its name, the bytes that are there, and how many there will be if known."""


def silent(name: str, have: int, total: int | None) -> None:
    """Be told and say nothing."""


class Shelf:
    """All models in a folder, which may not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return the models that are there, sorted."""
        return sorted(each.parent.name for each in self.folder.glob(f"*/{RECORD}"))

    def has(self, name: str) -> bool:
        """Tell whether a model is there."""
        return is_plain_path(name) and (self.folder / name / RECORD).is_file()

    def path(self, name: str) -> Path:
        """Return the folder of a model; raises ModelError where it is not there."""
        if not self.has(name):
            raise ModelError(
                f"there is no model {name!r} in {self.folder}; "
                f"fetch it: xtalk-edge models pull {name}"
            )
        return self.folder / name

    def record(self, name: str) -> Record:
        """Return what is known of a model; raises ModelError."""
        record = read_record(self.path(name))
        if record is None:
            raise ModelError(f"{self.folder / name / RECORD} is damaged; remove and pull {name}")
        return record

    def problems(self, name: str, progress: Progress = silent) -> list[str]:
        """Read every byte of a model; return what is not as it was put there.

        Raises:
            ModelError: the model is not there, or its record is damaged.
        """
        found = []
        for file, sha256 in self.record(name).files.items():
            path = self.folder / name / file
            if not path.is_file():
                found.append(f"{file} is missing")
            elif digest(path, file, progress) != sha256:
                found.append(f"{file} has changed")
        return found

    @contextlib.contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """Give a folder in which a model is put together; nobody else does so meanwhile.

        What was there from an earlier time still is.

        Raises:
            ModelError: somebody else does, or the disk cannot be written.
        """
        making = self.folder / UNFINISHED / name
        with disk(making):
            making.mkdir(parents=True, exist_ok=True)
        with _guarded(making) as free:
            if not free:
                raise ModelError(f"{name} is being fetched by another program; wait for it")
            yield making

    def place(
        self,
        making: Path,
        name: str,
        origin: str,
        known: Mapping[str, str],
        progress: Progress = silent,
    ) -> Path:
        """Give a finished model its name, all of it at once; return its folder.

        Args:
            making: where it was put together.
            name: its own.
            origin: where it came from, in words.
            known: SHA-256 of files that were read already, by their names in the folder.
            progress: is told how far the others are read.
        """
        for mark in making.glob(f".*{DONE}"):
            mark.unlink()
        files = (path for path in sorted(making.rglob("*")) if path.is_file())
        names = {path.relative_to(making).as_posix(): path for path in files}
        # One that was brought from another device's shelf has a record of its own.
        names.pop(RECORD, None)
        digests = {
            file: known.get(file) or digest(path, file, progress) for file, path in names.items()
        }
        Record(name, origin, digests).save(making)
        to = self.folder / name
        with disk(to):
            if to.exists():  # what a broken removal has left
                shutil.rmtree(to)
            making.rename(to)
        return to

    def remove(self, name: str) -> None:
        """Delete a model; raises ModelError where it is not there."""
        folder = self.path(name)
        with disk(folder):
            # Without its record it is no model any more, however far the rest comes.
            (folder / RECORD).unlink()
            shutil.rmtree(folder)

    def leftovers(self) -> list[Path]:
        """Return what stopped downloads and broken removals have left, and nobody works on."""
        begun = [each for each in self.folder.glob(f"{UNFINISHED}/*") if each.is_dir()]
        idle = []
        for each in sorted(begun):
            with _guarded(each) as free:
                idle += [each] if free else []
        models = [each for each in self.folder.glob("*") if each.is_dir()]
        broken = [each for each in models if each.name != UNFINISHED and not self.has(each.name)]
        return idle + sorted(broken)


def clear(folders: Sequence[Path]) -> int:
    """Delete folders; return how many bytes that freed."""
    freed = 0
    for folder in folders:
        freed += size_of(folder)
        with disk(folder):
            shutil.rmtree(folder)
    return freed


def size_of(folder: Path) -> int:
    """Return how many bytes the files of a folder have."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def named_path(model: str) -> Path:
    """Return what an engine's `model` means: a path, or the folder of a fetched model.

    A name without a slash or an ending is a fetched model's, unless there is such a file here.

    Raises:
        ModelError: it is a name, and that model is not there.
    """
    path = Path(model).expanduser()
    looks_like_path = len(path.parts) > 1 or path.suffix in MODEL_ENDINGS
    if looks_like_path or path.exists():
        return path
    return Shelf(Path(os.environ.get(FOLDER_VARIABLE, ""))).path(model)


def named_file(model: str, ending: str) -> Path:
    """Return the one file that an engine's `model` means: a path, or all of a fetched model.

    Raises:
        ModelError: it is a name, and that model is not there; or its folder has no such file, or
            several.
    """
    path = named_path(model)
    if not path.is_dir():
        return path
    found = sorted(path.glob(f"*{ending}"))
    if len(found) != 1:
        names = ", ".join(file.name for file in found)
        what = f"several {ending} files ({names})" if found else f"no {ending} file"
        raise ModelError(f"{path} holds {what}; name the file you mean")
    return found[0]


def digest(path: Path, name: str, progress: Progress) -> str:
    """Return the SHA-256 of a file, and tell how far it is read."""
    total = path.stat().st_size
    return file_sha256(path, lambda done: progress(f"checking {name}", done, total))


@contextlib.contextmanager
def _guarded(making: Path) -> Iterator[bool]:
    """Keep other programs from a folder meanwhile; gives whether that is so."""
    guard = os.open(making.with_name(f"{making.name}.lock"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(guard)
