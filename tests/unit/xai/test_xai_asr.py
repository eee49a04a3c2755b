"""xAI's recogniser against a server that does as it should, and against one that does not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.fake_xai import KEY, FakeXAI, Fault
from xtalk_edge.engines.asr import xai_turn
from xtalk_edge.engines.asr.xai import XAIASR
from xtalk_edge.errors import ConfigError, EngineError, UplinkError, UplinkLostError
from xtalk_edge.net.border import BORDER

SILENCE = bytes(6_400)


def loud(words: int, seed: int = 1) -> bytes:
    """Return sound of which the server makes that many words."""
    samples = np.random.default_rng(seed).normal(0, 4_000, 3_200 * words)
    return samples.astype("<i2").tobytes()


def said(asr: XAIASR, audio: bytes) -> str:
    """Return the text of an utterance that comes in pieces of 100 ms."""
    asr.reset()
    for start in range(0, len(audio), 3_200):
        asr.recognize_stream(audio[start : start + 3_200])
    return asr.recognize_stream(b"", is_final=True)


Make = Callable[..., XAIASR]


@pytest.fixture
def make(server: FakeXAI) -> Iterator[Make]:
    made: list[XAIASR] = []

    def make(**settings: object) -> XAIASR:
        settings = {"url": server.url("stt"), **settings}
        made.append(XAIASR(**settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be waited for longer than a moment."""
    for name in ("READY_S", "CONCLUDE_S"):
        monkeypatch.setattr(xai_turn, name, 0.15)


# -- as it should be -----------------------------------------------------------------------------


def test_it_asks_as_the_document_says(server, make):
    assert said(make(language="de", endpointing_ms=300), loud(2)) == "one two"
    (seen,) = server.seen
    assert seen.path == "/v1/stt"
    assert seen.key == f"Bearer {KEY}"
    assert seen.query["language"] == "de"
    assert seen.query["endpointing"] == "300"
    assert seen.query["sample_rate"] == "16000"
    # Sound as it is, then the silence that ends it, then the word that it has ended.
    assert seen.sound == loud(2) + bytes(32 * 350)
    assert seen.received[-1] == {"type": "audio.done"}


def test_the_text_grows_while_somebody_speaks(server, make):
    asr = make()
    asr.recognize_stream(loud(2))
    server.wait_for(lambda: asr.recognize_stream(b"") == "one two")
    asr.recognize_stream(loud(2))
    server.wait_for(lambda: asr.recognize_stream(b"") == "one two three four")
    assert asr.recognize_stream(b"", is_final=True) == "one two three four"
    # Asked again, it says the same.
    assert asr.recognize_stream(b"", is_final=True) == "one two three four"


def test_speeches_with_pauses_make_one_text(make):
    audio = loud(2) + SILENCE + loud(4) + SILENCE + loud(1)
    assert said(make(), audio) == "one two three four five six seven"


def test_without_sound_nobody_is_asked(server, make):
    asr = make()
    assert asr.recognize(b"") == ""
    assert not server.seen


def test_half_a_sample_is_refused(make):
    with pytest.raises(EngineError, match="even number"):
        make().recognize_stream(b"\0")


def test_what_was_heard_up_to_a_pause_is_not_sent_again(server, make):
    asr = make()
    assert said(asr, loud(3)) == "one two three"
    # Somebody goes on: the device hears all of it from the beginning.
    assert said(asr, loud(3) + loud(2, seed=2)) == "one two three one two"
    first, second = server.seen
    assert second.sound.startswith(loud(2, seed=2))
    assert len(first.sound) + len(second.sound) == 2 * 3_200 * 5 + 2 * 3_200
    # The very same again: nothing is asked at all.
    assert said(asr, loud(3) + loud(2, seed=2)) == "one two three one two"
    assert len(server.seen) == 2
    assert said(asr, loud(1, seed=3)) == "one"


