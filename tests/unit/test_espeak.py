"""What only espeak's own face promises; the rest is in the contract suite."""

from __future__ import annotations

import threading
from pathlib import Path

import espeakng_loader
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.engines.tts import espeak_library as library_module
from xtalk_edge.engines.tts.espeak import EspeakTTS, _word_frames
from xtalk_edge.engines.tts.espeak_library import EspeakLibrary, EspeakStyle, espeak_library
from xtalk_edge.engines.tts.pieces import CLAUSE_PAUSE_MS, SENTENCE_PAUSE_MS
from xtalk_edge.errors import ConfigError, EngineError


def words(voice: EspeakTTS, text: str) -> list[str]:
    chunks = voice.synthesize_marked(text)
    return [text[m.text_start : m.text_end] for chunk in chunks for m in chunk.marks]


def seconds(voice: EspeakTTS, text: str) -> float:
    return len(voice.synthesize(text)) / 2 / voice.sample_rate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world.", ["Hello,", "world."]),
        ("Café naïve tea", ["Café", "naïve", "tea"]),
        ("It costs €5.50 for 3 items", ["It", "costs", "€5.50", "for", "3", "items"]),
        ("1,234,567 people in 2024", ["1,234,567", "people", "in", "2024"]),
        ("o'clock isn't  far", ["o'clock", "isn't", "far"]),
        ("😀 Hello 👍🏽 world", ["Hello", "world"]),
        ("a\0b", ["a", "b"]),
        ("日本 tea", ["日", "tea"]),
    ],
)
def test_words_are_marked_where_the_text_has_them(text: str, expected: list[str]) -> None:
    assert words(EspeakTTS(), text) == expected


def test_a_language_without_blanks_is_marked_sign_by_sign() -> None:
    assert words(EspeakTTS("cmn"), "今天天气很好，我们去公园。")[:3] == ["今", "天", "天"]


@pytest.mark.slow
def test_a_long_text_is_marked_to_its_end() -> None:
    text = "Please wait a moment, then try once more. " * 30
    assert words(EspeakTTS(), text) == text.split()


