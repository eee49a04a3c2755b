"""Facts about a server become sentences that its owner can act on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xtalk_edge.uplink.check.report import Findings, Trial, report
from xtalk_edge.uplink.xtalk.generation import ANY, EARLY, LATE, Generation

G1, G3 = frozenset({Generation.G1}), frozenset({Generation.G3})
ANSWERED = Trial(True, text_after_s=0.1, sound_after_s=0.2, rate_hz=48_000)
GOOD = Findings(
    "ws://127.0.0.1:7635/ws",
    is_elsewhere=False,
    is_ready=True,
    is_xtalk=True,
    generations=G3,
    has_plugin=True,
    can_answer_text=True,
    can_speak_text=True,
    round_trips_s=(0.010, 0.500, 0.012),
    clock_offset_s=0.2,
    question=ANSWERED,
    recital=replace(ANSWERED, text_after_s=None, sound_after_s=0.15),
)


def test_a_good_server_has_nothing_wrong() -> None:
    found = report(GOOD)
    assert found.is_usable
    assert found.what == "a late X-Talk server (G3), with the plugin"
    assert found.can == {"full": True, "agent": True, "tts": True}
    assert found.missing == {}
    assert (found.wrong, found.notes) == ((), ())
    assert found.round_trip_ms == 12.0, "one slow ping of three says nothing"
    assert (found.first_word_ms, found.first_sound_ms) == (100.0, 150.0)


@pytest.mark.parametrize(
    ("generations", "words"),
    [
        (G1, "early X-Talk server (G1)"),
        (frozenset({Generation.G1_5}), "early X-Talk server (G1.5)"),
        (EARLY, "early X-Talk server (G1 or G1.5)"),
        (frozenset({Generation.G2}), "late X-Talk server (G2)"),
        (LATE, "late X-Talk server (G2 or G3)"),
        (ANY, "unknown generation"),
    ],
)
def test_it_says_which_generation(generations: frozenset[Generation], words: str) -> None:
    assert words in report(replace(GOOD, generations=generations)).what


def test_a_stock_server_hears_thinks_and_speaks_only() -> None:
    stock = replace(
        GOOD, generations=EARLY, has_plugin=False, can_answer_text=False, can_speak_text=False,
        question=None, recital=None,
    )  # fmt: skip
    found = report(stock)
    assert found.is_usable
    assert found.can == {"full": True, "agent": False, "tts": False}
    assert "install the plugin on it, see docs/uplink.md" in found.missing["agent"]
    assert "install the plugin on it, see docs/uplink.md" in found.missing["tts"]
    assert found.first_word_ms is None


def test_an_agent_that_says_nothing_is_no_agent() -> None:
    found = report(replace(GOOD, question=Trial(accepted=True), recital=None))
    assert found.can == {"full": False, "agent": False, "tts": True}
    assert "gave no answer" in found.missing["agent"]
    assert "gave no answer" in found.missing["full"]


def test_a_voice_that_says_nothing_is_no_voice() -> None:
    mute = Trial(accepted=True, text_after_s=0.1, errors=("TTS model is not configured",))
    found = report(replace(GOOD, question=mute, recital=Trial(accepted=True)))
    assert found.can == {"full": False, "agent": True, "tts": False}
    assert "it reports an error: TTS model is not configured" in found.wrong


def test_a_session_that_was_lost_is_no_use() -> None:
    found = report(replace(GOOD, trouble="the server failed"))
    assert not found.is_usable
    assert found.missing == {}, "there is one reason, and it is told"
    assert found.wrong == ("the server failed",)


def test_nothing_that_answers_is_told_in_one_sentence() -> None:
    found = report(Findings("wss://nowhere.example/ws", trouble="nothing listens there"))
    assert found.what == "nothing that the device could talk to"
    assert (found.is_usable, found.wrong) == (False, ("nothing listens there",))


def test_a_websocket_of_something_else_is_no_server() -> None:
    found = report(replace(GOOD, is_xtalk=False))
    assert not found.is_usable
    assert "is the path right" in found.wrong[0]


@pytest.mark.parametrize(
    ("offset_s", "words"),
    [
        (10 * 365.25 * 86_400, "10 years ahead of"),
        (-3 * 86_400.0, "3 days behind"),
        (7_300.0, "2 hours ahead of"),
        (-150.0, "2 minutes behind"),
        (61.0, "61 seconds ahead of"),
    ],
)
def test_a_clock_that_is_off_is_told(offset_s: float, words: str) -> None:
    (wrong,) = report(replace(GOOD, clock_offset_s=offset_s)).wrong
    assert words in wrong


def test_a_clock_that_is_a_little_off_is_not() -> None:
    assert report(replace(GOOD, clock_offset_s=-59.0)).wrong == ()
    assert report(replace(GOOD, clock_offset_s=None)).wrong == ()


def test_wav_files_are_told() -> None:
    (wrong,) = report(replace(GOOD, question=replace(ANSWERED, rate_hz=16_000))).wrong
    assert "WAV files of 16,000 Hz where plain sound of 48,000 Hz is due" in wrong


def test_nonsense_is_counted_and_told_once() -> None:
    reasons = ("no JSON", "binary where text is due", "no JSON")
    assert report(replace(GOOD, nonsense=reasons)).wrong == (
        "2 times it said something without sense: no JSON",
        "once it said something without sense: binary where text is due",
    )
    assert len(report(replace(GOOD, nonsense=tuple("abcdef"))).wrong) == 3


def test_what_is_good_to_know() -> None:
    far = replace(
        GOOD, generations=EARLY, is_elsewhere=True, leaves_in_clear=True, proxy="squid.example"
    )
    notes = " / ".join(report(far).notes)
    for words in ("squid.example", "not encrypted", "forgets", "who they are", "which of the two"):
        assert words in notes
    slow = report(replace(GOOD, generations=LATE, round_trips_s=(0.3,)))
    assert "stutter" in " / ".join(slow.notes)
    untried = replace(GOOD, has_plugin=False, can_speak_text=False, question=None)
    assert "was not tried" in " / ".join(report(untried).notes)


TRIALS = st.none() | st.builds(
    Trial,
    accepted=st.booleans(),
    text_after_s=st.none() | st.floats(0, 60),
    sound_after_s=st.none() | st.floats(0, 60),
    rate_hz=st.sampled_from([None, 16_000, 48_000]),
)


@given(
    st.builds(
        Findings,
        url=st.just("ws://127.0.0.1/ws"),
        trouble=st.sampled_from(["", "it broke off"]),
        is_ready=st.booleans(),
        is_xtalk=st.booleans(),
        generations=st.frozensets(st.sampled_from(Generation), min_size=1),
        has_plugin=st.booleans(),
        can_answer_text=st.booleans(),
        can_speak_text=st.booleans(),
        round_trips_s=st.lists(st.floats(0, 5), max_size=3).map(tuple),
        clock_offset_s=st.none() | st.floats(-1e9, 1e9),
        question=TRIALS,
        recital=TRIALS,
    )
)
def test_whatever_cannot_be_done_has_a_reason(found: Findings) -> None:
    assume(found.is_ready or found.trouble)
    told = report(found)
    for use, can in told.can.items():
        assert can or use in told.missing or told.wrong
    assert not (told.is_usable and found.trouble)
