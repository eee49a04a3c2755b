"""What a server makes of the sound it is sent: when a turn counts, and what its words mean."""

from __future__ import annotations

import re
from typing import Literal

IN_RATE_HZ = 16_000
"""Of all sound that a server is sent."""

NEEDED_S = 1.0
"""Sound that a turn needs since the recogniser was last reset."""

PRE_ROLL_FRAMES = 20
"""Frames before the beginning of speech that count too."""

SETTLE_S = 0.020
"""A burst this soon after `vad_speech_start` overtakes it, and what comes too soon is lost."""

BURST_FRAMES = 3
"""What may come so soon without being a burst."""

LOUD = 500
"""Of 32,767: where a server that listens by itself takes sound for speech."""

SPEECH_FRAMES, SILENCE_FRAMES = 8, 16
"""Frames of 512 samples after which it says that speech began, or ended."""

Verdict = Literal["empty", "invalid", "incomplete", "valid"]

_TAG = re.compile(r"<[^>]*>")
_FILLERS = {"嗯", "啊", "哦", "呃"}


def verdict_on(text: str, heard_s: float) -> Verdict:
    """Return what a server that validates makes of a turn."""
    tags, words = _TAG.findall(text), words_of(text)
    if not text:
        return "empty"
    if heard_s < NEEDED_S:
        return "invalid"
    if tags:
        if {"<incomplete>", "<wait>"}.intersection(tags):
            return "incomplete"
        return "valid" if "<complete>" in tags else "invalid"
    if not words or re.fullmatch(r"\w", words) or words in _FILLERS:
        return "invalid"
    return "valid"


def words_of(text: str) -> str:
    """Return a text without its tags."""
    return _TAG.sub("", text).strip()


def seconds_of(frame: bytes) -> float:
    """Return how long a frame from the client lasts."""
    return len(frame) / 2 / IN_RATE_HZ


def is_loud(frame: bytes) -> bool:
    """Tell whether a server's own detector would take a frame for speech."""
    samples = memoryview(frame[: len(frame) & ~1]).cast("h")
    return max((abs(sample) for sample in samples), default=0) >= LOUD