def test_sound_after_the_end_begins_anew(make):
    asr = make()
    assert said(asr, loud(3)) == "one two three"
    asr.recognize_stream(loud(1, seed=2))
    assert asr.recognize_stream(b"", is_final=True) == "one"


def test_what_is_sent_is_counted(make):
    said(make(), loud(2))
    assert [(each.kind, each.n_bytes) for each in BORDER.take()] == [("audio", 12_800 + 3_200)]


def test_a_reset_ends_the_connection(server, make):
    asr = make()
    asr.recognize_stream(loud(1))
    server.wait_for(lambda: bool(server.seen and server.seen[0].received))
    asr.reset()
    server.wait_for(lambda: server.seen[0].closed.is_set())


# -- as it should not be -------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["stall", "cut", "close", "error"])
@pytest.mark.parametrize(
    ("at", "after"),
    [("transcript.created", 0), ("transcript.partial", 0), ("transcript.partial", 2),
     ("transcript.done", 0)],
)  # fmt: skip
@pytest.mark.usefixtures("quick")
def test_what_was_said_is_sent_again_once(server, make, at, after, do):
    server.faults.append(Fault(at, do, after=after))
    assert said(make(), loud(4)) == "one two three four"
    assert len(server.seen) == 2
    assert server.seen[1].sound == loud(4) + bytes(3_200)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 1013])
def test_after_these_farewells_it_is_sent_again(server, make, code):
    server.faults.append(Fault("transcript.partial", "close", code))
    assert said(make(), loud(2)) == "one two"
    assert len(server.seen) == 2


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009, 1010])
def test_after_these_farewells_it_is_not(server, make, code):
    server.faults.append(Fault("transcript.partial", "close", code))
    with pytest.raises(UplinkError, match=r"xAI .*as planned") as caught:
        said(make(), loud(2))
    assert str(caught.value).isprintable()
    assert len(server.seen) == 1


def test_a_farewell_behind_a_final_text_ends_an_utterance(server, make):
    server.faults.append(Fault("transcript.done", "close", 1000))
    assert said(make(), loud(2) + SILENCE) == "one two"
    assert len(server.seen) == 1


def test_a_farewell_behind_an_open_text_does_not(server, make):
    server.faults.append(Fault("transcript.done", "close", 1000))
    assert said(make(), loud(2)) == "one two"
    assert len(server.seen) == 2


def test_an_end_before_the_end_is_none(server, make):
    server.faults.append(Fault("transcript.partial", "ended"))
    asr = make()
    asr.recognize_stream(loud(2))
    server.wait_for(lambda: len(server.seen) == 2)
    assert asr.recognize_stream(b"", is_final=True) == "one two"


def test_a_clone_hears_for_itself(server, make):
    asr = make()
    asr.recognize_stream(loud(3))
    other = asr.clone()
    assert said(other, loud(1)) == "one"
    other.close()
    assert asr.recognize_stream(b"", is_final=True) == "one two three"


def test_a_message_that_is_too_long_ends_it(server, make):
    server.faults.append(Fault("transcript.partial", "huge"))
    with pytest.raises(UplinkError, match="a message that is too big"):
        said(make(), loud(2))
    assert len(server.seen) == 1


@pytest.mark.parametrize("do", ["garbage", "binary", "twice"])
@pytest.mark.parametrize("at", ["transcript.created", "transcript.partial", "transcript.done"])
def test_what_cannot_be_read_is_passed_over(server, make, at, do):
    server.faults.append(Fault(at, do))
    assert said(make(), loud(2)) == "one two"
    assert len(server.seen) == 1


def test_who_sends_nothing_but_garbage_is_refused(server, make):
    server.faults.append(Fault("", "garbage"))
    with pytest.raises(UplinkError, match="nobody can read"):
        said(make(), loud(9))


@pytest.mark.usefixtures("quick")
def test_a_lost_portion_is_told_at_the_end(server, make):
    server.faults.append(Fault("transcript.partial", "skip"))
    assert said(make(), loud(2)) == "one two"


