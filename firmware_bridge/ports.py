"""Which port the board is on, and opening it."""

from __future__ import annotations

import errno
import termios
from pathlib import Path

import serial

from firmware_bridge.errors import PortError

BY_ID = Path("/dev/serial/by-id")
"""Names that stay the same whatever is plugged in first: maker, product, serial number."""

AUTO = "auto"

BAUD = 115_200
"""USB does not care; a board on real wires runs at this."""

_OWN = "xtalk"
"""In the names of boards with our firmware's USB descriptor."""


def found_ports(folder: Path = BY_ID) -> list[str]:
    """Return the ports a board may be on: those that say so by their names, else all."""
    every = sorted(str(path) for path in folder.glob("*"))
    return [path for path in every if _OWN in Path(path).name.lower()] or every


def chosen_port(setting: str, folder: Path = BY_ID) -> str:
    """Return the port that a setting means: itself, or the only one there is for "auto".

    Raises:
        PortError: there is none, or more than one.
    """
    if setting != AUTO:
        return setting
    ports = found_ports(folder)
    if not ports:
        raise PortError("no board is plugged in; plug one in, or name its port in board.port")
    if len(ports) > 1:
        named = " and ".join(Path(port).name for port in ports)
        raise PortError(f"{len(ports)} boards are plugged in; name one in board.port: {named}")
    return ports[0]


def open_port(path: str) -> serial.Serial:
    """Open a serial port for this program alone; reading and writing never wait.

    Raises:
        PortError: what is wrong with it.
    """
    try:
        return serial.Serial(path, BAUD, timeout=0, write_timeout=0, exclusive=True)
    except (OSError, termios.error, ValueError) as error:
        raise PortError(_sentence(path, error)) from error


def _sentence(path: str, error: Exception) -> str:
    # A SerialException is an OSError whose number may be missing.
    number = getattr(error, "errno", None) or (error.args[0] if error.args else None)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO):
        return f"{path} is not there; plug the board in"
    if number in (errno.EACCES, errno.EPERM):
        return f"{path} may not be opened; add this user to the group dialout and log in again"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return f"{path} is used by another program; end that one"
    if isinstance(error, termios.error) or "configure port" in str(error):
        return f"{path} is no serial port; name another one in board.port"
    return f"{path} cannot be opened: {error}"
