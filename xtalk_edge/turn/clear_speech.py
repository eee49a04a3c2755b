"""Whether what is clearly speech may be believed although the canceller took most of it. Pure.

A talker's first consonant is often twenty decibels below an echo, and is taken away with it. What
is left then sounds like speech all the same. In most rooms nothing else does: of its own voice the
cancellers leave nothing that sounds like speech, or far less. In some rooms it does, and a device
that believed it there would interrupt itself. So each room has to prove itself.
"""

from __future__ import annotations

from collections import deque

CLEAR_PROBABILITY = 0.3
"""Of speech. Of two minutes of its own voice in each of six rooms at two levels, 2 frames of 39,000
had so much with less than 22 dB taken away once nine seconds were over; in a recorded room where
the cancellers learn slowly, 17 of 3,500."""

CLEAR_LEFT_DB = 22.0
"""What is left after so much was taken away may still be a talker."""

PROVEN_S = 6.0
"""So much of its own voice must have been heard in this room, after the cancellers have learnt
most rooms: in that one the doubts came within it."""

REMEMBERED_S = 60.0
"""Of its own voice; a door that was opened is a new room."""

DOUBTS_BORNE = 3
"""Frames within that time: a click, or a word that nobody went on with."""

CONFIRMED_WITHIN_S = 0.5
"""Whoever speaks is as loud as the echo at some syllable before; of 51 people the slowest took
0.42 s."""

DIES_AWAY_S = 1.0
"""So long after the last syllable as loud as that, people's words end and rooms reverberate: what
is heard then is no doubt either. Counted as such it cost half of the trust of rooms in which people
talked."""


class ClearSpeech:
    """Counts what sounded like speech and led to nothing.

    Args:
        frame_s: length of each frame.
    """

    def __init__(self, frame_s: float) -> None:
        self._needed = round(PROVEN_S / frame_s)
        self._remembered = round(REMEMBERED_S / frame_s)
        self._patience = round(CONFIRMED_WITHIN_S / frame_s)
        self._dying_away = round(DIES_AWAY_S / frame_s)
        self._certain_at = -self._dying_away
        self._sounded = 0
        self._frame = 0
        self._unconfirmed: deque[int] = deque()
        self._doubts: deque[int] = deque(maxlen=DOUBTS_BORNE + 1)
        """How much had sounded at each of the last."""

    @property
    def may_be_believed(self) -> bool:
        """Whether this room has proven itself."""
        recent = [at for at in self._doubts if self._sounded - at < self._remembered]
        return self._sounded >= self._needed and len(recent) <= DOUBTS_BORNE

    def is_clear(self, probability: float, left: float) -> bool:
        """Tell whether a frame sounds like speech, with so much of it left, 0 to 1."""
        return probability >= CLEAR_PROBABILITY and left >= 10 ** (-CLEAR_LEFT_DB / 10)

    def hear(self, *, sounding: bool, clear: bool, certain: bool) -> None:
        """Take the next frame in which its own voice may be heard.

        Args:
            sounding: whether the loudspeaker sounded in it.
            clear: whether it sounded like speech, and little was left of it.
            certain: whether so much was left that it was a talker.
        """
        self._frame += 1
        self._sounded += sounding
        if certain:
            self._certain_at = self._frame
            self._unconfirmed.clear()
        elif clear and self._frame - self._certain_at >= self._dying_away:
            self._unconfirmed.append(self._frame)
        while self._unconfirmed and self._frame - self._unconfirmed[0] > self._patience:
            self._unconfirmed.popleft()
            self._doubts.append(self._sounded)

    def forget_unconfirmed(self) -> None:
        """Leave open what was heard just now: its own voice has ended before it was confirmed."""
        self._unconfirmed.clear()
