"""Where on the disk an appliance keeps what it must not lose, and what it has fetched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from xtalk_edge.errors import ConfigError


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where timers, notes and history live."""

    state_dir: str = ""
    """Folder; "" is $XDG_STATE_HOME/xtalk-edge, or ~/.local/state/xtalk-edge."""

    def folder(self) -> Path:
        """Return the folder in use; it may not exist yet.

        Raises:
            ConfigError: the owner's home folder is needed and unknown.
        """
        return _owners_folder("store.state_dir", self.state_dir, "XDG_STATE_HOME", "~/.local/state",
                              "xtalk-edge")  # fmt: skip


def _owners_folder(setting: str, given: str, variable: str, usual: str, below: str) -> Path:
    # The XDG specification: a relative path in the variable is to be ignored.
    base = Path(os.environ.get(variable, ""))
    if not base.is_absolute():
        base = Path(usual)
    return _at_home(setting, given or str(base / below))


def _at_home(setting: str, place: str) -> Path:
    path = Path(place)
    try:
        return path.expanduser()
    except RuntimeError as exc:
        raise ConfigError(
            f"{setting}: the home folder in {path} is unknown; give a full path"
        ) from exc


@dataclass(frozen=True, slots=True)
class DocsConfig:
    """Where the owner puts documents."""

    folder: str = ""
    """Folder, relative to the settings file; "" is none."""

    def place(self, settings: Path | None) -> Path | None:
        """Return the folder; None where none is named.

        Args:
            settings: the file of settings; None where there is none.

        Raises:
            ConfigError: the owner's home folder is needed and unknown.
        """
        if not self.folder:
            return None
        return (settings.parent if settings else Path()) / _at_home("docs.folder", self.folder)


@dataclass(frozen=True, slots=True)
class ModelsConfig:
    """Where fetched models are kept, and where they come from."""

    folder: str = ""
    """Folder; "" is $XDG_DATA_HOME/xtalk-edge/models, or ~/.local/share/xtalk-edge/models."""
    mirrors: tuple[str, ...] = ()
    """"https://there=https://here": what would come from the first is asked of the second before.
    """
    manifest: str = ""
    """A list of models of the owner's own in place of the built-in one."""

    def place(self) -> Path:
        """Return the folder in use; raises ConfigError."""
        return _owners_folder("models.folder", self.folder, "XDG_DATA_HOME", "~/.local/share",
                              "xtalk-edge/models")  # fmt: skip
