"""Gives memory back that loading has left behind."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import mmap
from collections.abc import Iterator
from pathlib import Path


def give_back() -> None:
    """Find what is not needed any more, and return it to the system; takes 50 ms and more.

    Loading models and compiling grammars takes megabytes that are never needed again.
    """
    gc.collect()
    trim()
    leave_code()


def trim() -> None:
    """Return what was freed to the system; glibc keeps it otherwise, and others do without this."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def leave_code() -> None:
    """Let go of the libraries' code; what runs is mapped again the moment it does (Linux).

    Most of it ran once, to set up, or only lies beside what did: 32 of 141 MB.
    """
    with contextlib.suppress(OSError, AttributeError):
        madvise = ctypes.CDLL("libc.so.6").madvise
        madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        for start, end in code_as_in_files(Path("/proc/self/smaps").read_text()):
            # What is locked into memory refuses, and stays.
            madvise(start, end - start, mmap.MADV_DONTNEED)


def code_as_in_files(smaps: str) -> Iterator[tuple[int, int]]:
    """Yield where code lies that can be read from its file again: nobody has written to it.

    Args:
        smaps: a process's memory, as the kernel tells it (man 5 proc).
    """
    place = rights = device = ""
    for line in smaps.splitlines():
        name, *values = line.split()
        if not name.endswith(":"):
            place, (rights, _, device, *_) = name, values
        elif name == "Anonymous:" and rights == "r-xp" and device != "00:00" and values[0] == "0":
            start, end = place.split("-")
            yield int(start, 16), int(end, 16)
