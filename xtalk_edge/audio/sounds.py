"""Audio that waits to be played, known by a name: the bus carries names, never audio."""

from __future__ import annotations

import itertools

from xtalk_edge.audio.chimes import CHIME_RATE_HZ, CHIMES, chime
from xtalk_edge.audio.format import Sound
from xtalk_edge.audio.live_speech import LiveSpeech

MOST_KEPT = 8
"""Replies that hand over audio and are then stopped leave it behind; the oldest goes first."""


class SoundShelf:
    """Chimes, which are always there, and what was kept to be played once."""

    def __init__(self) -> None:
        self._kept: dict[str, Sound | LiveSpeech] = {}
        self._numbers = itertools.count(1)

    def keep(self, sound: Sound | LiveSpeech) -> str:
        """Keep a sound, or speech that still comes, until it is taken; return its name."""
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        name = f"audio-{next(self._numbers)}"
        self._kept[name] = sound
        return name

    def take(self, name: str) -> Sound | LiveSpeech | None:
        """Return the sound of that name, which is then forgotten unless it is a chime."""
        if name in CHIMES:
            return Sound(chime(name), CHIME_RATE_HZ)
        return self._kept.pop(name, None)
