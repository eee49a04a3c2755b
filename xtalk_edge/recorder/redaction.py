"""What is left of a recording when its words and its sound are taken out. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, level_db
from xtalk_edge.recorder.recording import Record, Recording

CONTOUR_S = 0.1
"""Levels of a tenth of a second tell who was loud when, and nothing of what was said."""

HARMLESS = frozenset(
    {
        "ability", "action", "by", "check", "component", "error_type", "event", "model_type",
        "rung", "semantic_tag", "side", "slot", "state", "step",
    }
)  # fmt: skip
"""Fields whose texts are words of the program, of whatever event. All others are the owner's until
somebody says otherwise here."""

HARMLESS_OF = frozenset(
    {
        ("AudioGap", "reason"),
        ("TTSStopped", "reason"),
        ("ToolCallOccurred", "name"),
        ("ToolResultOccurred", "name"),
        ("TurnLLMAgentStopRequested", "reason"),
        ("TurnTTSStopRequested", "reason"),
    }
)
"""The same of one event only."""

_WORD_OF_PROGRAM = re.compile(r"[A-Za-z_:<>. -]{0,40}")
"""Even there nothing else is believed: an event of the owner's own may call a field so too."""

_SETTING_NAMES = frozenset(
    {"type", "isolation", "mode", "card", "level", "barge_in", "button", "kind"}
)


def redacted_record(record: Mapping[str, Any]) -> Record:
    """Return an event with the number of characters in place of each text that may be words."""
    event = str(record.get("event"))
    return {
        name: value
        if _is_harmless(event, name, value)
        else _hidden(value)
        for name, value in record.items()
    }  # fmt: skip


def redacted_settings(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with figures, switches and kinds of engines, and no texts."""
    return {
        name: value
        if name in _SETTING_NAMES and isinstance(value, str) and ":" not in value
        else redacted_settings(value)
        if isinstance(value, Mapping)
        else _hidden(value)
        for name, value in table.items()
    }  # fmt: skip


def contour(recording: Recording) -> list[dict[str, float]]:
    """Return how loud it was captured, cleaned and played, a tenth of a second each, in dB."""
    step = round(CONTOUR_S * RATE_HZ)
    sounds = {"raw": recording.raw, "clean": recording.clean, "played": recording.far}
    return [
        {"at_s": round(start / RATE_HZ, 3), **_levels(sounds, start, step)}
        for start in range(0, len(recording.raw), step)
    ]


def _levels(sounds: Mapping[str, Samples], start: int, step: int) -> dict[str, float]:
    pieces = {name: sound[start : start + step] for name, sound in sounds.items()}
    return {name: round(level_db(piece.astype(np.float64)), 1) for name, piece in pieces.items()}


def _is_harmless(event: str, name: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    named = name in HARMLESS or (event, name) in HARMLESS_OF
    return named and _WORD_OF_PROGRAM.fullmatch(value) is not None


def _hidden(value: Any) -> Any:
    """Return a value without the texts in it; figures stay."""
    if isinstance(value, str):
        return f"({len(value)} characters)" if value else ""
    if isinstance(value, Mapping):
        return {f"({len(value)} entries)": []} if value else {}
    if isinstance(value, list | tuple):
        return [_hidden(each) for each in value]
    return value
