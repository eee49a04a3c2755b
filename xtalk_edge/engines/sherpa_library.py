"""What every engine on sherpa-onnx needs of the library, without its traps.

It ends the process over files it does not expect: each engine lets `preflight` try its files in a
child before. Sound has to be floats: integers are taken too, and heard as noise. Results keep
every string that their `text` was ever asked for (2.0.1: 60 bytes a look, ten looks a second while
somebody speaks); written as JSON they keep nothing.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from xtalk_edge.errors import ConfigError, EngineError, ModelError

MOST_THREADS = 64


def checked_threads(slot: str, threads: int) -> None:
    """Raise ConfigError unless so many threads can be had."""
    if not 1 <= threads <= MOST_THREADS:
        raise ConfigError(f"{slot}.threads: must be from 1 to {MOST_THREADS}, got {threads}")


def refuse_useless(slot: str, model: str, settings: Mapping[str, object]) -> None:
    """Raise ConfigError where one is set of those for which a kind of model has no use."""
    for name, value in settings.items():
        if value:
            raise ConfigError(f"{slot}.{name}: a {model} has no use for it; remove the setting")


def sherpa_version(slot: str, engine: str) -> str:
    """Return the library's name and version; raises EngineError where it is not installed.

    Verdicts of `preflight` are kept by it, because another version may take other files.
    """
    try:
        return f"sherpa-onnx {importlib.metadata.version('sherpa-onnx')}"
    except importlib.metadata.PackageNotFoundError as exc:
        raise EngineError(f"{slot} {engine!r} needs its library: pip install sherpa-onnx") from exc


@contextlib.contextmanager
def loading(*files: Path) -> Iterator[None]:
    """Turn what the library says about files that a preflight let pass into a ModelError."""
    try:
        yield
    except (RuntimeError, AssertionError, ValueError) as exc:
        names = " or ".join(str(file) for file in files)
        reason = " ".join(str(exc).split())
        raise ModelError(f"{names} cannot be loaded ({reason}); fetch it again") from exc


def text_of(as_json: Callable[[], str], plain: Callable[[], str]) -> str:
    """Return the text, its words parted by single blanks.

    Args:
        as_json: gives the result as JSON.
        plain: gives the text itself; asked only where the JSON cannot be read, as of tokens that
            are halves of characters.
    """
    try:
        text = str(json.loads(as_json())["text"])
    except (ValueError, KeyError, TypeError):
        text = plain()
    return " ".join(text.split())
