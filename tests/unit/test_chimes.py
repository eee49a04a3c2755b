import numpy as np
import pytest

from xtalk_edge.audio.chimes import CHIME_RATE_HZ, CHIMES, PEAK, chime


@pytest.mark.parametrize("name", sorted(CHIMES - {"chirp"}))
def test_a_chime_is_loud_short_and_begins_and_ends_in_silence(name):
    sound = chime(name)
    assert sound.dtype == np.int16
    assert 1.0 < len(sound) / CHIME_RATE_HZ < 3.0
    assert abs(int(np.abs(sound).max()) - PEAK * 32767) < 2
    assert np.abs(sound[:3]).max() < 300
    assert np.abs(sound[-3:]).max() < 30


def test_a_chime_is_the_same_every_time_and_unlike_the_other():
    assert np.array_equal(chime("timer"), chime("timer"))
    assert len(chime("timer")) != len(chime("alarm"))


def test_the_chirp_has_all_of_speech_in_it_and_is_no_alarm():
    sound = chime("chirp").astype(float)
    assert 1.5 < len(sound) / CHIME_RATE_HZ < 2.5
    assert np.abs(sound).max() < 0.6 * PEAK * 32767
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / CHIME_RATE_HZ)
    octaves = [spectrum[(hz >= low) & (hz < 2 * low)].sum() for low in (300, 600, 1200, 2400)]
    assert min(octaves) > 0.5 * max(octaves)
