import errno
import math
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.audio.format import (
    SILENCE_DB,
    db_to_gain,
    gain_to_db,
    level_db,
    pcm_to_samples,
    samples_to_pcm,
)
from xtalk_edge.audio.sound_file import WavWriter, read_sound, write_wav
from xtalk_edge.errors import DeviceError

int16s = st.lists(st.integers(-32768, 32767), max_size=200).map(lambda v: np.array(v, np.int16))


def sine(rate_hz, seconds=0.2, amplitude=12000):
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    return np.rint(amplitude * np.sin(2 * np.pi * 440 * t)).astype(np.int16)


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def riff(tag, channels, rate_hz, bits, data, claimed=None):
    """A WAV by hand, so that headers can be wrong."""
    block = channels * bits // 8
    fmt = struct.pack(
        "<HHIIHH", tag, channels, rate_hz & 0xFFFFFFFF, rate_hz * block & 0xFFFFFFFF, block, bits
    )
    size = len(data) if claimed is None else claimed
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@given(int16s)
def test_samples_and_bytes_are_the_same_thing(samples):
    pcm = samples_to_pcm(samples)
    assert len(pcm) == 2 * len(samples)
    assert np.array_equal(pcm_to_samples(pcm), samples)
    assert np.array_equal(pcm_to_samples(pcm + b"\x01"), samples)


def test_bytes_are_little_endian_and_the_samples_can_be_changed():
    samples = pcm_to_samples(b"\x01\x02\xff\xff")
    assert samples.tolist() == [0x0201, -1]
    samples[0] = 0


@given(st.floats(-100, 40))
def test_decibels_go_there_and_back(db):
    assert gain_to_db(db_to_gain(db)) == pytest.approx(db)


def test_levels_have_a_floor():
    assert gain_to_db(0) == SILENCE_DB
    assert gain_to_db(1e-9) == SILENCE_DB
    assert level_db(np.empty(0, np.int16)) == SILENCE_DB
    assert level_db(np.zeros(9, np.int16)) == SILENCE_DB
    assert level_db(np.full(9, -32768, np.int16)) == 0
    assert level_db(sine(16000, 1.0)) == pytest.approx(
        20 * math.log10(12000 / 32768 / math.sqrt(2)), abs=0.01
    )


@pytest.mark.parametrize("rate_hz", [4000, 8000, 16000, 22050, 44100, 192000])
@pytest.mark.parametrize("channels", [1, 2, 4])
@pytest.mark.parametrize(
    ("container", "subtype", "error"),
    [
        ("WAV", "PCM_U8", 256),
        ("WAV", "PCM_16", 0),
        ("WAV", "PCM_24", 0),
        ("WAV", "PCM_32", 0),
        ("WAV", "FLOAT", 0),
        ("WAVEX", "PCM_16", 0),
        ("WAVEX", "FLOAT", 0),
        ("FLAC", "PCM_16", 0),
    ],
)
def test_any_wav_becomes_int16_mono(tmp_path, rate_hz, channels, container, subtype, error):
    sound = sine(rate_hz)
    path = tmp_path / "in.wav"
    frames = np.stack([sound] * channels, 1)
    frames = frames / 32768 if subtype == "FLOAT" else frames
    soundfile.write(path, frames, rate_hz, subtype=subtype, format=container)
    got = read_sound(path)
    assert got.rate_hz == rate_hz
    assert got.seconds == pytest.approx(0.2, abs=1 / rate_hz)
    assert np.abs(got.samples.astype(int) - sound).max() <= error


def test_reading_converts_to_the_wanted_rate_across_pieces(tmp_path):
    write_wav(tmp_path / "in.wav", sine(44100, 4.0), 44100)
    got = read_sound(tmp_path / "in.wav", 16000)
    assert got.rate_hz == 16000
    assert len(got.samples) == 64000
    wanted = sine(16000, 4.0)
    assert np.abs(got.samples[100:-100].astype(int) - wanted[100:-100]).max() < 150


def test_one_frame_survives_conversion(tmp_path):
    write_wav(tmp_path / "in.wav", np.ones(1, np.int16), 48000)
    assert len(read_sound(tmp_path / "in.wav", 16000).samples) == 1


def test_floats_that_are_too_loud_or_no_numbers_are_clipped(tmp_path):
    path = tmp_path / "in.wav"
    values = np.array([2.0, -2.0, math.inf, -math.inf, math.nan], np.float32)
    soundfile.write(path, values, 16000, subtype="FLOAT")
    assert read_sound(path).samples.tolist() == [32767, -32768, 32767, -32768, 0]


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "in.wav"
    path.write_bytes(riff(1, 1, 16000, 16, samples_to_pcm(sine(16000))[:501], claimed=6400))
    assert np.array_equal(read_sound(path).samples, sine(16000)[:250])


