"""xAI's voice against a server that does as it should, and against one that does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.fake_xai import MS_A_CHARACTER, FakeXAI, Fault
from xtalk_edge.engines.tts import xai_speaking
from xtalk_edge.engines.tts.xai import XAITTS
from xtalk_edge.errors import ConfigError, EngineLostError, UplinkError, UplinkLostError
from xtalk_edge.net.border import BORDER

Make = Callable[..., XAITTS]

TEXT = "Hello, world."
LONG = "One more word, please. " * 20


@pytest.fixture
def make(server: FakeXAI) -> Iterator[Make]:
    made: list[XAITTS] = []

    def make(**settings: object) -> XAITTS:
        settings = {"url": server.url("tts"), **settings}
        made.append(XAITTS(**settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be waited for longer than a moment."""
    for name in ("FIRST_SOUND_S", "NEXT_SOUND_S"):
        monkeypatch.setattr(xai_speaking, name, 0.15)


LATER = [("audio.delta", 1), ("audio.delta", 3), ("audio.done", 0)]


def pitch_hz(pcm: bytes, rate_hz: int) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate_hz / len(samples))


def frames(text: str, rate_hz: int) -> int:
    return rate_hz * MS_A_CHARACTER * len(text) // 1_000


# -- as it should be -----------------------------------------------------------------------------


def test_a_connection_is_there_before_the_first_text(server, make):
    tts = make()
    server.wait_for(lambda: len(server.seen) == 1)
    assert tts.synthesize(TEXT)
    assert len(server.seen) == 1


def test_it_asks_as_the_document_says(server, make):
    tts = make(voice="Leo", language="fr", optimize_streaming_latency=1, text_normalization=True)
    tts.synthesize("So [pause] <whisper>there</whisper> it was.")
    (seen,) = server.seen
    assert seen.path == "/v1/tts"
    assert seen.query == {
        "voice": "leo",
        "language": "fr",
        "codec": "pcm",
        "sample_rate": "24000",
        "optimize_streaming_latency": "1",
        "text_normalization": "true",
    }
    assert seen.received == [
        {"type": "text.delta", "delta": "So [pause] <whisper>there</whisper> it was."},
        {"type": "text.done"},
    ]


def test_one_text_after_another_goes_over_one_connection(server, make):
    tts = make()
    for text in (TEXT, "Yes.", TEXT):
        assert len(tts.synthesize(text)) == 2 * frames(text, 24_000)
    assert len(server.seen) == 1


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_every_rate_of_the_document_is_spoken(make, rate_hz):
    tts = make(sample_rate=rate_hz)
    assert tts.sample_rate == rate_hz
    assert len(tts.synthesize("Yes.")) == 2 * frames("Yes.", rate_hz)


def test_sound_comes_in_whole_samples_and_small_pieces(make):
    pieces = list(make().synthesize_stream(LONG))
    assert all(len(each) % 2 == 0 and len(each) <= 2 * 24_000 * 0.06 for each in pieces)
    assert len(b"".join(pieces)) == 2 * frames(LONG, 24_000)


def test_a_long_text_goes_in_parts_cut_at_blanks(server, make):
    text = "Word after [long-pause] word, and so on. " * 60
    make().synthesize(text)
    parts = [each["delta"] for each in server.seen[0].received if each["type"] == "text.delta"]
    assert "".join(parts) == text
    assert len(parts) == 3
    assert all("[long-pause]" in each and each.endswith(" ") for each in parts)


def test_what_cannot_be_spoken_is_not_sent(server, make):
    tts = make()
    assert tts.synthesize("... 😀") == b""
    server.wait_for(lambda: bool(server.seen))
    assert not server.seen[0].received


def test_a_voice_is_chosen_by_any_spelling_of_its_name(server, make):
    tts = make(voice="EVE")
    assert list(tts.voices().values()) == ["eve", "ara", "rex", "sal", "leo"]
    # The fake sings higher by the length of the name: there is none of another length here.
    tts.synthesize(TEXT)
    tts.set_voice(["nobody", "Rex"])
    assert next(iter(tts.voices())) == "Rex"
    assert pitch_hz(tts.synthesize(LONG), 24_000) == pytest.approx(260, abs=2)
    assert [each.query["voice"] for each in server.seen][-1] == "rex"
    # The one that was made for the voice before is of no use any more.
    server.wait_for(lambda: server.seen[0].closed.is_set())
    with pytest.raises(ValueError, match="nobody, noone"):
        tts.set_voice(["nobody", "noone"])


def test_it_has_one_speed_only(make):
    assert make().set_speed(1.5) is False


def test_a_clone_has_a_connection_of_its_own(server, make):
    tts = make()
    tts.synthesize(TEXT)
    other = tts.clone()
    other.set_voice(["ara"])
    assert other.synthesize(TEXT)
    other.close()
    assert next(iter(tts.voices())) == "Eve"
    assert tts.synthesize(TEXT)
    assert server.seen[0].kinds == ["text.delta", "text.done"] * 2


def test_what_is_sent_is_counted(make):
    make().synthesize("né né.")
    assert [(each.kind, each.n_bytes) for each in BORDER.take()] == [("text", 8)]


