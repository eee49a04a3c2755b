"""Where the recorder keeps what it remembers: in memory, closed, one program at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.recorder.parts import lump_of
from xtalk_edge.errors import DeviceError
from xtalk_edge.recorder.place import CRASHED, NOW, Place, choose, is_in_memory, kept, places
from xtalk_edge.recorder.ring import LumpRing, read_ring


def test_the_service_comes_first_then_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/xtalk-edge:/run/other")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    shared = places("")[-1]
    assert shared.parent == Path("/dev/shm")
    assert places("")[:-1] == [
        Path("/run/xtalk-edge"),
        Path("/run/other"),
        Path("/run/user/1000/xtalk-edge"),
    ]
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "relative")
    assert places("") == [shared]
    assert places("~/here") == [Path("~/here").expanduser()]


def test_only_what_lies_in_memory_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert choose("").parent == Path("/dev/shm")
    assert choose(str(tmp_path)) == tmp_path


def test_what_is_mounted_where_is_understood(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:20 / /run rw,nosuid shared:5 - tmpfs tmpfs rw\n"
        "3 2 8:2 / /run/media rw - vfat /dev/sdb rw\n"
        "4 1 0:21 / /my\\040room rw - tmpfs tmpfs rw\n"
        "5 1 0:22 / /twice rw - tmpfs tmpfs rw\n"
        "6 1 8:3 / /twice rw - ext4 /dev/sdc rw\n"
    )
    assert is_in_memory(Path("/run/xtalk-edge"), mounts)
    assert is_in_memory(Path("/my room/x"), mounts)
    assert not is_in_memory(Path("/run/media/stick"), mounts)
    assert not is_in_memory(Path("/home"), mounts)
    assert not is_in_memory(Path("/twice/x"), mounts)
    assert not is_in_memory(Path("/run"), tmp_path / "none")


def test_one_program_records_and_it_alone_may_read(tmp_path: Path) -> None:
    base = tmp_path / "base"
    place = Place(base)
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert place.folder.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(DeviceError, match="another program records there"):
        Place(base)
    (only,) = kept(str(base))
    assert (only.folder, only.alive, only.crashed) == (place.folder, True, False)
    place.close()
    (only,) = kept(str(base))
    assert (only.alive, only.crashed) == (False, False)


def test_what_a_crashed_program_left_is_put_aside(tmp_path: Path) -> None:
    place = Place(tmp_path / "base")
    LumpRing(place.folder, 1.0).write(lump_of(0, 100))
    # A program that was killed has closed nothing, and its lock is gone.
    root = tmp_path / "after" / "recorder"
    shutil.copytree(place.folder, root / NOW)
    (root.parent).chmod(0o700)
    root.chmod(0o700)
    (only,) = kept(str(root.parent))
    assert only.crashed
    second = Place(root.parent)
    found = {each.folder.name: each for each in kept(str(root.parent))}
    assert (found[NOW].alive, found[CRASHED].crashed) == (True, True)
    left = read_ring(root / CRASHED)
    assert left is not None
    assert len(left.raw) == 100
    # One that ended in good order is not: its successor takes its place.
    LumpRing(second.folder, 1.0).write(lump_of(0, 50))
    second.close()
    third = Place(root.parent)
    assert read_ring(third.folder) is None
    left = read_ring(root / CRASHED)
    assert left is not None
    assert len(left.raw) == 100
    third.close()


def test_a_folder_that_others_may_change_is_refused(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    base.chmod(0o777)
    with pytest.raises(DeviceError, match="others may get at it"):
        Place(base)
    base.chmod(0o755)
    (base / "recorder").mkdir()
    (base / "recorder").chmod(0o755)
    with pytest.raises(DeviceError, match="others may get at it"):
        Place(base)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceError, match=r"recorder\.folder"):
        Place(tmp_path / "file")


def test_of_another_users_folder_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Place(tmp_path).close()

    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", closed)
    assert list(kept(str(tmp_path))) == []
