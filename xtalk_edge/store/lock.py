"""Who uses a state folder: any number of programs, or one that puts something else there."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from xtalk_edge.errors import EdgeError

FILE_NAME = "in-use"


class InUseError(EdgeError):
    """Somebody else uses the folder."""


@contextlib.contextmanager
def in_use(state_dir: Path, *, alone: bool = False) -> Iterator[None]:
    """Use a state folder, which is made if it is not there.

    Args:
        state_dir: the folder.
        alone: nobody else may use it meanwhile.

    Raises:
        InUseError: it cannot be had alone, or somebody has it so.
        EdgeError: the folder cannot be made or written to.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state_dir / FILE_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EdgeError(
            f"the state folder {state_dir} cannot be used ({error.strerror}); "
            "choose a folder that this user may write to"
        ) from error
    try:
        # The kernel lets go of it with the process, whatever ends that.
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise InUseError(
            f"{state_dir} is in use; end the device first (systemctl stop xtalk-edge, or Ctrl-C)"
            if alone
            else f"{state_dir} is just being restored; try again in a moment"
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)
