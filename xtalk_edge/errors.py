"""The errors an owner can meet, each with the exit code the command line returns.

EdgeError
├─ ConfigError   exit 2   a setting is wrong: file, line, key, problem
├─ ModelError    exit 3   a model file is missing, damaged, or of the wrong kind
├─ EngineError   exit 4   an engine cannot start or died
│  └─ EngineLostError     it died, and will be there again at the next call
├─ DeviceError   exit 5   a sound device or file is missing, busy, or was lost
├─ UnwellError   exit 75  the device could not help itself, and wants to be started afresh
├─ UplinkError            the server refused or was lost
│  └─ UplinkLostError     it could not be reached, or was lost; it may be there at the next try
├─ LinkError              the serial board sent a bad frame or was lost
└─ ServiceError           the service manager is missing, or refused

Every message is one sentence that says what is wrong and what to do.
Anything else that escapes is a bug: traceback and exit 70.
"""

from __future__ import annotations

import traceback

EXIT_BUG = 70
"""EX_SOFTWARE of sysexits.h: an error nobody foresaw."""

EXIT_OUTPUT_CLOSED = 74
"""EX_IOERR of sysexits.h: whoever read the output is gone, or the disk is full."""

EXIT_INTERRUPTED = 130
"""What shells report for a program ended by Ctrl-C (128 + SIGINT)."""


class EdgeError(Exception):
    """An error with a sentence the owner can act on."""

    exit_code = 1


class ConfigError(EdgeError):
    """A setting is wrong."""

    exit_code = 2


class ModelError(EdgeError):
    """A model file is missing, damaged, or of the wrong kind."""

    exit_code = 3


class EngineError(EdgeError):
    """An engine cannot start, or died while running."""

    exit_code = 4


class EngineLostError(EngineError):
    """An engine's process died in the middle of a call; the next call starts another one."""


class DeviceError(EdgeError):
    """A sound device or sound file is missing, busy, or was lost."""

    exit_code = 5


class UnwellError(EdgeError):
    """Something stands still that no step of the device's own has mended; a fresh start may."""

    exit_code = 75
    """EX_TEMPFAIL of sysexits.h; a service manager starts the device again."""


class UplinkError(EdgeError):
    """The server refused the connection or was lost."""


class UplinkLostError(UplinkError):
    """The connection broke, stalled or could not be made; another one may do better."""


class LinkError(EdgeError):
    """The serial board sent something unreadable or was lost."""


class ServiceError(EdgeError):
    """The service manager is missing, or refused."""


def problem_of(error: BaseException) -> str:
    """Return what a log may tell of an error: its kind, and what it says if it is one of these.

    Their sentences are made for the owner; others may quote what was said in the room.
    """
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, EdgeError) else kind


def places_of(error: BaseException) -> str:
    """Return where an error comes from, for whoever mends it: files and lines, and no words."""
    return "".join(traceback.format_tb(error.__traceback__)).rstrip()
