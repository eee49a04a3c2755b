"""Tries a model file in a throw-away child before this process loads it.

Native loaders crash or exit on some bad files, and no `except` catches that. The verdict of a
good file is kept by content, kind and library version, so the child runs once per file; a bad
file is tried again each time, because the cure may have been more memory or a newer library.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xtalk_edge.config.files import default_state_dir
from xtalk_edge.errors import ModelError

CHECK_TIMEOUT_S = 180.0
"""Reading every byte of a 2 GB model from an SD card at 20 MB/s takes 100 s."""

_CHECKS = "xtalk_edge.engines.preflight_checks"
_LIBRARIES = {"gguf": "llama-cpp-python", "onnx": "onnxruntime", "tflite": "pymicro-wakeword"}
_MAGIC = {"gguf": (0, b"GGUF"), "tflite": (4, b"TFL3")}
_CURE = "fetch it again, or name another file in the settings"

_CHILD = (
    "import importlib, json, sys; module, name, path, settings = sys.argv[1:5]; "
    "sys.path[:] = sys.argv[5:]; "
    "getattr(importlib.import_module(module), name)(path, **json.loads(settings)); "
    "print('PREFLIGHT-OK')"
)


def preflight(
    path: Path,
    kind: str,
    check: str | None = None,
    *,
    others: Sequence[Path] = (),
    settings: Mapping[str, Any] | None = None,
    state_dir: Path | None = None,
) -> str:
    """Return the digest of the model file at `path` if this process may load it; blocks meanwhile.

    Args:
        path: the model file.
        kind: "gguf", "onnx", "tflite", or a name of your own with a `check` of your own.
        check: "module:function" called with the path in the child; it raises when the file will
            not do. The default loads the file with the kind's usual library.
        others: files that the check loads too; verdict and digest are of all together.
        settings: what the check is told besides, by name, as JSON takes it; the verdict holds for
            them.
        state_dir: where verdicts are kept; None for `default_state_dir()`.

    Raises:
        ModelError: the file is missing, empty, damaged, or of the wrong kind.
    """
    for each in (path, *others):
        _look(each, kind)
    verdicts = _Verdicts(state_dir or default_state_dir())
    check = check or f"{_CHECKS}:{kind}"
    digests = "+".join(verdicts.sha256(each) for each in (path, *others))
    told = json.dumps(settings, sort_keys=True) if settings else ""
    key = f"{digests} {kind} {check} {_library_version(kind)} {told}".rstrip()
    if key in verdicts.good:
        return digests
    problem = _try_in_child(path, check, told or "{}")
    if problem:
        raise ModelError(f"{path} is damaged or of the wrong kind ({problem}); {_CURE}")
    verdicts.good.add(key)
    verdicts.save()
    return digests


def _look(path: Path, kind: str) -> None:
    """Refuse what can be told without loading anything."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError as exc:
        raise ModelError(f"{path} is missing; {_CURE}") from exc
    except OSError as exc:
        raise ModelError(f"{path} cannot be read: {exc.strerror}; {_CURE}") from exc
    if not head:
        raise ModelError(f"{path} is empty; {_CURE}")
    at, magic = _MAGIC.get(kind, (0, b""))
    if head[at : at + len(magic)] != magic:
        raise ModelError(f"{path} is not a {kind.upper()} file; {_CURE}")


def _library_version(kind: str) -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        if kind in _LIBRARIES:
            return f"{_LIBRARIES[kind]} {importlib.metadata.version(_LIBRARIES[kind])}"
    return "any"


def _try_in_child(path: Path, check: str, settings: str) -> str:
    """Return what went wrong in the child, in a few words; "" when the file is good."""
    command = [sys.executable, "-c", _CHILD, *check.split(":"), str(path), settings, *sys.path]
    try:
        child = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CHECK_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"loading it did not end within {CHECK_TIMEOUT_S:.0f} s"
    if child.returncode == 0 and "PREFLIGHT-OK" in child.stdout:
        return ""
    if child.returncode < 0:
        return f"loading it crashes: {signal.Signals(-child.returncode).name}"
    last = (child.stderr.strip().splitlines() or [""])[-1]
    return last[:200] or f"loading it ends the process with code {child.returncode}"


class _Verdicts:
    """Good files by content, and the hash of each file by its path, size and times."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder and folder / "preflight.json"
        self.good: set[str] = set()
        self._hashes: dict[str, list[Any]] = {}
        # A lost or damaged cache only costs trying the files again.
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
            self.good = set(kept["good"])
            self._hashes = dict(kept["hashes"])

    def sha256(self, path: Path) -> str:
        """Return the file's hash; read anew only if its size or times changed."""
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        name = str(path.resolve())
        kept = self._hashes.get(name)
        if kept and kept[:-1] == stamp:
            return str(kept[-1])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._hashes[name] = [*stamp, digest]
        return digest

    def save(self) -> None:
        """Replace the cache in one step; a device that cannot write tries the files each start."""
        if self._path is None:
            return
        content = json.dumps({"good": sorted(self.good), "hashes": self._hashes}, indent=1)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".preflight")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
            Path(temporary).replace(self._path)
