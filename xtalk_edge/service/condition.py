"""How the service is, in sentences; pure."""

from __future__ import annotations

from collections.abc import Mapping

WANTED = (
    "LoadState", "UnitFileState", "ActiveState", "SubState", "StatusText", "Result",
    "ExecMainStatus", "NRestarts", "MainPID", "MemoryCurrent", "ActiveEnterTimestamp",
)  # fmt: skip
"""Properties of the unit that tell it."""

_CODES = {
    "2": "a setting is wrong",
    "3": "a model file is missing or damaged",
    "4": "an engine cannot start",
    "5": "the sound device is missing or was lost",
    "70": "a bug",
}
_RESULTS = {
    "watchdog": "it stood still, and was ended by the watchdog",
    "timeout": "it did not start or end in time",
    "oom-kill": "the machine ran out of memory",
    "signal": "it was killed",
    "core-dump": "it crashed",
    "resources": "systemd could not prepare it; see xtalk-edge service logs",
}

SURE = ("active", "reloading")
"""States in which it works."""


def is_working(properties: Mapping[str, str]) -> bool:
    """Tell whether it runs and is ready."""
    return properties.get("ActiveState") in SURE


def told(properties: Mapping[str, str]) -> list[str]:
    """Return how it is, a line each.

    Args:
        properties: those of `WANTED`, as systemd gives them.
    """
    state = properties.get("ActiveState", "")
    if properties.get("LoadState") == "not-found":
        return ["It is not installed; run xtalk-edge service install."]
    if is_working(properties):
        since = properties.get("ActiveEnterTimestamp", "")
        lines = [f"It runs since {since}." if since else "It runs."]
    elif state == "activating" and properties.get("SubState") == "auto-restart":
        lines = [f"It is about to be started again: {_why(properties)}."]
    elif state == "activating":
        lines = ["It is starting."]
    elif state == "failed":
        lines = [f"It does not run: {_why(properties)}. See xtalk-edge service logs."]
    else:
        lines = ["It does not run."]
    if said := properties.get("StatusText"):
        lines.append(f"It says: {said}")
    if int(properties.get("NRestarts") or 0):
        lines.append(f"It failed and was started again {properties['NRestarts']} times.")
    if (memory := properties.get("MemoryCurrent", "")).isdigit() and is_working(properties):
        lines.append(f"It uses {int(memory) / 1e6:.0f} MB of memory.")
    if properties.get("UnitFileState") == "disabled":
        lines.append("It does not start by itself; run xtalk-edge service install.")
    return lines


def _why(properties: Mapping[str, str]) -> str:
    result, code = properties.get("Result", ""), properties.get("ExecMainStatus", "")
    if result == "exit-code":
        return _CODES.get(code, f"it ended with exit code {code}")
    return _RESULTS.get(result, result or "nobody knows why")
