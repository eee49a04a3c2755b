"""The machine is read from the files Linux tells it in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xtalk_edge.service.board import Board, look

PI = replace(
    look(Path("/")), model="Raspberry Pi 5 Model B Rev 1.0", architecture="aarch64", cores=4,
    memory_mb=8_000, has_cuda=False,
)  # fmt: skip


def machine(root: Path, files: dict[str, str]) -> Board:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return look(root / "state" / "not" / "yet", root)


def test_a_raspberry_pi_tells_all(tmp_path: Path) -> None:
    board = machine(tmp_path, {
        "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
        "proc/meminfo": "MemTotal:        8245123 kB\nMemAvailable:    7000000 kB\n",
        "proc/loadavg": "0.52 0.40 0.30 1/200 3000\n",
        "sys/class/thermal/thermal_zone0/temp": "81234\n",
        "sys/class/thermal/thermal_zone1/temp": "40000\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "50004\n",
    })  # fmt: skip
    assert board.model == "Raspberry Pi 5 Model B Rev 1.0"
    assert (board.memory_mb, board.memory_free_mb, board.load) == (8051, 6835, 0.52)
    assert board.temperature_c == 81.2
    assert board.throttled
    assert board.disk_free_mb > 0
    assert board.profile == "pi5"


def test_what_nobody_tells_is_unknown(tmp_path: Path) -> None:
    board = machine(tmp_path, {"sys/class/thermal/thermal_zone0/temp": "oops"})
    assert board.model == "unknown"
    assert (board.temperature_c, board.throttled) == (None, None)
    # Low voltage an hour ago is over.
    past = machine(tmp_path, {"sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n"})
    assert past.throttled is False


@pytest.mark.parametrize(
    ("board", "profile"),
    [
        (PI, "pi5"),
        (replace(PI, model="Raspberry Pi 4 Model B"), "pi4"),
        (replace(PI, model="NVIDIA Jetson Orin Nano"), "jetson"),
        (replace(PI, model="PC", architecture="x86_64", memory_mb=16_000), "laptop"),
        (replace(PI, model="PC", architecture="x86_64", memory_mb=4_000), "pi4"),
        (replace(PI, model="PC", architecture="x86_64", has_cuda=True), "jetson"),
    ],
)
def test_a_board_has_a_profile_that_suits_it(board: Board, profile: str) -> None:
    assert board.profile == profile
