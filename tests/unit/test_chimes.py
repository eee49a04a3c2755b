import numpy as np
import pytest

from xtalk_edge.audio.chimes import CHIME_RATE_HZ, CHIMES, PEAK, chime


@pytest.mark.parametrize("name", sorted(CHIMES))
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
