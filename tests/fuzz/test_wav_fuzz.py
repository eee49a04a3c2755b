"""Whatever a file holds, reading it gives sound or a DeviceError, and never anything else."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.sound_file import read_sound, write_wav
from xtalk_edge.errors import DeviceError

numbers = st.integers(0, 0xFFFF) | st.sampled_from([0, 1, 2, 3, 8, 16, 24, 32, 0xFFFE])
longs = st.integers(0, 0xFFFFFFFF) | st.sampled_from([0, 1, 8000, 16000, 48000, 0xFFFFFFFF])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "in.wav"


@pytest.fixture(scope="module")
def good(path):
    write_wav(path, np.arange(-400, 400, dtype=np.int16), 16000)
    return path.read_bytes()


def read(path, content):
    path.write_bytes(content)
    with contextlib.suppress(DeviceError):
        sound = read_sound(path, 16000)
        assert sound.samples.dtype == np.int16
        assert sound.samples.ndim == 1
        assert len(sound.samples) > 0


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
@example(b"")
def test_any_bytes(path, content):
    read(path, content)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_good_file_with_bytes_changed_cut_or_added(path, good, data):
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    read(path, bytes(content[: data.draw(st.integers(0, len(content)))]) + data.draw(st.binary()))


@settings(max_examples=300, deadline=None)
@given(numbers, numbers, longs, longs, numbers, numbers, longs, st.binary(max_size=300))
def test_headers_of_nonsense(path, tag, channels, rate_hz, per_s, block, bits, size, data):
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, per_s, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", size) + data
    read(path, b"RIFF" + struct.pack("<I", len(body)) + body)
