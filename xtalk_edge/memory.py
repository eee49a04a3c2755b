"""Gives memory back that loading has left behind."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Return what was freed to the system; glibc keeps it otherwise, and others do without this.

    Loading models and compiling grammars takes megabytes that are never needed again.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
