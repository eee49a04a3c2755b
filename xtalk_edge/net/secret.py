"""Secrets: where they may be kept, and that they show nowhere."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NoReturn

from xtalk_edge.errors import ConfigError

_WAYS = '"env:NAME", "file:PATH" or "credential:NAME"'

LONGEST_BYTES = 16_384
"""Tokens with many claims have some thousand."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
"""What variables are called. Whatever else stands there may be the secret itself."""

_CREDENTIAL = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
"""A file's name, as systemd wants it: it leads nowhere else."""

OTHERS = 0o077
"""Whoever is not the owner of a file."""
STRANGERS = 0o007
"""Whoever is not the owner either, nor of the file's group."""


class Secret:
    """A word that is shown to the one it was made for, and to nobody else."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word

    def reveal(self) -> str:
        """Return it, to be sent."""
        return self._word

    def bearer(self) -> dict[str, str]:
        """Return the header of a request by which it is shown; none where there is no secret."""
        return {"Authorization": f"Bearer {self._word}"} if self._word else {}

    def __bool__(self) -> bool:
        return bool(self._word)

    def __repr__(self) -> str:
        return "Secret(...)" if self._word else "Secret(none)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied into whatever is written or sent."""
        raise TypeError("a secret is neither copied nor saved")


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
        if not word.strip():
            called = f"{name} " if _VARIABLE.fullmatch(name) else ""
            raise ConfigError(f"{setting}: the environment variable {called}is not set")
    elif way == "file" and name:
        word = _read(setting, name, closed_to=OTHERS)
    elif way == "credential" and _CREDENTIAL.fullmatch(name):
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder:
            raise ConfigError(
                f"{setting}: systemd gave no credentials; add LoadCredential={name}:PATH to the "
                "service"
            )
        # systemd sees to who may read it.
        word = _read(setting, str(Path(folder) / name), closed_to=0)
    else:
        # Not repeated in the message: it may be the secret itself.
        raise ConfigError(f"{setting}: say where the secret is kept, as {_WAYS}, not what it is")
    word = word.strip()
    if not is_token(word):
        raise ConfigError(
            f"{setting}: what is kept there is no token: one line of letters and figures"
        )
    return Secret(word)


def is_token(word: str) -> bool:
    """Tell whether a word can be sent in a header."""
    # Beyond ASCII it could not, and two lines could add another one.
    return 0 < len(word) <= LONGEST_BYTES and word.isascii() and word.isprintable()


def owners_path(setting: str, name: str) -> Path:
    """Return a path as the owner wrote it, "~" as their home.

    Raises:
        ConfigError: it is none, or the home is unknown.
    """
    try:
        path = Path(name).expanduser()
        if b"\0" in os.fsencode(path):
            raise ValueError("it has a zero in it")
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"{setting}: {name!r} is no path: {error}; give a full one") from error
    return path


def check_closed(setting: str, path: Path, mode: int, to: int) -> None:
    """Refuse a file that others may read or write.

    Args:
        setting: the setting's name, for messages.
        path: of the file.
        mode: as `stat` tells it.
        to: `OTHERS` or `STRANGERS`; 0 is nobody.

    Raises:
        ConfigError: they may.
    """
    if stat.S_IMODE(mode) & to:
        raise ConfigError(f"{setting}: others may read {path}; run chmod 600 {path}")


def _read(setting: str, name: str, *, closed_to: int) -> str:
    path = owners_path(setting, name)
    try:
        # Without waiting: nobody may ever write into a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode):
                raise ConfigError(f"{setting}: {path} is no file")
            check_closed(setting, path, mode, closed_to)
            return os.read(handle, LONGEST_BYTES + 1).decode("utf-8-sig")
        finally:
            os.close(handle)
    except UnicodeDecodeError:
        # The error itself would show some of it.
        raise ConfigError(f"{setting}: {path} is no text") from None
    except OSError as error:
        raise ConfigError(f"{setting}: {path} cannot be read: {error.strerror}") from error
