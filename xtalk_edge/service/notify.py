"""What a service manager is told, over the socket that it names (sd_notify(3)).

Without such a manager nothing is told, and nobody misses it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

LONGEST_LOAD_S = 180.0
"""A model of a gigabyte is read, hashed and tried in 90 s on a Pi 4's card; twice that."""

ROOM_WITHIN_S = 1.0
"""A manager has room for ten messages, and reads within milliseconds. What is said once must not be
lost; what is said again and again may be."""


class ServiceManager:
    """Whoever started this process and wants to know how it is.

    Args:
        address: of its socket, a path or "@" and an abstract name; "" where there is none.
    """

    def __init__(self, address: str | None = None) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        self._watchdog_s = watchdog_s()
        self._patient = False

    @property
    def is_there(self) -> bool:
        """Whether anybody wants to know."""
        return bool(self._address)

    def ready(self) -> None:
        """Say that the device listens; from now on it has to be `alive`."""
        self._tell_surely("READY=1" + self._watchdog(self._watchdog_s) * self._patient)
        self._patient = False

    def status(self, sentence: str) -> None:
        """Say what the device does, for `systemctl status`."""
        self._tell(f"STATUS={' '.join(sentence.split())}")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._tell("WATCHDOG=1")

    def extend(self, by_s: float) -> None:
        """Ask for so long from now to start, or to end, and for no watchdog until `ready`."""
        # A device that starts afresh is still the same service: its watchdog has gone on.
        self._tell_surely(f"EXTEND_TIMEOUT_USEC={round(by_s * 1e6)}" + self._watchdog(by_s))
        self._patient = True

    def reloading(self) -> None:
        """Say that new settings are being read; `ready` says that they are in force."""
        # systemd takes the one that began after it had asked (sd_notify(3)).
        began_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell_surely(f"RELOADING=1\nMONOTONIC_USEC={began_us}")

    def stopping(self) -> None:
        """Say that the device is ending."""
        self._tell_surely("STOPPING=1")

    def _watchdog(self, period_s: float | None) -> str:
        if self._watchdog_s is None or period_s is None:
            return ""
        return f"\nWATCHDOG_USEC={round(max(period_s, self._watchdog_s) * 1e6)}"

    def _tell_surely(self, state: str) -> None:
        self._tell(state, ROOM_WITHIN_S)

    def _tell(self, state: str, room_within_s: float = 0.0) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        # A manager that has gone, or has no room for long, must not disturb what it watches.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.settimeout(room_within_s)
            wire.sendto(state.encode(), address)


def watchdog_s() -> float | None:
    """Return after how many seconds without `alive` this process is killed; None never."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        period_us = int(os.environ.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return period_us / 1e6 if period_us > 0 else None
