"""Reads TOML text and `--set` overrides into one table that knows where each value stands."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli

from xtalk_edge.config.locate import KeyPath, locate
from xtalk_edge.errors import ConfigError

_MAX_BYTES = 1_000_000
"""A configuration is a few kB; what is longer is another kind of file."""


class Source:
    """All settings as given, with the place of each."""

    def __init__(self, name: str, text: str) -> None:
        """Parse the text of a file called `name`.

        Raises:
            ConfigError: the text is not TOML.
        """
        self.table: dict[str, Any] = _parse(name, text)
        self.problems: list[str] = []
        self._name = name
        self._lines = locate(text)
        self._overrides: dict[KeyPath, str] = {}

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a file.

        Raises:
            ConfigError: the file is missing, unreadable, not UTF-8 or not TOML.
        """
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            raise ConfigError(f"{path}: there is no such file; check its name") from None
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
        except ValueError as exc:
            raise ConfigError(f"{str(path)!r}: is no file name: {exc}") from exc
        if len(data) > _MAX_BYTES:
            raise ConfigError(f"{path}: is larger than 1 MB, so it is no configuration")
        try:
            # Some editors begin a UTF-8 file with a byte order mark, which TOML does not know.
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            line = data.count(b"\n", 0, exc.start) + 1
            raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from exc
        return cls(str(path), text)

    @classmethod
    def of_table(cls, name: str, table: Mapping[str, Any]) -> Source:
        """Take settings that are there already, as TOML would have given them."""
        source = cls(name, "")
        source.table = copy.deepcopy(dict(table))
        return source

    def override(self, setting: str) -> None:
        """Apply one `section.key=value`; the value is TOML, or else plain text."""
        name, equals, value = setting.partition("=")
        keys = _keys(name)
        if not equals or not keys:
            self.problems.append(f"--set {setting}: must read section.key=value")
            return
        table = self.table
        for depth, key in enumerate(keys[:-1], start=1):
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                within = ".".join(keys[:depth])
                self.problems.append(f"--set {setting}: {within} is no table, it has no settings")
                return
        table[keys[-1]] = _value(value)
        self._overrides[tuple(keys)] = f"--set {setting}"

    def override_all(self, settings: Sequence[str]) -> None:
        """Apply overrides in order; the last one of a key counts."""
        for setting in settings:
            self.override(setting)

    def is_overridden(self, path: KeyPath) -> bool:
        """Tell whether an override set the value at `path` or a table around it."""
        return any(path[:length] in self._overrides for length in range(1, len(path) + 1))

    def place(self, path: KeyPath) -> str:
        """Return where the value at `path`, or the nearest table around it, was set."""
        for length in range(len(path), 0, -1):
            override = self._overrides.get(path[:length])
            if override is not None:
                return override
        for length in range(len(path), 0, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return f"{self._name}:{line}"
        return self._name

    def complain(self, path: KeyPath, problem: str) -> None:
        """Note a problem with the value at `path`."""
        self.problems.append(f"{self.place(path)}: {dotted(path)}: {problem}")

    def finish(self) -> None:
        """Raise ConfigError with all problems, one a line, if there are any."""
        if self.problems:
            raise ConfigError("\n".join(self.problems))


def dotted(path: KeyPath) -> str:
    """Return a path as it is written: "audio.rate_hz", "managers[0].spec"."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as exc:
        problem, _, at = str(exc).partition(" (at ")
        found = re.match(r"line (\d+)", at)  # else it reads "end of document"
        line = found.group(1) if found else text.count("\n") + 1
        raise ConfigError(f"{name}:{line}: is not TOML: {problem}") from exc
    except ValueError as exc:
        # Python's own limits: whole numbers of over 4300 digits, impossible dates.
        raise ConfigError(f"{name}: holds a value that cannot be read: {exc}") from exc
    except RecursionError:
        raise ConfigError(f"{name}: is nested too deeply") from None


def _keys(name: str) -> list[str]:
    """Return the parts of a dotted key; [] when it is none."""
    try:
        table: Any = tomli.loads(f"{name.strip()} = 0")
    except (tomli.TOMLDecodeError, RecursionError):
        return []
    keys: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        [(key, table)] = table.items()
        keys.append(key)
    return keys if table == 0 else []


def _value(text: str) -> Any:
    try:
        table = tomli.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    # More keys than one: the text held a line break and another setting.
    return table["value"] if len(table) == 1 else text
