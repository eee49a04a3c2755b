"""Frames on a serial line: COBS stuffing, a CRC, a zero byte at each end. Pure.

A frame's body is 2 to 64 bytes (`messages` says what they mean). On the line stand a zero byte, the
stuffed body with its CRC, and a zero byte again; any zero byte begins anew, so that whatever was
damaged costs no more than the frame it hit. The CRC is CRC-16/IBM-3740 (polynomial 0x1021, begins
with 0xFFFF, nothing reflected, nothing inverted; of "123456789" it is 0x29B1), its low byte first.
"""

from __future__ import annotations

import binascii
from enum import IntEnum

LEAST_BODY = 2
"""Type and sequence number."""

MOST_BODY = 64
"""Small enough for any controller's memory, and one code byte is all the stuffing there is."""

CRC_BYTES = 2

MOST_STUFFED = MOST_BODY + CRC_BYTES + 1

DELIMITER = b"\0"


class Verdict(IntEnum):
    """What became of a frame; the firmware counts with the same numbers."""

    GOOD = 0
    TOO_LONG = 1
    """More bytes between two zero bytes than any frame has."""
    BAD_STUFFING = 2
    """A code byte points beyond the end."""
    TOO_SHORT = 3
    BAD_CRC = 4
    UNKNOWN_TYPE = 5
    BAD_LENGTH = 6
    """Not the length that its type has."""
    BAD_VALUE = 7
    """A field is outside its limits."""
    OTHER_PROTOCOL = 8
    """A greeting in another version of the protocol."""


def crc16(data: bytes) -> int:
    """Return the CRC-16/IBM-3740 of `data`."""
    return binascii.crc_hqx(data, 0xFFFF)


def stuff(data: bytes) -> bytes:
    """Return up to 253 bytes without a zero among them."""
    return b"".join(bytes((len(part) + 1,)) + part for part in data.split(DELIMITER))


def unstuff(stuffed: bytes) -> bytes | None:
    """Return what was stuffed, up to 253 bytes; None if no `stuff` can have made it."""
    plain = bytearray(stuffed)
    at, size = 0, len(stuffed)
    while at < size:
        code = stuffed[at]
        plain[at] = 0
        at += code
    return bytes(plain[1:]) if at == size else None


def frame(body: bytes) -> bytes:
    """Return a body as it goes over the line.

    Raises:
        ValueError: it is shorter or longer than a body may be.
    """
    if not LEAST_BODY <= len(body) <= MOST_BODY:
        raise ValueError(f"a body has {LEAST_BODY} to {MOST_BODY} bytes, not {len(body)}")
    return DELIMITER + stuff(body + crc16(body).to_bytes(CRC_BYTES, "little")) + DELIMITER


def open_piece(piece: bytes) -> bytes | Verdict:
    """Return the body in what stood between two zero bytes, or why there is none."""
    if len(piece) > MOST_STUFFED:
        return Verdict.TOO_LONG
    plain = unstuff(piece)
    if plain is None:
        return Verdict.BAD_STUFFING
    if len(plain) < LEAST_BODY + CRC_BYTES:
        return Verdict.TOO_SHORT
    body = plain[:-CRC_BYTES]
    if crc16(body) != plain[-2] | plain[-1] << 8:
        return Verdict.BAD_CRC
    return body


class FrameReader:
    """Cuts a stream of bytes into bodies; keeps no more than one frame of it."""

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, data: bytes) -> list[bytes | Verdict]:
        """Take the next bytes; return the body, or what was wrong, of each frame that ended."""
        pieces = (self._begun + data).split(DELIMITER)
        # One byte more than there may be: enough to know that it is too long.
        self._begun = pieces.pop()[: MOST_STUFFED + 1]
        return [open_piece(piece) for piece in pieces if piece]
