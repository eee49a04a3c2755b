"""A sound card that is a page in a browser: its microphone is heard, and it plays what is said.

The loop hands in what the page sent and takes what it is to play; the ear moves the blocks, by the
clock, whether anything came or not. Nobody waits: what has not come in time is silence.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.paced import PacedCard

BLOCK_MS = 10.0

CUSHION_S = 0.06
"""Kept before any is heard, so that what comes unevenly is heard evenly: three of the page's
messages."""

LARGEST_CUSHION_S = 0.48
"""Each time that it was too small it doubles, and halves at the end of what was said: a silence in
the middle of a word costs the word, waiting costs a moment."""

MOST_WAITING_S = 1.5
"""More comes when a browser wakes up after long; then the oldest of it is left out."""

QUIET = 300
"""Samples below this are no speech: some -41 dB. Where too much waits, they are left out first."""

GIVEN_UP_S = 2.0
"""After this time without sound nobody is speaking any more, whatever the page says."""

MOST_UNPLAYED_S = 2.0
"""Of what a page has not taken yet; one that is there takes it within a tenth of that."""

MOST_MISSED = 50
"""Kept until somebody asks."""

SILENT_S = 0.3
"""So long silence is handed to the page as well: pauses between words are no new beginning."""

PAGE_LATENCY_S = 0.2
"""From a block's end to its leaving the browser's loudspeaker: the way there, the cushion that the
page keeps, and the browser's own buffer."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Sound of the page that was not there in time, or too much of it."""

    at_frame: int
    frames: int
    reason: str


class PageCard(PacedCard):
    """Keeps the blocks moving, with a page or without one."""

    def __init__(self) -> None:
        super().__init__("status page", RATE_HZ, BLOCK_MS, PAGE_LATENCY_S)
        self._lock = threading.Lock()
        self._waiting: deque[Samples] = deque()
        self._waiting_frames = 0
        self._is_speaking = False
        """Whether the page has begun to send, and not said that this is all."""
        self._is_flowing = False
        """Whether the cushion was full, and has not run dry since."""
        self._cushion_s = CUSHION_S
        self._dry_since: int | None = None
        """Frame from which on sound was missed."""
        self._missed: deque[Missed] = deque(maxlen=MOST_MISSED)
        self._is_played = False
        self._unplayed: deque[Samples] = deque(maxlen=round(1000 * MOST_UNPLAYED_S / BLOCK_MS))
        self._silent_frames = math.inf
        """Since something was last played."""

    # -- the loop's side -------------------------------------------------------------------

    def hear(self, pcm: bytes) -> None:
        """Take what the page's microphone gave, s16le at 16 kHz; nothing is the end of it."""
        sound = pcm_to_samples(pcm)
        with self._lock:
            self._is_speaking = len(sound) > 0
            if not self._is_speaking:
                self._dry_since = None
                self._cushion_s = max(CUSHION_S, self._cushion_s / 2)
                return
            self._waiting.append(sound)
            self._waiting_frames += len(sound)
            if self._waiting_frames > MOST_WAITING_S * RATE_HZ:
                self._leave_out()

    def connect(self, on: bool) -> None:
        """Keep what is to be played for a page from now on, or no longer; forget what was heard."""
        with self._lock:
            self._is_played = on
            self._is_speaking = self._is_flowing = False
            self._dry_since = None
            self._waiting.clear()
            self._waiting_frames = 0
            self._unplayed.clear()

    def to_play(self) -> bytes:
        """Take what the page is to play next, s16le at 16 kHz; nothing while all is silent."""
        with self._lock:
            blocks = list(self._unplayed)
            self._unplayed.clear()
        return samples_to_pcm(np.concatenate(blocks)) if blocks else b""

    @property
    def waiting_s(self) -> float:
        """How much of what the page sent is still to be heard."""
        return self._waiting_frames / RATE_HZ

    def missed(self) -> list[Missed]:
        """Take what was missed since the last call."""
        with self._lock:
            missed = list(self._missed)
            self._missed.clear()
        return missed

    # -- the ear's side --------------------------------------------------------------------

    def ended(self) -> str | None:
        """Return None: another page may come."""
        return None

    def close(self) -> None:
        """Stop."""
        self.core.close()

    def _microphone(self, start: int) -> Samples:
        with self._lock:
            is_last = not self._is_speaking and self._waiting_frames > 0
            if self._waiting_frames >= self._cushion_s * RATE_HZ or is_last:
                self._flow(start)
            if self._is_flowing and (is_last or self._waiting_frames >= self.block_frames):
                return self._next_loud_block()
            self._run_dry(start)
            return np.zeros(self.block_frames, np.int16)

    def _flow(self, start: int) -> None:
        self._is_flowing = True
        if self._dry_since is not None:
            self._miss(self._dry_since, start - self._dry_since, "the page's sound came late")
            self._dry_since = None

    def _next_loud_block(self) -> Samples:
        """Return the next block; while more waits than need be, without a pause before it."""
        block = self._next_block()
        late = self._waiting_frames > 2 * self._cushion_s * RATE_HZ
        return self._next_block() if late and np.abs(block).max() < QUIET else block

    def _next_block(self) -> Samples:
        block = np.zeros(self.block_frames, np.int16)
        filled = 0
        while filled < len(block) and self._waiting:
            sound = self._waiting.popleft()
            taken = min(len(sound), len(block) - filled)
            block[filled : filled + taken] = sound[:taken]
            filled += taken
            if taken < len(sound):
                self._waiting.appendleft(sound[taken:])
        self._waiting_frames -= filled
        return block

    def _run_dry(self, start: int) -> None:
        was_flowing, self._is_flowing = self._is_flowing, False
        if not self._is_speaking:
            return
        if was_flowing:
            self._dry_since = start
            self._cushion_s = min(LARGEST_CUSHION_S, 2 * self._cushion_s)
        elif self._dry_since is not None and start - self._dry_since >= GIVEN_UP_S * RATE_HZ:
            self._miss(self._dry_since, start - self._dry_since, "the page fell silent")
            self._is_speaking, self._dry_since = False, None

    def _leave_out(self) -> None:
        left_out = 0
        while self._waiting and self._waiting_frames > self._cushion_s * RATE_HZ:
            sound = self._waiting.popleft()
            self._waiting_frames -= len(sound)
            left_out += len(sound)
        self._miss(self.position, left_out, "too much of the page's sound came at once")

    def _miss(self, at_frame: int, frames: int, reason: str) -> None:
        self._missed.append(Missed(at_frame, frames, reason))

    def _loudspeaker(self, start: int, played: Samples) -> None:
        self._silent_frames = 0 if played.any() else self._silent_frames + len(played)
        if self._is_played and self._silent_frames <= SILENT_S * RATE_HZ:
            with self._lock:
                self._unplayed.append(played)
