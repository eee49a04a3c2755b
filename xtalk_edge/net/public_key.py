"""The public key in a certificate, by which a server is known although its certificate is renewed.

Reads as much of a certificate (RFC 5280, in DER) as leads to the key, and no more (pure).
"""

from __future__ import annotations

_SEQUENCE = 0x30
_VERSION = 0xA0
"""[0], which certificates of version 1 lack."""

_BEFORE_KEY = 5
"""Serial number, signature algorithm, issuer, validity, subject."""

LONGEST_LENGTH_BYTES = 3
"""Certificates are a few kilobytes; four bytes would be gigabytes."""


def public_key_of(certificate: bytes) -> bytes:
    """Return a certificate's SubjectPublicKeyInfo, both in DER.

    Raises:
        ValueError: it is no certificate.
    """
    start, end, _ = _element(certificate, 0, len(certificate), _SEQUENCE)
    at, end, _ = _element(certificate, start, end, _SEQUENCE)
    if at < end and certificate[at] == _VERSION:
        _, _, at = _element(certificate, at, end)
    for _ in range(_BEFORE_KEY):
        _, _, at = _element(certificate, at, end)
    _, _, after = _element(certificate, at, end, _SEQUENCE)
    return certificate[at:after]


def _element(data: bytes, at: int, end: int, tag: int | None = None) -> tuple[int, int, int]:
    """Return where the content of the element at `at` begins and ends, and where the next begins.

    Raises:
        ValueError: there is none, it has another tag, or it is longer than what it stands in.
    """
    if at + 2 > end or (tag is not None and data[at] != tag):
        raise ValueError("it is no certificate")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        n_bytes = length & 0x7F
        if not 1 <= n_bytes <= LONGEST_LENGTH_BYTES or start + n_bytes > end:
            raise ValueError("it is no certificate")
        length, start = int.from_bytes(data[start : start + n_bytes]), start + n_bytes
    if start + length > end:
        raise ValueError("it is no certificate")
    return start, start + length, start + length
