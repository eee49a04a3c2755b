"""Takes files out of an archive that may have been made to do harm."""

from __future__ import annotations

import fnmatch
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from xtalk_edge.errors import ModelError
from xtalk_edge.models.disk import disk

MOST_MEMBERS = 20_000
"""Kokoro's archives, with all of espeak-ng's data, have some 400."""

MOST_TIMES_LARGER = 8
"""Weights hardly shrink; text shrinks to a quarter. What grows more is made to fill the disk."""

SPARE_BYTES = 10_000_000
"""Small archives may hold a large text."""

CHUNK_BYTES = 1 << 20


def unpack(
    archive: Path,
    into: Path,
    keep: Sequence[str],
    progress: Callable[[int], None] = lambda done: None,
) -> list[Path]:
    """Write the files of a tar archive that match a pattern; return them.

    The outermost folder is left off. Links and devices are never made.

    Args:
        archive: packed by bzip2, gzip or xz.
        into: folder for the files.
        keep: patterns such as "*.int8.onnx"; "data/*" matches what is below it too.
        progress: is told the bytes written.

    Raises:
        ModelError: the archive is damaged, has nothing of that, wants to write elsewhere, or
            grows beyond all measure.
    """
    most_bytes = MOST_TIMES_LARGER * archive.stat().st_size + SPARE_BYTES
    written: list[Path] = []
    size = 0
    try:
        with tarfile.open(archive, "r|*") as tar:
            for count, member in enumerate(tar):
                if count >= MOST_MEMBERS:
                    raise ModelError(f"{archive.name} has more than {MOST_MEMBERS:,} members")
                name = _inside(archive, member.name)
                if not (member.isfile() and name and is_wanted(name, keep)):
                    continue
                if into / name in written:
                    raise ModelError(f"{archive.name} has {name} twice; refused")
                size += member.size
                if size > most_bytes:
                    raise ModelError(f"{archive.name} holds more than {most_bytes:,} bytes")
                written.append(_write(tar, member, into / name))
                progress(size)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelError(f"{archive.name} is damaged ({error}); fetch it again") from error
    if not written:
        raise ModelError(f"{archive.name} has none of {', '.join(keep)}; it is another archive")
    return written


def _inside(archive: Path, name: str) -> str:
    """Return a member's name below the outermost folder; "" is the folder itself."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise ModelError(f"{archive.name} wants to write to {name}, outside its folder; refused")
    return str(PurePosixPath(*path.parts[1:])) if len(path.parts) > 1 else path.name


def is_wanted(name: str, keep: Sequence[str]) -> bool:
    """Tell whether a file below a model's folder matches a pattern."""
    # What macOS packs beside each file.
    hidden = PurePosixPath(name).name.startswith("._")
    return not hidden and any(fnmatch.fnmatchcase(name, pattern) for pattern in keep)


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> Path:
    source = tar.extractfile(member)
    assert source is not None
    with disk(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        file = to.open("wb")
    with file:
        left = member.size
        while left:
            chunk = source.read(min(left, CHUNK_BYTES))
            if not chunk:
                raise EOFError("it ends in the middle of a file")
            with disk(to):
                file.write(chunk)
            left -= len(chunk)
    return to
