"""Gives memory back that loading has left behind."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Find what is not needed any more, and return it to the system; takes 50 ms and more.

    Loading models and compiling grammars takes megabytes that are never needed again.
    """
    gc.collect()
    trim()


def trim() -> None:
    """Return what was freed to the system; glibc keeps it otherwise, and others do without this."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
