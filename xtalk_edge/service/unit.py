"""Fits the unit that comes with the program to where it is installed; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

PROGRAM = "/opt/xtalk-edge/bin/xtalk-edge"
"""Where the unit that comes with the program expects it."""

HIDDEN = ("/home", "/root", "/run/user")
"""What `ProtectHome=` hides."""

GROUPS = ("audio", "dialout", "gpio")
"""Who may use sound, serial boards and pins; a group that does not exist would prevent a start."""

_GROUPS_LINE = "SupplementaryGroups=audio dialout"
_HOME_LINE = "ProtectHome=yes"


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

    A program in somebody's home folder is shown to the service, and nothing else of the home.
    """
    unit = unit.replace(PROGRAM, _quoted(installed.program))
    groups = [each for each in GROUPS if each in installed.groups]
    unit = unit.replace(_GROUPS_LINE, f"SupplementaryGroups={' '.join(groups)}")
    shown = _outermost(each for each in installed.folders if _is_hidden(each))
    if shown:
        binds = "".join(f"\nBindReadOnlyPaths={_quoted(each)}" for each in shown)
        unit = unit.replace(_HOME_LINE, f"ProtectHome=tmpfs{binds}")
    return unit


def _is_hidden(path: str) -> bool:
    return any(_is_within(path, home) for home in HIDDEN)


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