def test_pauses_are_short_and_follow_the_punctuation() -> None:
    voice = EspeakTTS()
    pause = (SENTENCE_PAUSE_MS - CLAUSE_PAUSE_MS) / 1000
    assert seconds(voice, "Hello there.") - seconds(voice, "Hello there,") == pytest.approx(
        pause, abs=0.03
    )
    for text in ("Yes.", 'He said "yes."', "Really?!"):
        pcm = voice.synthesize(text)
        silent = bytes(2 * (voice.sample_rate * SENTENCE_PAUSE_MS // 1000))
        assert pcm.endswith(silent)


def test_speed_pitch_and_volume_matter() -> None:
    text = "This is a somewhat longer sentence."
    plain = EspeakTTS()
    assert seconds(EspeakTTS(speed_wpm=330), text) < 0.7 * seconds(plain, text)
    assert EspeakTTS(pitch=90).synthesize(text) != plain.synthesize(text)
    assert set(EspeakTTS(volume=0).synthesize(text)) == {0}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"voice": "elvish"}, "no voice 'elvish'"),
        ({"voice": "en-us+nobody"}, "no voice"),
        ({"voice": "../../etc/passwd"}, "no voice"),
        ({"voice": ""}, "no voice"),
        ({"speed_wpm": 79}, r"tts\.speed_wpm: must be from 80 to 450"),
        ({"pitch": 100}, r"tts\.pitch"),
        ({"volume": -1}, r"tts\.volume"),
    ],
)
def test_settings_out_of_range_are_refused(params: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EspeakTTS(**params)  # type: ignore[arg-type] # wrong on purpose


def test_voices_have_several_names() -> None:
    library = espeak_library()
    assert library.voice_named("en-gb") == "gmw/en"
    assert library.voice_named("EN_US+F3") == "gmw/en-US+f3"
    assert library.voice_named("English (America)") == "gmw/en-US"
    assert library.voice_named("en-us+f3+f4") is None
    assert "de" in library.languages()
    assert library is espeak_library()


def test_begun_anew_it_speaks_as_in_a_new_process() -> None:
    text = "It says the same again."
    old = EspeakTTS()
    first, second = old.synthesize(text), old.synthesize(text)
    assert first != second
    library_module.begin_anew()
    new = EspeakTTS()
    assert [new.synthesize(text), new.synthesize(text)] == [first, second]
    # Whoever spoke before goes on as if nothing had happened.
    assert words(old, text) == text.split()


def test_a_library_that_nobody_needs_is_unloaded() -> None:
    def loaded() -> int:
        lines = Path("/proc/self/maps").read_text().splitlines()
        return len({line.split()[-1] for line in lines if "libespeak-ng" in line and ".so" in line})

    def speak_anew() -> None:
        library_module.begin_anew()
        assert EspeakTTS().synthesize("hello")

    speak_anew()
    before = loaded()
    for _ in range(5):
        speak_anew()
    assert loaded() == before


def test_every_voice_named_can_be_set() -> None:
    library = espeak_library()
    for name in library.languages():
        known = library.voice_named(name)
        assert known is not None
        library.speak("", EspeakStyle(known, 165, 50, 100))


def test_the_first_known_voice_is_taken_and_cloned() -> None:
    voice = EspeakTTS(speed_wpm=300)
    voice.set_voice(["nobody", "en-gb+f3", "de"])
    assert voice.clone()._style == EspeakStyle("gmw/en+f3", 300, 50, 100)


@pytest.mark.parametrize("voice", ["en-us", "en-gb+f3", "en-gb+m7", "de"])
def test_the_voice_in_use_is_named_first_and_each_can_be_chosen(voice: str) -> None:
    tts = EspeakTTS(voice)
    before = tts.synthesize("hello")
    named = tts.voices()
    for name in reversed(named.values()):
        tts.set_voice([name])
        assert EspeakTTS(name).voices().keys() <= {*named, "usual"}
    assert len(set(named.values())) == len(named) >= 2
    assert len(tts.synthesize("hello")) == pytest.approx(len(before), rel=0.1)


def test_speed_is_relative_to_the_settings_and_bounded() -> None:
    text = "The quick brown fox jumps over the lazy dog."
    tts = EspeakTTS(speed_wpm=200)
    usual_s = seconds(tts, text)
    assert tts.set_speed(1.7)
    assert seconds(tts, text) < 0.75 * usual_s
    assert seconds(tts.clone(), text) < 0.75 * usual_s
    assert tts.set_speed(0.01)
    assert seconds(tts, text) > 1.5 * usual_s
    assert tts.set_speed(100.0)
    assert tts.set_speed(1.0)
    assert seconds(tts, text) == pytest.approx(usual_s, rel=0.1)


def test_the_library_refusing_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="choose another voice"):
        espeak_library().speak("x", EspeakStyle("no/such", 165, 50, 100))


def test_missing_data_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def __getattr__(self, name: str) -> object:
            return lambda *_: -1

    monkeypatch.setattr(library_module, "_declared", lambda c: Silent())
    with pytest.raises(EngineError, match="pip install --force-reinstall espeakng-loader"):
        EspeakLibrary(Path(espeakng_loader.get_library_path()))


def test_four_threads_speak_at_once() -> None:
    expected = {name: seconds(EspeakTTS(name), "One two three.") for name in ("en-us", "de")}
    wrong: list[str] = []

    def speak(name: str) -> None:
        voice = EspeakTTS(name)
        for _ in range(10):
            if abs(seconds(voice, "One two three.") - expected[name]) > 0.02:
                wrong.append(name)

    threads = [threading.Thread(target=speak, args=(name,)) for name in ("en-us", "de") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@given(st.text(alphabet=" .ab1", max_size=60), st.lists(st.integers(-3, 70), max_size=20))
@pytest.mark.slow
def test_word_frames_go_forward_whatever_the_library_reports(
    text: str, positions: list[int]
) -> None:
    begun = [(position, 10 * i) for i, position in enumerate(positions)]
    at = frame_at = 0
    for start, end, frame in _word_frames(text, begun):
        assert at <= start < end <= len(text)
        assert frame >= frame_at
        assert not text[start:end].isspace()
        at, frame_at = end, frame


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
@pytest.mark.slow
def test_no_text_hurts(text: str) -> None:
    for chunk in EspeakTTS().synthesize_marked(text):
        assert len(chunk.pcm) % 2 == 0
