"""Every wake word spotter keeps its promises."""

from __future__ import annotations

import pytest

from tests.contract import sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import WakeWord

pytestmark = pytest.mark.parametrize("name", registry.names("wake"))


def make(name: str, **params: object) -> WakeWord:
    spotter = registry.create("wake", name, params)
    assert isinstance(spotter, WakeWord)
    return spotter


def padded(speech: bytes) -> bytes:
    return sound.silence(1.0) + speech + sound.silence(1.0)


def hits(spotter: WakeWord, pieces: list[bytes]) -> list[float]:
    return [p for piece in pieces if (p := spotter.detect(piece)) is not None]


def test_it_says_what_to_say(name: str) -> None:
    assert make(name).phrase.split()


def test_no_sound_but_the_phrase_wakes_it(name: str) -> None:
    spotter = make(name)
    for audio in sound.hard_sounds().values():
        assert hits(spotter, sound.cut_unevenly(audio)) == []
    assert hits(spotter, sound.cut(sound.recording("vad/silero_test.wav"), 320)) == []


def test_a_spoken_phrase_counts_once_however_it_is_cut(name: str) -> None:
    spotter = make(name, phrase="hey mycroft")
    audio = padded(sound.recording("wake/hey_mycroft/wyoming.wav"))
    for pieces in ([audio], sound.cut(audio, 320), sound.cut_unevenly(audio)):
        spotter.reset()
        found = hits(spotter, pieces)
        assert len(found) == 1
        assert 0.5 < found[0] <= 1.0


def test_a_phrase_spoken_twice_counts_twice(name: str) -> None:
    spotter = make(name, phrase="hey mycroft")
    audio = padded(sound.recording("wake/hey_mycroft/wyoming.wav")) * 2
    assert len(hits(spotter, sound.cut(audio, 320))) == 2


def test_reset_forgets_the_first_half(name: str) -> None:
    spotter = make(name, phrase="hey mycroft")
    audio = padded(sound.recording("wake/hey_mycroft/wyoming.wav"))
    expected = hits(spotter, sound.cut(audio, 320))
    spotter.reset()
    spotter.detect(audio[: len(audio) // 4 * 2])
    spotter.reset()
    assert hits(spotter, sound.cut(audio, 320)) == expected


@pytest.mark.parametrize("phrase", ["alexa", "hey jarvis", "hey mycroft", "okay nabu"])
def test_people_are_understood(name: str, phrase: str) -> None:
    spotter = make(name, phrase=phrase)
    assert spotter.phrase == phrase
    folder = f"wake/{phrase.replace(' ', '_')}/"
    spoken = [e["file"] for e in sound.catalogue() if e["file"].startswith(folder)]
    found = 0
    for file in spoken:
        spotter.reset()
        found += bool(hits(spotter, sound.cut(padded(sound.recording(file)), 320)))
    assert found >= 0.6 * len(spoken)
