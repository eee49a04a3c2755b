"""Whether what is left after echo cancellation is still the device's own voice. Pure."""

from __future__ import annotations

from collections import deque

ECHO_LASTS_S = 0.5
"""The card's delay and the room's reverberation, after which nothing of a sound comes back."""

SMOOTHED_S = 0.1
"""A syllable; about the shortest speech that is announced."""

REMEMBERED_S = 0.3
"""What is left in the pauses of a word is reverberation of the word, and is held against that."""


class OwnVoice:
    """Judges frames by how much of them the canceller took away.

    Of its own echo a canceller that has learnt the room leaves a hundredth; of an echo with a
    talker over it, it leaves the talker, who is seldom ten times weaker than the echo. So while
    the loudspeaker sounds, a frame of which little was left is no talker, however much like
    speech it sounds.

    Args:
        frame_s: length of each frame.
        removed_db: a frame that became so much quieter holds nobody but the device.
    """

    def __init__(self, frame_s: float, removed_db: float) -> None:
        self._most_left = 10 ** (-removed_db / 10)
        smoothed = max(1, round(SMOOTHED_S / frame_s))
        self._raw: deque[float] = deque(maxlen=smoothed)
        self._clean: deque[float] = deque(maxlen=smoothed)
        self._loudest: deque[float] = deque(maxlen=max(1, round(REMEMBERED_S / frame_s)))
        self._echo_frames = max(1, round(ECHO_LASTS_S / frame_s))
        self._frames_quiet = self._echo_frames

    def is_all(self, raw: float, clean: float, *, sounding: bool) -> bool:
        """Take a frame's mean squares as captured and as cleaned, and whether the loudspeaker
        sounded in it; tell whether nobody but the device is to be heard.
        """
        self._raw.append(raw)
        self._clean.append(clean)
        self._loudest.append(sum(self._raw))
        self._frames_quiet = 0 if sounding else self._frames_quiet + 1
        if self._frames_quiet >= self._echo_frames:
            return False
        return sum(self._clean) < self._most_left * max(self._loudest)
