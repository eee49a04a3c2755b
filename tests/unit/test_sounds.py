import numpy as np

from xtalk_edge.audio.format import Sound
from xtalk_edge.audio.sounds import MOST_KEPT, SoundShelf

BEEP = Sound(np.ones(10, np.int16), 8000)


def test_what_is_kept_is_taken_once():
    shelf = SoundShelf()
    name = shelf.keep(BEEP)
    assert shelf.take(name) is BEEP
    assert shelf.take(name) is None


def test_chimes_are_always_there():
    shelf = SoundShelf()
    for _ in range(2):
        found = shelf.take("alarm")
        assert isinstance(found, Sound) and len(found.samples)


def test_what_nobody_takes_is_forgotten_in_time():
    shelf = SoundShelf()
    first, *others = [shelf.keep(BEEP) for _ in range(MOST_KEPT + 1)]
    assert shelf.take(first) is None
    assert all(shelf.take(name) is BEEP for name in others)
