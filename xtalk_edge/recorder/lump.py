"""A few seconds of sound and events as bytes, and back: what was torn is known by a checksum. Pure.

All sound is 16 kHz mono int16 under one absolute sample index, as in the rings it comes from.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples, samples_to_pcm

MAGIC = b"XTKLUMP1"
_HEAD = struct.Struct("<8sIIII")
"""Magic, checksum of all that follows, bytes of facts, bytes of events, samples of each sound."""

_CHECKED_FROM = 12
"""The checksum covers the sizes behind it too."""

NOTHING: Samples = np.empty(0, np.int16)


@dataclass(frozen=True, slots=True)
class Card:
    """What a replay must know of the card that heard it."""

    name: str = ""
    rate_hz: int = RATE_HZ
    block_frames: int = RATE_HZ // 100
    latency_s: float = 0.0

    def as_table(self) -> dict[str, Any]:
        """Return it as JSON may hold it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Lump:
    """A stretch of what was captured, cleaned and played, and the events published meanwhile."""

    at_sample: int
    """Index of the first sample."""
    at_s: float
    """Monotonic time at which it was at the microphone."""
    wall: str
    """The same by the owner's clock, in ISO 8601."""
    virtual: bool
    """Whether both clocks were virtual."""
    card: Card = Card()
    raw: Samples = field(default_factory=NOTHING.copy)
    clean: Samples = field(default_factory=NOTHING.copy)
    far: Samples = field(default_factory=NOTHING.copy)
    lines: tuple[str, ...] = ()
    """Events, a JSON object each, in order."""

    @property
    def end(self) -> int:
        """Index after the last sample."""
        return self.at_sample + len(self.raw)


def pack(lump: Lump) -> bytes:
    """Return a lump as bytes."""
    facts = json.dumps(
        {
            "at_sample": lump.at_sample,
            "at_s": lump.at_s,
            "wall": lump.wall,
            "virtual": lump.virtual,
            "card": lump.card.as_table(),
        }
    ).encode()
    events = "\n".join(lump.lines).encode(errors="replace")
    sounds = [samples_to_pcm(each) for each in (lump.raw, lump.clean, lump.far)]
    sizes = struct.pack("<III", len(facts), len(events), len(lump.raw))
    body = b"".join((sizes, facts, events, *sounds))
    return MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def unpack(content: bytes) -> Lump | None:
    """Return what bytes hold; None where they are no whole lump."""
    if len(content) < _HEAD.size:
        return None
    magic, checksum, facts_bytes, events_bytes, samples = _HEAD.unpack_from(content)
    if magic != MAGIC or zlib.crc32(content[_CHECKED_FROM:]) != checksum:
        return None
    events_at = _HEAD.size + facts_bytes
    sound_at = events_at + events_bytes
    size = 2 * samples
    if len(content) != sound_at + 3 * size:
        return None
    facts = json.loads(content[_HEAD.size : events_at])
    card = Card(**facts.pop("card"))
    text = content[events_at:sound_at].decode(errors="replace")
    raw, clean, far = (
        pcm_to_samples(content[start : start + size])
        for start in range(sound_at, sound_at + 3 * size, size or 1)
    ) if samples else (NOTHING, NOTHING, NOTHING)  # fmt: skip
    return Lump(
        **facts, card=card, raw=raw, clean=clean, far=far,
        lines=tuple(text.split("\n")) if text else (),
    )  # fmt: skip
