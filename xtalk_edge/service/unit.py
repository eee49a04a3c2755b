"""Fits the unit that comes with the program to where it is installed; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

PROGRAM = "/opt/xtalk-edge/bin/xtalk-edge"
"""Where the unit that comes with the program expects it."""

HOMES = ("/home", "/root", "/run/user")
"""What `ProtectHome=` hides."""

TEMPORARY = ("/tmp", "/var/tmp")
"""What `PrivateTmp=` hides."""

GROUPS = ("audio", "dialout", "gpio")
"""Who may use sound, serial boards and pins; a group that does not exist would prevent a start."""

_GROUPS_LINE = "SupplementaryGroups=audio dialout"
_HOME_LINE = "ProtectHome=yes"
_TEMPORARY_LINE = "PrivateTmp=yes"


@dataclass(frozen=True, slots=True)
class Installed:
    """Where the program is, and on what machine; paths are full ones."""

    program: str
    folders: tuple[str, ...] = ()
    """All that it needs to run: its environment, Python's own, and its sources."""
    groups: Collection[str] = GROUPS
    """Those that exist."""


def fitted(unit: str, installed: Installed) -> str:
    """Return the unit's text for this machine.

    A program in somebody's home folder is shown to the service, and nothing else of the home; so is
    one in a folder for temporary files, where it is tried.
    """
    unit = unit.replace(PROGRAM, _quoted(installed.program))
    groups = [each for each in GROUPS if each in installed.groups]
    unit = unit.replace(_GROUPS_LINE, f"SupplementaryGroups={' '.join(groups)}")
    if binds := _shown(installed, HOMES):
        unit = unit.replace(_HOME_LINE, f"ProtectHome=tmpfs{binds}")
    return unit.replace(_TEMPORARY_LINE, _TEMPORARY_LINE + _shown(installed, TEMPORARY))


def _shown(installed: Installed, hidden: Sequence[str]) -> str:
    """Return the lines that show what the program needs of these folders; "" is nothing."""
    needed = [each for each in installed.folders if any(_is_within(each, one) for one in hidden)]
    return "".join(f"\nBindReadOnlyPaths={_quoted(each)}" for each in _outermost(needed))


def _outermost(paths: Iterable[str]) -> list[str]:
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(_is_within(path, each) for each in found):
            found.append(path)
    return found


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _quoted(path: str) -> str:
    """Return a path as systemd reads it back: specifiers, variables and spaces are no more."""
    text = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    text = text.replace("$", "$$")
    return f'"{text}"' if any(character in text for character in " \t'\\\"") else text
