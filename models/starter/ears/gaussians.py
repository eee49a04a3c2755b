"""Reads and writes the files of PocketSphinx's English model that say how sounds sound.

A sound is one of 42 phones; its 128 Gaussians a stream (cepstra, slopes, curvatures: 13 numbers
each) are shared by all its states, which weigh them differently.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STREAMS, DENSITIES, WIDTH = 3, 128, 13
PHONES = 42
_ORDER = 0x11223344
_END = b"endhdr\n"
_CHECKSUM = b"chksum0 yes\n"
# Weights are stored as logarithms to this base, negated, in a byte.
_WEIGHT_BASE = 1.0001**1024


@dataclass(frozen=True, slots=True)
class GaussianFile:
    """Means or variances."""

    header: bytes
    values: Floats
    """Phones x streams x densities x 13."""


def read_gaussians(path: Path) -> GaussianFile:
    """Read a file of means or variances; raises ValueError if it is no such file."""
    data = path.read_bytes()
    text_end = data.index(_END) + len(_END)
    order, *shape = struct.unpack_from("<4i", data, text_end)
    start = text_end + 16 + 4 * STREAMS + 4
    count = PHONES * STREAMS * DENSITIES * WIDTH
    if order != _ORDER or shape != [PHONES, STREAMS, DENSITIES]:
        raise ValueError(f"{path}: is no file of {PHONES} phones' Gaussians")
    values = np.frombuffer(data, "<f4", count, start)
    return GaussianFile(data[:start], values.reshape(PHONES, STREAMS, DENSITIES, WIDTH).copy())


def write_gaussians(path: Path, file: GaussianFile) -> None:
    """Write what `read_gaussians` reads, without a checksum."""
    header = file.header.replace(_CHECKSUM, b"")
    path.write_bytes(header + file.values.astype("<f4").tobytes())


def read_log_weights(path: Path) -> Floats:
    """Return each state's log weights from "sendump": streams x densities x states."""
    data = path.read_bytes()
    # The descriptive header is shorter than one weight for each state.
    states = len(data) // (STREAMS * DENSITIES)
    size = STREAMS * DENSITIES * (states - 1)
    stored = np.frombuffer(data, np.uint8, size, len(data) - size)
    weights: Floats = -stored.astype(np.float32) * np.float32(np.log(_WEIGHT_BASE))
    return weights.reshape(STREAMS, DENSITIES, states - 1)


def phone_names(path: Path) -> list[str]:
    """Return the phones in the order of the Gaussians, from "mdef"."""
    data = path.read_bytes()
    names = data[data.index(b"+NSN+\0") :].split(b"\0", PHONES)[:PHONES]
    return [name.decode("ascii") for name in names]
