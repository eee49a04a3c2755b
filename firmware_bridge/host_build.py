"""Compiles the firmware for this machine, with every check the compiler and its sanitisers have."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from firmware_bridge.errors import BridgeError

MCU = Path(__file__).parent / "mcu"

SOURCES = (
    "wire.c",
    "messages.c",
    "buttons.c",
    "lights.c",
    "session.c",
    "bridge.c",
    "board_host.c",
)

FLAGS = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
    "-Wconversion",
    "-Wshadow",
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
)


def build(folder: Path) -> Path:
    """Compile `board_host` into a folder; return its path.

    Raises:
        BridgeError: there is no compiler, or it complains.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise BridgeError("no C compiler is there; install gcc")
    target = folder / "board_host"
    sources = [str(MCU / source) for source in SOURCES]
    built = subprocess.run(
        [compiler, *FLAGS, "-o", str(target), *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        raise BridgeError(f"the firmware does not compile here: {built.stderr.strip()}")
    return target
