import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.format import to_int16
from xtalk_edge.audio.resample import DriftResampler, Resampler, convert

PAIRS = [
    (48000, 16000),
    (44100, 16000),
    (32000, 16000),
    (22050, 48000),
    (24000, 44100),
    (16000, 48000),
    (16000, 44100),
    (8000, 16000),
    (16000, 16000),
]
any_pair = st.sampled_from(PAIRS)
any_rate = st.sampled_from([4000, 8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])


def tone(hz, rate_hz, frames, amplitude=20000):
    return to_int16(amplitude * np.sin(2 * np.pi * hz * np.arange(frames) / rate_hz))


def fit_tone(samples, hz, rate_hz):
    """Return amplitude, phase and everything-else ratio in dB of a tone in `samples`."""
    t = 2 * np.pi * hz * np.arange(len(samples)) / rate_hz
    basis = np.stack([np.sin(t), np.cos(t), np.ones(len(t))], 1)
    weights = np.linalg.lstsq(basis, samples.astype(float), rcond=None)[0]
    rest = samples - basis @ weights
    amplitude = np.hypot(weights[0], weights[1])
    sinad_db = 10 * np.log10(amplitude**2 / 2 / np.mean(rest**2))
    return amplitude, np.arctan2(weights[1], weights[0]), sinad_db


@pytest.mark.parametrize("pair", [(0, 16000), (16000, 0), (-1, 8000)])
def test_rates_must_be_above_zero(pair):
    with pytest.raises(ValueError, match="above 0"):
        Resampler(*pair)


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_tone_stays_clean_in_place_and_at_level(from_hz, to_hz):
    out = convert(tone(1000, from_hz, from_hz // 2), from_hz, to_hz)[400:-400]
    amplitude, phase, sinad_db = fit_tone(out, 1000, to_hz)
    expected = 2 * np.pi * 1000 * 400 / to_hz
    assert sinad_db > 80
    assert 20 * np.log10(amplitude / 20000) == pytest.approx(0, abs=0.1)
    assert np.angle(np.exp(1j * (phase - expected))) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("from_hz", "hz"),
    [(48000, 8500), (48000, 9500), (48000, 13000), (44100, 9000), (32000, 12000)],
)
def test_what_the_lower_rate_cannot_hold_is_rejected(from_hz, hz):
    out = convert(tone(hz, from_hz, from_hz // 4), from_hz, 16000)[200:-200]
    assert 20 * np.log10(np.sqrt(2 * np.mean(out.astype(float) ** 2)) / 20000 + 1e-9) < -70


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_the_delay_is_declared_and_short(from_hz, to_hz):
    resampler = Resampler(from_hz, to_hz)
    click = np.zeros(from_hz // 10, np.int16)
    click[0] = 30000
    assert np.abs(resampler.process(click)).argmax() == resampler.latency_frames
    assert resampler.latency_frames / to_hz <= 0.0031


@settings(max_examples=30, deadline=None)
@given(any_pair, st.lists(st.integers(0, 700), max_size=12), st.integers(0, 2**32))
@pytest.mark.slow
def test_how_sound_is_cut_never_changes_the_output(pair, sizes, seed):
    random = np.random.default_rng(seed)
    sound = random.integers(-32768, 32768, sum(sizes)).astype(np.int16)
    pieces = np.split(sound, np.cumsum(sizes)[:-1]) if sizes else []
    cut, whole = Resampler(*pair), Resampler(*pair)
    out = [cut.process(piece) for piece in pieces] + [cut.flush()]
    assert np.array_equal(np.concatenate(out), np.append(whole.process(sound), whole.flush()))


@settings(max_examples=30, deadline=None)
@given(any_rate, any_rate, st.integers(0, 3000))
@pytest.mark.slow
def test_lengths_follow_the_rates(from_hz, to_hz, frames):
    resampler = Resampler(from_hz, to_hz)
    sound = np.ones(frames, np.int16)
    out = len(resampler.process(sound))
    assert 0 <= out - frames * to_hz / from_hz < 1
    assert len(resampler.flush()) == resampler.latency_frames
    assert len(convert(sound, from_hz, to_hz)) == round(frames * to_hz / from_hz)


@settings(max_examples=20, deadline=None)
@given(any_pair, st.integers(-30000, 30000))
def test_a_constant_stays_itself(pair, level):
    out = convert(np.full(2000, level, np.int16), *pair)
    assert np.abs(out[200:-200].astype(int) - level).max() <= 1


def test_the_same_rate_passes_through():
    sound = np.arange(-50, 50, dtype=np.int16)
    resampler = Resampler(16000, 16000)
    assert resampler.latency_frames == 0
    assert resampler.process(sound) is sound
    assert len(resampler.flush()) == 0


@pytest.mark.parametrize("end", [Resampler.reset, Resampler.flush])
def test_a_new_stream_remembers_nothing(end):
    sound = tone(440, 44100, 3000)
    resampler = Resampler(44100, 16000)
    first = resampler.process(sound)
    end(resampler)
    assert np.array_equal(resampler.process(sound), first)


def test_rates_without_a_common_factor_work_without_a_table():
    out = convert(tone(1000, 47999, 12000), 47999, 16000)[200:-200]
    assert fit_tone(out, 1000, 16000)[2] > 80


def test_full_scale_clips_instead_of_wrapping():
    square = np.repeat(np.array([32767, -32768] * 20, np.int16), 30)
    out = convert(square, 48000, 16000)
    assert out.max() == 32767
    assert out.min() == -32768


@settings(max_examples=20, deadline=None)
@given(st.floats(-500, 500), st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_drift_stretches_by_what_was_told_however_it_is_cut(stretch_ppm, sizes):
    resampler = DriftResampler(stretch_ppm)
    out = sum(len(resampler.process(np.zeros(size, np.int16))) for size in sizes)
    assert out == pytest.approx(sum(sizes) * (1 + stretch_ppm * 1e-6), abs=1.01)


@pytest.mark.parametrize("stretch_ppm", [-200, 0, 150])
def test_a_drifting_tone_stays_clean_and_moves(stretch_ppm):
    resampler = DriftResampler(stretch_ppm)
    sound = tone(1000, 16000, 32000)
    out = np.concatenate([resampler.process(sound[i : i + 160]) for i in range(0, 32000, 160)])
    hz = 1000 / (1 + stretch_ppm * 1e-6)
    _, phase, sinad_db = fit_tone(out[100:-100], hz, 16000)
    expected = 2 * np.pi * hz * (100 - resampler.latency_frames * (1 + stretch_ppm * 1e-6)) / 16000
    assert sinad_db > 80
    assert np.angle(np.exp(1j * (phase - expected))) == pytest.approx(0, abs=1e-2)


def test_without_stretch_sound_is_only_delayed():
    resampler = DriftResampler()
    sound = tone(300, 16000, 800)
    out = resampler.process(sound)
    assert len(out) == 800
    latency = resampler.latency_frames
    assert np.abs(out[100:].astype(int) - sound[100 - latency : -latency]).max() <= 2
