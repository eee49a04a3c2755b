"""Turns what a disk refuses into a sentence."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from xtalk_edge.errors import ModelError


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Write to or below `path`; raises ModelError where the disk is full or read-only."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelError(
                f"{path} cannot be written: the disk is full; make room, or choose another folder "
                "(models.folder)"
            ) from error
        raise ModelError(
            f"{path} cannot be written ({error.strerror or error}); check its owner and the disk, "
            "or choose another folder (models.folder)"
        ) from error