# -- late sound ----------------------------------------------------------------------------------


def test_nothing_of_a_text_that_was_stopped_is_heard_in_the_next(server, make):
    tts = make()
    expected = tts.synthesize("Yes.")
    for _ in range(3):
        speech = iter(tts.synthesize_stream(LONG * 20))
        assert len(list(itertools.islice(speech, 2))) == 2
        speech.close()
        assert tts.synthesize("Yes.") == expected
    # Each text that was stopped took its connection with it.
    server.wait_for(lambda: [each.closed.is_set() for each in server.seen[:3]] == [True] * 3)


def test_a_connection_on_which_something_was_left_over_is_not_used(server, make):
    # The end comes twice; the second would end the next text before it began.
    server.faults.append(Fault("audio.done", "twice"))
    tts = make()
    expected = tts.synthesize("Yes.")
    assert [tts.synthesize("Yes.") for _ in range(2)] == [expected] * 2
    assert len(server.seen) == 2


def test_an_end_that_comes_too_early_begins_the_text_anew(server, make):
    server.faults.append(Fault("audio.delta", "early"))
    assert make().synthesize("Yes.")
    assert len(server.seen) == 2


# -- as it should not be -------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["stall", "cut", "close", "error"])
@pytest.mark.usefixtures("quick")
def test_what_is_lost_before_its_first_sound_is_begun_anew(server, make, do):
    server.faults.append(Fault("audio.delta", do))
    assert len(make().synthesize(TEXT)) == 2 * frames(TEXT, 24_000)
    assert len(server.seen) >= 2


@pytest.mark.parametrize("do", ["stall", "cut", "close", "error"])
@pytest.mark.parametrize(
    ("at", "after"), [("audio.delta", 1), ("audio.delta", 3), ("audio.done", 0)]
)
@pytest.mark.usefixtures("quick")
def test_what_is_lost_in_the_midst_is_told_as_a_lost_voice(server, make, at, after, do):
    server.faults.append(Fault(at, do, after=after))
    tts = make()
    speech = iter(tts.synthesize_stream(LONG))
    assert next(speech)
    with pytest.raises(EngineLostError, match="xAI's voice broke off: xAI"):
        list(speech)
    # The next one works at once.
    assert tts.synthesize("Yes.")


@pytest.mark.parametrize("do", ["garbage", "binary", "noise"])
@pytest.mark.parametrize("at", ["audio.delta", "audio.done"])
def test_what_cannot_be_read_is_passed_over(server, make, at, do):
    server.faults.append(Fault(at, do))
    assert len(make().synthesize("Yes.")) == 2 * frames("Yes.", 24_000)
    assert len(server.seen) == 1


def test_a_sound_file_is_refused(server, make):
    server.faults.append(Fault("audio.delta", "file"))
    with pytest.raises(UplinkError, match="sound file"):
        make().synthesize(TEXT)


def test_a_message_that_is_too_long_ends_the_text(server, make):
    server.faults.append(Fault("audio.delta", "huge"))
    with pytest.raises(UplinkError, match="a message that is too big"):
        make().synthesize(TEXT)


def test_a_refusal_is_told_when_something_is_to_be_said(server, make):
    server.faults += [Fault("upgrade", code=401), Fault("upgrade", code=401)]
    tts = make()
    server.wait_for(lambda: len(server.faults) == 1)
    with pytest.raises(UplinkError, match="does not accept the key"):
        tts.synthesize(TEXT)


def test_lost_twice_is_an_error(server, make):
    server.faults += [Fault("audio.delta", "cut")] * 3
    with pytest.raises(UplinkLostError, match="broke off"):
        make().synthesize(TEXT)


def test_a_text_does_not_wait_for_ever(server, make, monkeypatch):
    monkeypatch.setattr(xai_speaking, "BEGIN_S", 0.2)
    server.faults.append(Fault("audio.delta"))
    with pytest.raises(UplinkLostError, match=r"said nothing within 0\.2 s"):
        make().synthesize(TEXT)


def test_offline_nothing_leaves_and_nobody_is_asked(server, make):
    BORDER.offline = True
    with pytest.raises(UplinkError, match="go online"):
        make().synthesize(TEXT)
    assert not server.seen
    assert not BORDER.take()


def test_going_offline_refuses_the_next_text(make):
    tts = make()
    tts.synthesize(TEXT)
    BORDER.allow(("audio",))
    with pytest.raises(UplinkError, match="text may not leave"):
        tts.synthesize(TEXT)


# -- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"voice": "nobody"}, "tts.voice: must be one of eve, ara, rex, sal, leo"),
     ({"sample_rate": 32_000}, "tts.sample_rate: must be one of 8000"),
     ({"optimize_streaming_latency": 2}, "must be 0 or 1"), ({"language": ""}, "tts.language"),
     ({"max_connection_age_s": 5.0}, "from 60 to 3600"), ({"key": ""}, "tts.key"),
     ({"url": "ws://api.x.ai/v1/tts"}, "anybody on the way")],
)  # fmt: skip
def test_a_wrong_setting_is_told(make, settings, words):
    with pytest.raises(ConfigError, match=words):
        make(**settings)
