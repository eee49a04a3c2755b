"""Loads PortAudio when it is first needed, and keeps it and ALSA from printing.

A machine without it can still use files and rooms.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import DeviceError
from ._core import ffi, lib

_FOLDERS = re.compile(r"'[^' ]*/")
"""Where PortAudio was built, in front of a source file's name."""

PULSE_SETTINGS = Path(__file__).with_name("pulse_client.conf")
"""With the usual ones, a server's death hangs this program now and then; the file says why."""


def load_sounddevice() -> Any:
    """Load sounddevice, and with it PortAudio, once; raises DeviceError if it is not there."""
    _choose_pulse_settings()
    try:
        with quiet_stderr():
            module = importlib.import_module("sounddevice")
    except (ImportError, OSError) as exc:
        raise DeviceError(
            "the PortAudio library cannot be loaded; on Debian: apt install libportaudio2"
        ) from exc
    _hush()
    return module


def _choose_pulse_settings() -> None:
    """Have PulseAudio's clients in this process read ours, unless the owner has some."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    owners = Path(base, "pulse", "client.conf")
    with contextlib.suppress(RuntimeError):  # no home folder is known
        owners = owners.expanduser()
    if not owners.exists():
        os.environ.setdefault("PULSE_CLIENTCONFIG", str(PULSE_SETTINGS))


def _hush() -> None:
    """Stop ALSA and PortAudio from printing on their own, also in their threads."""
    lib.hush_portaudio()
    with contextlib.suppress(OSError, AttributeError):  # no ALSA here: nothing to hush
        alsa = ctypes.CDLL("libasound.so.2")
        handler = int(ffi.cast("uintptr_t", ffi.addressof(lib, "hush_alsa")))
        alsa.snd_lib_error_set_handler(ctypes.c_void_p(handler))


def forget_reason() -> None:
    """Forget what PortAudio complained of so far: a new stream has complaints of its own."""
    lib.hush_forget()


def reason_given() -> str:
    """Return PortAudio's first complaint since `forget_reason`, as " (…)", or nothing.

    Of a chain of complaints the first is the cause; it names a call and a place in PortAudio.
    """
    kept = lib.hush_kept()
    if kept == ffi.NULL:
        return ""
    said = " ".join(ffi.string(kept).decode(errors="replace").split())
    return f" ({_FOLDERS.sub(chr(39), said)})"


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send the process's file descriptor 2 nowhere: PortAudio prints to it, with no other way."""
    try:
        kept = os.dup(2)
    except OSError:  # started without a standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
