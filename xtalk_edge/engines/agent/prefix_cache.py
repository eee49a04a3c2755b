"""Keeps on disk what the model computed of persona and tools, so that a restart is quick.

Reading a thousand tokens takes a 1B model a minute and a half on a Pi 4; loading them takes less
than a second. The file is written whole or not at all and checked by its hash before llama.cpp
sees it, because llama.cpp trusts what it is given.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.llama_model import LlamaModel

logger = logging.getLogger(__name__)

WORTH_TOKENS = 128
"""Fewer are read about as fast as the file is."""

_DIGEST_BYTES = hashlib.sha256().digest_size


class PrefixCache:
    """One file for one model's prefix; none where there is no folder for it."""

    def __init__(self, folder: Path | None, model_path: Path) -> None:
        self._path = folder and folder / f"prefix-{model_path.stem}.bin"
        stat = model_path.stat()
        self._model_key = f"{stat.st_size} {stat.st_mtime_ns}"
        self._kept: list[int] = []

    def keeps(self, prefix: list[int]) -> bool:
        """Tell whether nothing is left to be done for this prefix."""
        return self._path is None or len(prefix) < WORTH_TOKENS or self._kept == prefix

    def read(self, model: LlamaModel, prefix: list[int], flag: AbortFlag) -> None:
        """Have the model read its prefix, from the file if that fits; blocks.

        A prefix that had to be computed is saved, unless the flag stopped it on the way.
        """
        known = model.tokens[: len(prefix)] == prefix
        if known and self.keeps(prefix):
            return
        if self._path is None or len(prefix) < WORTH_TOKENS:
            model.evaluate(prefix, flag)
            return
        key = self._key(model, prefix)
        if not known and self._load(self._path, model, prefix, key):
            self._kept = prefix
        elif model.evaluate(prefix, flag):
            _save(self._path, key, model.state())
            self._kept = prefix

    def _key(self, model: LlamaModel, prefix: list[int]) -> bytes:
        text = f"{self._model_key} {model.build()} {prefix}"
        return hashlib.sha256(text.encode()).digest()

    def _load(self, path: Path, model: LlamaModel, prefix: list[int], key: bytes) -> bool:
        try:
            content = path.read_bytes()
        except OSError:
            return False
        found, digest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES : 2 * _DIGEST_BYTES]
        state = content[2 * _DIGEST_BYTES :]
        if found != key or hashlib.sha256(state).digest() != digest:
            return False
        return model.restore(prefix, state)


def _save(path: Path, key: bytes, state: bytes) -> None:
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(key + hashlib.sha256(state).digest() + state)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        # Only the next start is slower.
        logger.warning("%s not saved: %s", path, error.strerror)
        with contextlib.suppress(OSError):
            partial.unlink()
