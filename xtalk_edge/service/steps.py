"""What is done to a machine to install or remove a service: one step a class, each told before."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xtalk_edge.errors import ServiceError


class Step(Protocol):
    """One thing that is done."""

    @property
    def told(self) -> str:
        """What, in a line for the owner."""

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do."""

    def do(self) -> None:
        """Do it; raises ServiceError."""


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """A folder that is there, whatever is in it."""

    path: Path
    mode: int = 0o755

    @property
    def told(self) -> str:
        """What, in a line for the owner."""
        return f"make the folder {self.path}"

    @property
    def is_done(self) -> bool:
        """Whether there is one."""
        return self.path.is_dir()

    def do(self) -> None:
        """Make it, and those above it."""
        with _in_words(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(self.mode)


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file with this text."""

    path: Path
    text: str
    purpose: str
    """What it is, in a few words."""
    keep: bool = False
    """Whether one that is there is the owner's, whatever it says."""

    @property
    def told(self) -> str:
        """What, in a line for the owner."""
        return f"write {self.path} ({self.purpose})"

    @property
    def is_done(self) -> bool:
        """Whether it is there and says so."""
        try:
            return self.path.read_text(encoding="utf-8") == self.text or self.keep
        except (OSError, UnicodeDecodeError):
            return self.keep and self.path.exists()

    def do(self) -> None:
        """Write it in one step, readable for all."""
        with _in_words(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".xtalk-edge")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.text)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(self.path)


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """A file that is gone."""

    path: Path

    @property
    def told(self) -> str:
        """What, in a line for the owner."""
        return f"remove {self.path}"

    @property
    def is_done(self) -> bool:
        """Whether it is not there."""
        return not os.path.lexists(self.path)

    def do(self) -> None:
        """Remove it."""
        with _in_words(self.path):
            self.path.unlink(missing_ok=True)


class Runner(Protocol):
    """What runs a command."""

    def run(self, *command: str) -> str:
        """Return what it printed; raises ServiceError."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command of the service manager or the device manager."""

    runner: Runner
    command: tuple[str, ...]

    @property
    def told(self) -> str:
        """What, in a line for the owner."""
        return f"run {shlex.join(self.command)}"

    is_done = False
    """Whoever asks for it knows that it is needed."""

    def do(self) -> None:
        """Run it."""
        self.runner.run(*self.command)


def pending(steps: Sequence[Step]) -> list[Step]:
    """Return the steps that change something."""
    return [step for step in steps if not step.is_done]


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServiceError(f"{path}: {error.strerror}; run it with sudo, or with --user") from error
