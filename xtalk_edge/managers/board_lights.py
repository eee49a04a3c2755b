"""What a board's lights are to show."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.messages import Light
from xtalk_edge.audio.format import Samples, level_db
from xtalk_edge.turn.actions import State

QUIET_DB = -60.0
"""Darkest; a quiet room."""

LOUD_DB = -12.0
"""Brightest; somebody who speaks into the microphone."""

_OF_STATE = {
    State.ASLEEP: Light.OFF,
    State.ATTENDING: Light.READY,
    State.LISTENING: Light.LISTENING,
    State.THINKING: Light.THINKING,
    State.SPEAKING: Light.SPEAKING,
}


@dataclass(slots=True)
class Shown:
    """All that the lights depend on."""

    state: State = State.ASLEEP
    muted: bool = False
    failing: bool = False
    """Whether something failed a moment ago."""
    deaf: bool = False
    """Whether the sound device is gone."""

    @property
    def light(self) -> Light:
        """What to show. Nobody must take a muted device for one that listens."""
        if self.muted:
            return Light.MUTED
        if self.failing or self.deaf:
            return Light.ERROR
        return _OF_STATE[self.state]

    @property
    def is_lively(self) -> bool:
        """Whether the lights follow the sound."""
        return self.light in (Light.LISTENING, Light.SPEAKING)


def level_of(sound: Samples) -> int:
    """Return how bright a piece of sound is, 0 to 255."""
    share = (level_db(sound) - QUIET_DB) / (LOUD_DB - QUIET_DB)
    return round(255 * min(1.0, max(0.0, share)))
