"""Stops llama.cpp from any thread, without waiting for the interpreter."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp as ll


def _strlen_as_abort_callback() -> Any:
    """Return C's `strlen` in the guise of llama.cpp's abort callback.

    It is called between any two operations of the network. A Python function would have to wait
    for the interpreter each time; `strlen` of the flag's bytes is 0 or 1 without it.
    """
    return ctypes.cast(ctypes.CDLL(None).strlen, ll.ggml_abort_callback)


abort_callback = _strlen_as_abort_callback()


# Made anew for each flag, the type would be left to the collector of cycles.
_Bytes = ctypes.c_char * 2


class AbortFlag:
    """Stops the native code that was given it, from any thread, once and for all."""

    def __init__(self) -> None:
        self._bytes = _Bytes()

    def set(self) -> None:
        """Stop."""
        self._bytes[0] = b"\x01"

    def is_set(self) -> bool:
        """Tell whether to stop."""
        return self._bytes[0] != b"\x00"

    def address(self) -> ctypes.c_void_p:
        """Return where native code looks, for as long as the flag is kept."""
        # A cast would tie the flag to itself, for the collector of cycles to find, some day.
        return ctypes.c_void_p(ctypes.addressof(self._bytes))
