"""From whatever a tool of others returns to a sentence, and a sound where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xtalk_edge.audio.format import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, Sound
from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.errors import EdgeError
from xtalk_edge.tools.spoken import join_words

DONE = "Done."

DEEPEST = 4
"""Levels of a nested answer that anybody can follow by ear."""

MOST_ITEMS = 50

LONGEST_TEXT_CHARS = 4000
"""Read of one text; the tool box keeps less of the whole."""

LONGEST_SOUND_S = 300.0
"""A song; 29 MB at 48 kHz, which the smallest board can hold once."""


class UnplayableSoundError(EdgeError):
    """A sound is not mono int16, at an unusual rate, or too long."""


def answered(value: Any) -> tuple[str, Sound | None]:
    """Return what to say and what to play.

    Raises:
        UnplayableSoundError: the sound cannot be played.
    """
    match value:
        case Sound():
            return "", _checked(value)
        case (text, Sound() as sound):
            return in_words(text), _checked(sound)
    # What LangChain calls a message has its text here.
    return in_words(getattr(value, "content", value)) or DONE, None


def in_words(value: Any, depth: int = 0) -> str:
    """Return a value as words without the marks that mean something in a chat."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case Mapping() | list() | tuple() | set() | frozenset() if depth < DEEPEST:
            return _several(value, depth + 1)
    return harmless(str(value)[:LONGEST_TEXT_CHARS])


def _several(values: Any, depth: int) -> str:
    if isinstance(values, Mapping):
        pairs = list(values.items())[:MOST_ITEMS]
        words = [f"{harmless(str(k)).replace('_', ' ')} {in_words(v, depth)}" for k, v in pairs]
    else:
        words = [in_words(each, depth) for each in list(values)[:MOST_ITEMS]]
    return join_words([word for word in words if word.strip()])


def _checked(sound: Sound) -> Sound:
    samples = sound.samples
    if not isinstance(samples, np.ndarray) or samples.dtype != np.int16 or samples.ndim != 1:
        raise UnplayableSoundError("a sound must be mono samples of type int16")
    if not LOWEST_RATE_HZ <= sound.rate_hz <= HIGHEST_RATE_HZ:
        raise UnplayableSoundError(f"a sound cannot have {sound.rate_hz} samples a second")
    if sound.seconds > LONGEST_SOUND_S:
        raise UnplayableSoundError(f"a sound must be shorter than {LONGEST_SOUND_S:.0f} s")
    return sound
