"""Whether what is left after echo cancellation is still the device's own voice. Pure."""

from __future__ import annotations

from collections import deque

from xtalk_edge.turn.clear_speech import ClearSpeech

ECHO_LASTS_S = 0.5
"""The card's delay and the room's reverberation, after which nothing of a sound comes back."""

SMOOTHED_S = 0.1
"""A syllable; about the shortest speech that is announced."""

ALREADY_DB = 10.0
"""Somebody who speaks already is believed to go on until so much less is left of the frame: weak
syllables are no pauses."""

REMEMBERED_S = 0.3
"""What is left in the pauses of a word is reverberation of the word, and is held against that."""

LEARNING_S = 3.0
"""Of its own voice, pauses not counted, until the cancellers have learnt a room: AEC3 leaves ten
times as much of its echo in the second of them. With 2 s it took itself for somebody in 6 of 24
rooms, and noticed 70 of 72 people who talked then; with 3 s in 1, and 66."""

LEARNING_DB = 6.0
"""What they take away of an echo then; of a talker as loud, they leave half at least."""


class OwnVoice:
    """Judges frames by how much of them the canceller took away.

    Of its own echo a canceller that has learnt the room leaves a hundredth; of an echo with a
    talker over it, it leaves the talker, who is seldom ten times weaker than the echo. So while
    the loudspeaker sounds, a frame of which little was left is no talker, however much like
    speech it sounds; unless the room has proven that nothing but talkers sounds like that there
    (`ClearSpeech`).

    Args:
        frame_s: length of each frame.
        removed_db: a frame that became so much quieter holds nobody but the device.
    """

    def __init__(self, frame_s: float, removed_db: float) -> None:
        self.adopt(removed_db)
        self._learning_frames = round(LEARNING_S / frame_s)
        smoothed = max(1, round(SMOOTHED_S / frame_s))
        self._raw: deque[float] = deque(maxlen=smoothed)
        self._clean: deque[float] = deque(maxlen=smoothed)
        self._loudest: deque[float] = deque(maxlen=max(1, round(REMEMBERED_S / frame_s)))
        self._echo_frames = max(1, round(ECHO_LASTS_S / frame_s))
        self._frames_quiet = self._echo_frames
        self._clear_speech = ClearSpeech(frame_s)

    def adopt(self, removed_db: float) -> None:
        """Take frames that became so much quieter for the device's own from now on."""
        self._most_left = 10 ** (-removed_db / 10)
        self._most_left_of_speech = 10 ** (-(removed_db + ALREADY_DB) / 10)
        self._most_left_learning = max(self._most_left, 10 ** (-LEARNING_DB / 10))

    @property
    def may_be_heard(self) -> bool:
        """Whether the loudspeaker sounds, or sounded so lately that its echo may still come."""
        return self._frames_quiet < self._echo_frames

    @property
    def learning(self) -> bool:
        """Whether the canceller has heard too little yet to know the room."""
        return self._learning_frames > 0

    def is_all(
        self, raw: float, clean: float, probability: float, *, sounding: bool, speaking: bool
    ) -> bool:
        """Tell of the next frame whether nobody but the device is to be heard in it.

        Args:
            raw: its mean square as captured.
            clean: its mean square as cleaned.
            probability: that what is left of it is speech.
            sounding: whether the loudspeaker sounded in it.
            speaking: whether somebody was heard to speak until then.
        """
        self._raw.append(raw)
        self._clean.append(clean)
        self._loudest.append(sum(self._raw))
        self._frames_quiet = 0 if sounding else self._frames_quiet + 1
        self._learning_frames -= sounding and self.learning
        if not self.may_be_heard:
            self._clear_speech.forget_unconfirmed()
            return False
        loudest, left = max(self._loudest), sum(self._clean)
        is_all = left < self._most_left * loudest
        clear = self._clear_speech.is_clear(probability, left / loudest if loudest else 1.0)
        if not self.learning:
            self._clear_speech.hear(sounding=sounding, clear=clear, certain=clear and not is_all)
        if speaking:
            return left < self._most_left_of_speech * loudest
        if self.learning:
            return left < self._most_left_learning * loudest
        return is_all and not (clear and self._clear_speech.may_be_believed)
