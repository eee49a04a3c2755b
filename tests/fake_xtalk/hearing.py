"""What a server makes of the sound it is sent: when a turn counts, and what its words mean."""

from __future__ import annotations

import re
from collections import deque
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

WORD_S = 0.3
"""After each so much sound another word is recognised."""

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


class Ears:
    """A recogniser that hears what the script says, and a detector of speech."""

    def __init__(self) -> None:
        self.utterance = ""
        """What is being said, tags and all."""
        self.n_utterances = 0
        self.is_listening = False
        self.heard_s = 0.0
        """Sound since the recogniser was reset; turns that did not count are in it too."""
        self._utterance_s = 0.0
        self._began_at_s = 0.0
        self._pre_roll: deque[float] = deque(maxlen=PRE_ROLL_FRAMES)
        self._n_words = self._n_burst = self._n_loud = self._n_quiet = 0

    def begin(self, utterance: str, now_s: float) -> None:
        """Somebody begins to speak."""
        self.utterance, self.is_listening = utterance, True
        self.n_utterances += 1
        self._began_at_s = now_s
        self._n_words = self._n_burst = 0
        self._utterance_s = sum(self._pre_roll)
        self.heard_s += self._utterance_s
        self._pre_roll.clear()

    def end(self) -> None:
        """They have stopped."""
        self.is_listening = False

    def reset(self) -> None:
        """Forget the sound that was heard."""
        self.heard_s = 0.0

    def hear(self, frame: bytes, now_s: float) -> str:
        """Take a frame; return what was said so far if that is more than before, else ""."""
        seconds = len(frame) / 2 / IN_RATE_HZ
        if not self.is_listening:
            self._pre_roll.append(seconds)
            return ""
        if now_s - self._began_at_s < SETTLE_S:
            self._n_burst += 1
            if self._n_burst > BURST_FRAMES:
                return ""
        self.heard_s += seconds
        self._utterance_s += seconds
        words = words_of(self.utterance).split()
        n_words = min(len(words), int(self._utterance_s / WORD_S))
        if n_words <= self._n_words:
            return ""
        self._n_words = n_words
        return " ".join(words[:n_words])

    def notice(self, frame: bytes) -> Literal["begins", "ends", ""]:
        """Tell what a server that detects speech by itself finds in a frame."""
        samples = memoryview(frame[: len(frame) & ~1]).cast("h")
        if max((abs(sample) for sample in samples), default=0) >= LOUD:
            self._n_loud, self._n_quiet = self._n_loud + 1, 0
        else:
            self._n_loud, self._n_quiet = 0, self._n_quiet + 1
        if not self.is_listening and self._n_loud >= SPEECH_FRAMES:
            return "begins"
        if self.is_listening and self._n_quiet >= SILENCE_FRAMES:
            return "ends"
        return ""
