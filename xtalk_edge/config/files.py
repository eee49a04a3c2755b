"""Finds the data that comes with the program: configurations and models."""

from __future__ import annotations

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