def test_damage_behind_good_sound_ends_it(tmp_path, caplog):
    path = tmp_path / "in.flac"
    noise = np.random.default_rng(0).integers(-9999, 9999, 300000).astype(np.int16)
    soundfile.write(path, noise, 16000)
    flac = bytearray(path.read_bytes())
    flac[400_000:] = b"\xaa" * 50
    path.write_bytes(flac)
    got = read_sound(path).samples
    assert 100_000 < len(got) <= len(noise)
    assert np.array_equal(got[:100_000], noise[:100_000])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a sound file"),
        (b"RIFF", "not a sound file"),
        (b"this is not sound at all" * 9, "not a sound file"),
        (riff(1, 1, 16000, 16, b"")[:30], "damaged"),
        (riff(1, 1, 16000, 16, b""), "holds no sound"),
        (riff(1, 1, 16000, 16, b"\1"), "holds no sound"),
        (riff(1, 1, 1000, 16, bytes(99)), "claims 1000 samples a second"),
        (riff(1, 1, 10**6, 16, bytes(99)), "claims 1000000 samples a second"),
        (riff(1, 0, 16000, 16, bytes(99)), "damaged"),
        (riff(77, 1, 16000, 16, bytes(99)), "damaged"),
    ],
)
def test_what_is_no_sound_is_said_in_a_sentence(tmp_path, content, says):
    path = tmp_path / "in.wav"
    path.write_bytes(content)
    with pytest.raises(DeviceError, match=says) as caught:
        read_sound(path)
    assert str(path) in str(caught.value)


def test_damaged_sound_is_empty_sound(tmp_path, monkeypatch, caplog):
    path = tmp_path / "in.wav"
    write_wav(path, sine(16000), 16000)

    def fail(*args, **kwargs):
        raise soundfile.LibsndfileError(3)

    monkeypatch.setattr(soundfile.SoundFile, "read", fail)
    with pytest.raises(DeviceError, match="holds no sound"):
        read_sound(path)
    assert "damaged" in caplog.text


def test_what_cannot_be_opened_is_said_in_a_sentence(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, says in [
        (tmp_path / "none.wav", "no such file"),
        (tmp_path, "folder"),
        (tmp_path / "pipe", "regular file"),
        (tmp_path / "\0.wav", "not a file name"),
        (tmp_path / ("x" * 300), "File name too long"),
    ]:
        with pytest.raises(DeviceError, match=says):
            read_sound(path)


def test_a_raw_file_is_asked_for_no_format(tmp_path):
    (tmp_path / "in.raw").write_bytes(bytes(100))
    with pytest.raises(DeviceError, match="not a sound file"):
        read_sound(tmp_path / "in.raw")


def test_a_refused_file_leaves_no_descriptor_open(tmp_path):
    (tmp_path / "in.wav").write_bytes(b"junk" * 20)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(DeviceError):
            read_sound(tmp_path / "in.wav")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@given(left=int16s)
def test_written_sound_is_read_back(tmp_path_factory, left):
    path = tmp_path_factory.mktemp("wav") / "out.wav"
    write_wav(path, left, 16000)
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], left)
    both = np.stack([left, left[::-1]], 1)
    write_wav(path, both, 22050)
    stereo, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    assert np.array_equal(stereo, both)
    assert rate_hz == 22050
    assert names_in(path.parent) == ["out.wav"]


def test_a_file_appears_only_when_complete(tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(b"old")
    writer = WavWriter(path, 16000)
    writer.write(sine(16000))
    assert path.read_bytes() == b"old"
    writer.close()
    writer.close()
    writer.abort()
    assert np.array_equal(read_sound(path).samples, sine(16000))
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_error_leaves_no_file(tmp_path):
    with pytest.raises(KeyboardInterrupt), WavWriter(tmp_path / "out.wav", 16000) as writer:
        writer.write(sine(16000))
        raise KeyboardInterrupt
    assert names_in(tmp_path) == []


def test_where_nothing_can_be_written_is_said_in_a_sentence(tmp_path):
    with pytest.raises(DeviceError, match="cannot be written"):
        write_wav(tmp_path / "none" / "out.wav", sine(16000), 16000)
    (tmp_path / "out.wav").mkdir()
    with pytest.raises(DeviceError, match="cannot be written"):
        write_wav(tmp_path / "out.wav", sine(16000), 16000)
    assert names_in(tmp_path) == ["out.wav"]


def test_a_full_disk_is_said_in_a_sentence(tmp_path, monkeypatch):
    writer = WavWriter(tmp_path / "out.wav", 16000)

    def fail(data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer._wave, "writeframesraw", fail)
    with pytest.raises(DeviceError, match="No space left"):
        writer.write(sine(16000))
    assert names_in(tmp_path) == []
