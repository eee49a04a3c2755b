"""What is known of each model that was fetched, kept as JSON beside the models.

`lock.json` remembers what came from each address, so that something else under the same address
is noticed also where its publisher tells no digest. `model.json`, in each model's folder, has the
digest of each file as it was put there.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.models.disk import disk

RECORD = "model.json"
LOCK = "lock.json"


@dataclass(frozen=True, slots=True)
class Record:
    """One model as it was put on the shelf."""

    name: str
    origin: str
    """Where it came from, in words."""
    files: Mapping[str, str]
    """SHA-256 of each file by its name in the folder."""

    def save(self, folder: Path) -> None:
        """Write it into the model's folder; raises ModelError."""
        _save(folder / RECORD, asdict(self))


def read_record(folder: Path) -> Record | None:
    """Return the record of a model's folder, or None where there is none that can be read."""
    kept = _read(folder / RECORD)
    files = kept.get("files")
    if not isinstance(files, dict):
        return None
    texts = {str(name): str(digest) for name, digest in files.items()}
    return Record(str(kept.get("name")), str(kept.get("origin")), texts)


class Lock:
    """What came from each address."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK

    def known(self, url: str) -> str:
        """Return the SHA-256 of what came from an address, or ""."""
        return str(_read(self._path).get(url, ""))

    def note(self, url: str, sha256: str) -> None:
        """Remember what came from an address."""
        _save(self._path, {**_read(self._path), url: sha256})


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return kept
    return {}


def _save(path: Path, content: Mapping[str, Any]) -> None:
    """Replace the file in one step."""
    with disk(path):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, sort_keys=True)
        Path(temporary).replace(path)
