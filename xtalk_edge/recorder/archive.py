"""Reads the members of an archive that may come from anybody: bounded in every respect.

Nothing is unpacked onto the disk. A member is read because it is one of those that are known, never
because the archive says so; what else is in it is a reason to refuse it.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from xtalk_edge.errors import DeviceError

MOST_BYTES = 80_000_000
"""Of the whole file: ten minutes of three sounds, hardly packed."""

_MOST_MEMBERS = 32
_MOST_LIST_BYTES = 8_192
"""Of the list at the end of the file, which is read whole."""

_END = struct.Struct("<4sHHHHIIH")
_END_MARK, _LARGE_MARK = b"PK\x05\x06", b"PK\x06\x07"
_COMMENT_BYTES = 65_535

_LINK, _TYPE = 0o120000, 0o170000


def read_members(path: Path, most_bytes: Mapping[str, int]) -> dict[str, bytes]:
    """Return the content of every member of an archive.

    Args:
        path: the archive.
        most_bytes: the names that may be in it, and how much each may hold.

    Raises:
        DeviceError: it is missing, no archive, damaged, or more than it should be.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise DeviceError(f"{path}: cannot be read ({error.strerror}); check the name") from error
    except ValueError as error:
        raise DeviceError(f"{path!r}: the name is no file name") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DeviceError(f"{path}: this is not a file; name the .zip that holds a bundle")
    with os.fdopen(descriptor, "rb") as file:
        problem = _problem(file)
        if problem:
            raise DeviceError(f"{path}: {problem}")
        try:
            with zipfile.ZipFile(file) as archive:
                _check(archive, path, most_bytes)
                return {
                    each.filename: _read(archive, each, path, most_bytes[each.filename])
                    for each in archive.infolist()
                }
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError,
            ValueError, struct.error,
        ) as error:  # fmt: skip
            # All of these zipfile says of archives that are damaged, or packed in a strange way.
            raise DeviceError(f"{path}: the bundle is damaged; ask for another copy") from error


def _problem(file: BinaryIO) -> str:
    """Return what is wrong with a file before anything of it is believed; "" if nothing is."""
    size = file.seek(0, os.SEEK_END)
    if size > MOST_BYTES:
        return f"larger than any bundle ({MOST_BYTES // 1_000_000} MB)"
    file.seek(max(0, size - _END.size - _COMMENT_BYTES))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        return "not a bundle, or cut short; give the .zip that `xtalk-edge bundle` wrote"
    *_, members, list_bytes, _, _ = _END.unpack_from(tail, at)
    if members > _MOST_MEMBERS or list_bytes > _MOST_LIST_BYTES or _LARGE_MARK in tail:
        return "holds more than a bundle does"
    return ""


def _check(archive: zipfile.ZipFile, path: Path, most_bytes: Mapping[str, int]) -> None:
    members = archive.infolist()
    names = [each.filename for each in members]
    strange = next((name for name in names if name not in most_bytes), None)
    if strange is not None:
        raise DeviceError(f"{path}: {strange[:60]!r} has no place in a bundle")
    if len(set(names)) < len(names):
        raise DeviceError(f"{path}: holds a member twice; ask for another copy")
    for each in members:
        if (each.external_attr >> 16) & _TYPE == _LINK:
            raise DeviceError(f"{path}: {each.filename} is a link, and a bundle has none")
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DeviceError(f"{path}: {each.filename} is packed as no bundle is")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, most: int) -> bytes:
    with archive.open(member) as content:
        # Not as much as the archive says: it may say anything.
        read = content.read(most + 1)
    if len(read) > most:
        raise DeviceError(f"{path}: {member.filename} holds more than {most} bytes")
    return read
