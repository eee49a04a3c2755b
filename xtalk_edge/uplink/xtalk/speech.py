"""Sound of the room for a server: framed, and not sooner than it can take it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

FRAME_BYTES = 1_024
"""512 samples, 32 ms at 16 kHz: servers count what they keep in frames, and expect such."""
RATE_BYTES_S = 32_000
"""s16le, mono, 16 kHz."""
GAP_S = 0.04
"""Servers take messages in hand side by side: what follows on the heels of the word that speech
begins or ends may be dealt with before it. 20 ms were measured to be enough where they arrive as
they are sent; networks push things together."""
BURST_FRAMES = 3
"""What is sent at once beyond that is a burst; sound comes from a microphone one by one."""
LEAST_BYTES = RATE_BYTES_S
"""Early servers take less than a second for no turn, "stop" too; silence counts."""
MOST_BEFORE_BYTES = 5 * RATE_BYTES_S
"""Of what was said before it was noticed; the newest is kept."""


@dataclass(slots=True)
class Utterance:
    """What somebody says, from its beginning to its end; 16 kHz, s16le, mono."""

    began_s: float
    _waiting: bytearray = field(default_factory=bytearray)
    _sent_bytes: int = 0
    _is_taken: bool = False
    """Whether the server has had its time."""
    _settled_s: float = 0.0
    """When the server has dealt with the last burst."""
    is_ended: bool = False
    """Whether nothing more may be added."""

    @property
    def wake_at_s(self) -> float | None:
        """When there is something to do if nothing happens before."""
        if self._is_taken:
            return self._settled_s if self.is_ended else None
        return self.began_s + GAP_S if self._waiting or self.is_ended else None

    def add(self, pcm: bytes) -> None:
        """Take more sound; what is added after the end is left out."""
        if not self.is_ended:
            self._waiting += pcm
            # Only before the gap is over can so much have gathered.
            del self._waiting[: max(0, len(self._waiting) - MOST_BEFORE_BYTES) // 2 * 2]

    def end(self, *, least_bytes: int) -> None:
        """Say that there is no more; silence is added up to a length and to a whole frame."""
        if self.is_ended:
            return
        self.is_ended = True
        length = max(len(self._waiting), least_bytes - self._sent_bytes)
        length += -length % FRAME_BYTES
        self._waiting += bytes(length - len(self._waiting))

    def due(self, now_s: float) -> tuple[list[bytes], bool]:
        """Return the frames that may be sent now, and whether it is time to tell the end."""
        if now_s < self.began_s + GAP_S:
            return [], False
        self._is_taken = True
        whole = len(self._waiting) // FRAME_BYTES * FRAME_BYTES
        frames = [
            bytes(self._waiting[at : at + FRAME_BYTES]) for at in range(0, whole, FRAME_BYTES)
        ]
        del self._waiting[:whole]
        self._sent_bytes += whole
        if len(frames) > BURST_FRAMES:
            self._settled_s = now_s + GAP_S
        if not self.is_ended:
            return frames, False
        return frames, now_s >= self._settled_s
