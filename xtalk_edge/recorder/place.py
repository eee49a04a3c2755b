"""Where the flight recorder keeps what it remembers: in memory, and closed to others.

PLACE/recorder/lock         held by the program that records
PLACE/recorder/now/         its ring, what it knows of itself (`about.json`), its door (`ask`)
PLACE/recorder/crashed/     the same of a program before it that did not end in good order
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.errors import DeviceError

NOW, CRASHED = "now", "crashed"

DOOR = "ask"
"""Socket in `now`: whoever connects has what is not written yet written at once."""

ABOUT = "about.json"

_ENDED = "ended"
"""Empty file in `now` that says that the program ended in good order."""

_SERVICE = Path("/run/xtalk-edge")
"""Where systemd lets a service of that name keep such things."""

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A ring that can be read."""

    folder: Path
    crashed: bool
    """Whether it is of a program that did not end in good order."""
    alive: bool
    """Whether its program still runs."""


class Place:
    """The folder of one recorder; while it is open, no other program records there."""

    def __init__(self, base: Path) -> None:
        """Open it for writing; what a crashed program has left is put aside.

        Raises:
            DeviceError: it cannot be made, is open to others, or another program records there.
        """
        root = base / "recorder"
        try:
            _make(base, others=stat.S_IWGRP | stat.S_IWOTH)
            _make(root, others=stat.S_IRWXG | stat.S_IRWXO)
            self._lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise DeviceError(
                f"{root}: cannot be written ({error.strerror}); check recorder.folder"
            ) from error
        try:
            _take(self._lock)
            self.folder = _fresh(root)
        except BlockingIOError as error:
            os.close(self._lock)
            raise DeviceError(f"{root}: another program records there") from error
        except OSError as error:
            os.close(self._lock)
            raise DeviceError(f"{root}: cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Note that the program ended in good order, and let others record."""
        with contextlib.suppress(OSError):
            (self.folder / _ENDED).touch(0o600)
        os.close(self._lock)


def places(named: str) -> list[Path]:
    """Return where a recorder may keep its ring, the likeliest first."""
    if named:
        return [Path(named).expanduser()]
    found = [Path(each) for each in os.environ.get("RUNTIME_DIRECTORY", "").split(":") if each]
    users = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if users.is_absolute():
        found.append(users / "xtalk-edge")
    return [*found, Path(f"/dev/shm/xtalk-edge-{os.geteuid()}")]


def choose(named: str) -> Path:
    """Return the first of `places` that lies in memory; what the settings name may lie anywhere.

    Raises:
        DeviceError: there is none.
    """
    for place in places(named):
        if named or is_in_memory(place):
            return place
    raise DeviceError("there is no folder in memory (tmpfs) to record into; set recorder.folder")


def kept(named: str) -> Iterator[Kept]:
    """Yield the rings there are and may be read, the likeliest first."""
    for base in [*places(named), *([] if named else [_SERVICE])]:
        # Of another user's folder nothing can be told.
        with contextlib.suppress(PermissionError):
            yield from _kept_in(base / "recorder")


def _kept_in(root: Path) -> Iterator[Kept]:
    alive = _is_held(root / "lock")
    now = root / NOW
    if now.is_dir():
        ended = (now / _ENDED).exists()
        yield Kept(now, crashed=not (alive or ended), alive=alive)
    if (root / CRASHED).is_dir():
        yield Kept(root / CRASHED, crashed=True, alive=False)


def is_in_memory(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Tell whether what is written there stays in memory."""
    path = path.resolve()
    best, kind = -1, ""
    with contextlib.suppress(OSError):
        for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split(" ")
            point = words[4].replace("\\040", " ")
            # The later of two on the same point lies on top.
            if path.is_relative_to(point) and len(point) >= best:
                best, kind = len(point), words[words.index("-") + 1]
    return kind in _IN_MEMORY


def _fresh(root: Path) -> Path:
    """Return an empty folder for a new ring."""
    now = root / NOW
    if now.exists():
        if (now / _ENDED).exists() or not any(now.glob("*.lump")):
            shutil.rmtree(now)
        else:
            shutil.rmtree(root / CRASHED, ignore_errors=True)
            now.rename(root / CRASHED)
    now.mkdir(0o700)
    return now


def _make(folder: Path, others: int) -> None:
    """Make a folder; refuse one with which others may do what `others` says.

    Raises:
        DeviceError: it is somebody else's, or they may.
    """
    folder.mkdir(0o700, parents=True, exist_ok=True)
    # A link may be systemd's, and must not be a stranger's.
    owners = {folder.lstat().st_uid, folder.stat().st_uid}
    if not owners <= {os.geteuid(), 0} or stat.S_IMODE(folder.stat().st_mode) & others:
        raise DeviceError(f"{folder}: others may get at it; remove it, or set recorder.folder")


def _take(lock: int) -> None:
    """Hold a lock; raises BlockingIOError where another program does.

    A reader that looks whether somebody does holds it itself for that moment.
    """
    for _ in range(_TRIES - 1):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_PAUSE_S)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


_TRIES, _PAUSE_S = 5, 0.01


def _is_held(lock: Path) -> bool:
    """Tell whether a program holds a lock."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