def test_lost_twice_is_an_error_at_the_end_of_the_utterance(server, make):
    server.faults += [Fault("transcript.partial", "cut"), Fault("transcript.partial", "cut")]
    asr = make()
    asr.recognize_stream(loud(2))
    server.wait_for(lambda: len(server.seen) == 2 and server.seen[1].closed.is_set())
    # Whoever is still speaking is not cut off.
    assert asr.recognize_stream(loud(1)) == ""
    for _ in range(2):
        with pytest.raises(UplinkLostError, match="broke off the connection"):
            asr.recognize_stream(b"", is_final=True)
    assert said(asr, loud(2)) == "one two"
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "key"), (403, "key"), (429, "too many"), (404, "address"), (302, "log in"),
     (200, "does not open")],
)  # fmt: skip
def test_a_refusal_is_not_repeated(server, make, status, words):
    server.faults += [Fault("upgrade", code=status), Fault("upgrade", code=500)]
    with pytest.raises(UplinkError, match=words):
        said(make(), loud(2))
    assert len(server.faults) == 1


def test_a_server_that_is_out_of_order_for_a_moment_is_asked_again(server, make):
    server.faults.append(Fault("upgrade", code=503))
    assert said(make(), loud(2)) == "one two"


def test_the_end_waits_no_longer_than_it_is_set_to(server, make):
    server.faults.append(Fault("transcript.done"))
    with pytest.raises(UplinkLostError, match=r"asr\.patience_s, 1 s"):
        said(make(patience_s=1.0), loud(2))


def test_speech_longer_than_is_kept_is_not_sent_again(server, make, monkeypatch):
    monkeypatch.setattr(xai_turn, "KEPT_BYTES", 2 * 6_400)
    server.faults.append(Fault("transcript.done", "cut"))
    with pytest.raises(UplinkLostError):
        said(make(), loud(9))
    assert server.seen[0].sound == loud(9) + bytes(3_200)


def test_offline_nothing_leaves_and_nobody_is_asked(server, make):
    BORDER.offline = True
    with pytest.raises(UplinkError, match="go online"):
        said(make(), loud(2))
    assert not server.seen
    assert not BORDER.take()


def test_going_offline_ends_an_utterance(server, make):
    asr = make()
    asr.recognize_stream(loud(1))
    server.wait_for(lambda: bool(server.seen and server.seen[0].received))
    BORDER.allow(("text",))
    with pytest.raises(UplinkError, match="audio may not leave"):
        asr.recognize_stream(loud(1))
        asr.recognize_stream(b"", is_final=True)


def test_neither_key_nor_words_are_in_the_log(server, make, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.client").setLevel(logging.DEBUG)
    server.faults.append(Fault("transcript.partial", "cut", after=1))
    said(make(), loud(2))
    ours = [each for each in caplog.records if each.name != "websockets.server"]
    assert ours
    told = [each.getMessage() for each in ours]
    assert not [each for each in told if KEY in each or re.search(r"\btwo\b", each)]


def test_a_closed_recogniser_says_so(make):
    asr = make()
    asr.recognize_stream(loud(1))
    asr.close()
    asr.close()
    with pytest.raises(EngineError, match="xai recogniser is closed"):
        asr.recognize_stream(loud(1), is_final=True)


# -- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"endpointing_ms": 5_001}, "from 0 to 5000"), ({"endpointing_ms": -1}, "from 0 to 5000"),
     ({"patience_s": 0.5}, "from 1 to 30"), ({"key": ""}, "asr.key: xAI wants a key"),
     ({"key": "env:NOT_THERE_AT_ALL"}, "asr.key: the environment variable"),
     ({"url": "https://api.x.ai/v1/stt"}, "asr.url"),
     ({"url": "ws://api.x.ai/v1/stt"}, "anybody on the way"),
     ({"url": "wss://api.x.ai/v1/stt", "ca_file": "/not/there"}, "asr.ca_file")],
)  # fmt: skip
def test_a_wrong_setting_is_told(make, settings, words):
    with pytest.raises(ConfigError, match=words):
        make(**settings)
