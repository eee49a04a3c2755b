"""What installing and removing the service takes, in steps that can be shown before."""

from __future__ import annotations

import grp
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.config.files import data_path
from xtalk_edge.errors import ServiceError
from xtalk_edge.service.steps import MakeFolder, RemoveFile, Run, Step, WriteFile, pending
from xtalk_edge.service.systemd import UNIT, Systemd
from xtalk_edge.service.unit import GROUPS, Installed, fitted

RULES = "99-xtalk-edge.rules"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of a service lie."""

    unit: Path
    settings: Path
    state: Path
    """Timers, notes, history and models: the owner's."""
    tokens: Path | None = None
    """Files that only root can read and the service is handed; None: the user's own files do."""
    rules: Path | None = None
    """Of the device manager; None: only an administrator has any."""

    @classmethod
    def of_machine(cls, root: Path = Path("/")) -> Place:
        """Return those of a service of the machine."""
        folder = root / "etc/xtalk-edge"
        return cls(
            unit=root / "etc/systemd/system" / UNIT,
            settings=folder / "edge.toml",
            state=root / "var/lib/xtalk-edge",
            tokens=folder / "tokens",
            rules=root / "etc/udev/rules.d" / RULES,
        )

    @classmethod
    def of_user(cls) -> Place:
        """Return those of a service of whoever runs this; raises ServiceError."""
        try:
            home = Path.home()
        except RuntimeError as error:
            raise ServiceError("this user has no home folder; leave --user out") from error
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        state = Path(os.environ.get("XDG_STATE_HOME") or home / ".local/state")
        return cls(
            unit=config / "systemd/user" / UNIT,
            settings=config / "xtalk-edge/edge.toml",
            state=state / "xtalk-edge",
        )


class Installation:
    """The service in its place.

    Args:
        place: where its parts belong.
        systemd: whose service it is.
        installed: where the program is.
    """

    def __init__(self, place: Place, systemd: Systemd, installed: Installed) -> None:
        self.place = place
        self._systemd = systemd
        self._installed = installed

    def install_steps(self, settings: str, *, active: bool, enabled: bool) -> list[Step]:
        """Return what is left to do until the service runs as it should; nothing if it does.

        Args:
            settings: a text for the file of settings, where there is none yet.
            active: whether it runs.
            enabled: whether it starts with the machine.
        """
        place = self.place
        folders = [MakeFolder(place.settings.parent)]
        if place.tokens is not None:
            folders.append(MakeFolder(place.tokens, 0o700))
        unit = WriteFile(place.unit, self._unit_text(), "the service")
        owners = WriteFile(place.settings, settings, "the settings, for you to edit", keep=True)
        steps = pending([*folders, owners, *self._rules_steps(), unit])
        systemctl = self._systemd.systemctl
        if not unit.is_done:
            steps.append(self._run(*systemctl, "daemon-reload"))
        if not enabled:
            steps.append(self._run(*systemctl, "enable", UNIT))
        if not active:
            steps.append(self._run(*systemctl, "start", UNIT))
        elif not unit.is_done:
            steps.append(self._run(*systemctl, "restart", UNIT))
        return steps

    def uninstall_steps(self) -> list[Step]:
        """Return what is left to do until no service is there; settings and data stay."""
        place = self.place
        files = [RemoveFile(each) for each in (place.unit, place.rules) if each is not None]
        left = pending(files)
        if not place.unit.exists():
            return left
        systemctl = self._systemd.systemctl
        stop = self._run(*systemctl, "disable", "--now", UNIT)
        return [stop, *left, self._run(*systemctl, "daemon-reload")]

    def kept(self) -> list[Path]:
        """Return what is the owner's and stays, as far as it is there."""
        drop_ins = self.place.unit.with_name(f"{UNIT}.d")
        return [
            each for each in (self.place.settings.parent, self.place.state, drop_ins)
            if each.exists()
        ]  # fmt: skip

    def _unit_text(self) -> str:
        name = f"systemd/user/{UNIT}" if self._systemd.user else f"systemd/{UNIT}"
        return fitted(data_path(name).read_text(encoding="utf-8"), self._installed)

    def _rules_steps(self) -> Sequence[Step]:
        if self.place.rules is None:
            return []
        text = data_path(f"systemd/{RULES}").read_text(encoding="utf-8")
        rules = WriteFile(self.place.rules, text, "a lasting name for the board")
        if rules.is_done or shutil.which("udevadm") is None:
            return [rules]
        return [
            rules,
            self._run("udevadm", "control", "--reload"),
            self._run("udevadm", "trigger", "--subsystem-match=tty"),
        ]

    def _run(self, *command: str) -> Run:
        return Run(self._systemd, command)


def this_program() -> Installed:
    """Return where this program is, and the groups of this machine.

    Raises:
        ServiceError: it is no installed command.
    """
    program = Path(sys.executable).with_name("xtalk-edge")
    if not program.exists():
        raise ServiceError(
            f"there is no command xtalk-edge beside {sys.executable}; install it with pip"
        )
    package = Path(__file__).resolve().parents[2]
    folders = (program.parent, Path(sys.prefix), Path(sys.base_prefix), package)
    known = {each.gr_name for each in grp.getgrall()}
    return Installed(
        str(program),
        tuple(str(each) for each in folders),
        [each for each in GROUPS if each in known],
    )
