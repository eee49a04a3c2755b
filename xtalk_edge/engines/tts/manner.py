"""How a voice is to speak: who of several, how fast, how loud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xtalk_edge.errors import ConfigError

SLOWEST, FASTEST = 0.5, 2.0
"""Times the usual speed; beyond, voices swallow syllables or drawl."""

LOUDEST = 4.0


class Manner:
    """What an owner has set, and what the voice was told since.

    Args:
        speed: times its usual speed, 0.5 to 2.
        volume: times its usual loudness, 0 to 4; too much clips.

    Raises:
        ConfigError: one is out of range.
    """

    def __init__(self, speed: float, volume: float) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise ConfigError(f"tts.speed: must be from {SLOWEST} to {FASTEST}, got {speed}")
        if not 0.0 <= volume <= LOUDEST:
            raise ConfigError(f"tts.volume: must be from 0 to {LOUDEST:g}, got {volume}")
        self._usual_speed = self.speed = speed
        self.volume = volume
        self.speaker = 0
        self._names: Mapping[str, int] = {}
        self._speakers = 1

    def know(self, names: Mapping[str, int], speakers: int, speaker: str) -> None:
        """Learn who the voice's speakers are, and which one the owner wants; "" is the first.

        Raises:
            ConfigError: there is no such speaker.
        """
        self._names, self._speakers = names, max(1, speakers)
        if speaker:
            try:
                self.choose([speaker])
            except ValueError as exc:
                raise ConfigError(f"tts.speaker: {exc}") from exc

    def choose(self, speakers: Sequence[str]) -> None:
        """Take the first speaker the voice has, by name or number; raises ValueError if none."""
        for name in speakers:
            number = self._names.get(name, int(name) if name.isdecimal() else -1)
            if 0 <= number < self._speakers:
                self.speaker = number
                return
        raise ValueError(f"this voice has none of these speakers: {', '.join(speakers)}")

    def names(self) -> dict[str, str]:
        """Return the speakers, the one in use first; none where there is only one."""
        names = {name: name for name in self._names}
        used = {name: name for name in names if self._names[name] == self.speaker}
        return used | names if len(names) > 1 else {}

    def hurry(self, factor: float) -> None:
        """Speak that many times as fast as set, as far as voices go."""
        self.speed = min(FASTEST, max(SLOWEST, self._usual_speed * factor))
