"""systemd, as far as this program talks to it: through its own commands, with errors in words."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.errors import ServiceError

UNIT = "xtalk-edge.service"

BOOTED = Path("/run/systemd/system")
"""Is there where systemd runs the machine (sd_booted(3))."""

PATIENCE_S = 240.0
"""`systemctl start` returns when the device is ready: after its models are loaded."""

_MEANINGS = {
    "Interactive authentication required": "only an administrator may; run it with sudo",
    "Access denied": "only an administrator may; run it with sudo",
    "Failed to connect to bus": "nobody is logged in whose services these would be; log in as that "
    "user (with su, nobody is), or leave --user out",
    "System has not been booted with systemd": "systemd does not run this machine",
    "not loaded": "it is not installed; run xtalk-edge service install",
    "not found": "it is not installed; run xtalk-edge service install",
}


@dataclass(frozen=True, slots=True)
class Systemd:
    """One service manager.

    Args:
        user: whether the user's own, not the machine's.
    """

    user: bool

    @property
    def systemctl(self) -> tuple[str, ...]:
        """The command that talks to it."""
        return ("systemctl", "--user") if self.user else ("systemctl",)

    @property
    def journalctl(self) -> tuple[str, ...]:
        """The command that shows what the service wrote."""
        return ("journalctl", "--user-unit" if self.user else "--unit", UNIT)

    def check(self, *, changes: bool) -> None:
        """Say why it cannot be talked to.

        Args:
            changes: whether something is to be changed, which takes an administrator.

        Raises:
            ServiceError: it is not there, or this user may not.
        """
        if shutil.which("systemctl") is None or not BOOTED.is_dir():
            raise ServiceError(
                "systemd does not run this machine; start `xtalk-edge run` from whatever does"
            )
        if changes and not self.user and os.geteuid() != 0:
            raise ServiceError(
                "only an administrator may change the machine's services; run it with sudo, or "
                "with --user for a service of your own"
            )

    def run(self, *command: str) -> str:
        """Run a command of its; return what it printed.

        Raises:
            ServiceError: it is missing, or refused.
        """
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
            )
        except FileNotFoundError as error:
            raise ServiceError(f"{command[0]} is not installed here") from error
        except subprocess.TimeoutExpired as error:
            raise ServiceError(
                f"{' '.join(command)} did not end in {PATIENCE_S:.0f} s; see xtalk-edge service "
                "status"
            ) from error
        if done.returncode != 0:
            raise ServiceError(f"{' '.join(command)}: {_meaning(done.stderr.strip())}")
        return done.stdout

    def properties(self, *names: str) -> dict[str, str]:
        """Return what it knows of the service; raises ServiceError."""
        shown = self.run(*self.systemctl, "show", UNIT, f"--property={','.join(names)}")
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def _meaning(said: str) -> str:
    for part, meaning in _MEANINGS.items():
        if part in said:
            return meaning
    return (said.splitlines() or ["it failed without a word"])[0]
