"""Finds the data that comes with the program, and where what it keeps belongs."""

from __future__ import annotations

import os
from pathlib import Path

from xtalk_edge.errors import ConfigError, ModelError

_PACKAGE = Path(__file__).resolve().parent.parent


def data_path(relative: str) -> Path:
    """Return where e.g. "configs/starter.toml" or "models/starter/brain.gguf" lies.

    An installed wheel carries the data inside the package; a checkout has it beside the package.

    Raises:
        ModelError: the file is missing and lies under models/.
        ConfigError: any other file is missing.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        path = root / relative
        if path.exists():
            return path
    error = ModelError if Path(relative).parts[:1] == ("models",) else ConfigError
    raise error(f"{relative} is missing from this installation; install xtalk-edge again")


def default_state_dir() -> Path | None:
    """Return systemd's state folder, else the user's; None where there is neither."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        return Path(base).expanduser() / "xtalk-edge"
    except RuntimeError:
        # No home folder is known, as for some service users.
        return None
