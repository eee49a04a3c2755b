"""Secrets: where they may be kept, and that they show nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from xtalk_edge.errors import ConfigError

_WAYS = '"env:NAME", "file:PATH" or "credential:NAME"'

LONGEST_CHARS = 16_384
"""Tokens with many claims have some thousand."""


class Secret:
    """A word that is shown to the one it was made for, and to nobody else."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word

    def reveal(self) -> str:
        """Return it, to be sent."""
        return self._word

    def __bool__(self) -> bool:
        return bool(self._word)

    def __repr__(self) -> str:
        return "Secret(...)" if self._word else "Secret(none)"

    __str__ = __repr__


def secret_of(setting: str, place: str) -> Secret:
    """Return the secret that is kept at a place.

    Args:
        setting: the setting's name, for messages: "uplink.token".
        place: "env:NAME" is a variable of the environment, "file:PATH" a file that only its owner
            may read, "credential:NAME" one that systemd hands over; "" is none.

    Raises:
        ConfigError: there is none, or others may read it.
    """
    if not place:
        return Secret("")
    way, _, name = place.partition(":")
    if way == "env" and name:
        word = os.environ.get(name, "")
        if not word:
            raise ConfigError(f"{setting}: the environment variable {name} is not set")
    elif way == "file" and name:
        word = _read(setting, Path(name).expanduser(), private=True)
    elif way == "credential" and name:
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder:
            raise ConfigError(
                f"{setting}: systemd gave no credentials; add LoadCredential={name}:PATH to the "
                "service"
            )
        word = _read(setting, Path(folder) / name, private=False)
    else:
        # Not repeated in the message: it may be the secret itself.
        raise ConfigError(f"{setting}: say where the secret is kept, as {_WAYS}, not what it is")
    word = word.strip()
    if not word or len(word) > LONGEST_CHARS or not word.isprintable():
        raise ConfigError(f"{setting}: what is kept at {place} is no token; it is one line of text")
    return Secret(word)


def _read(setting: str, path: Path, *, private: bool) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if private and stat.S_IMODE(mode) & 0o077:
                raise ConfigError(f"{setting}: others may read {path}; run chmod 600 {path}")
            return file.read(LONGEST_CHARS + 2)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{setting}: {path} cannot be read ({error})") from error
