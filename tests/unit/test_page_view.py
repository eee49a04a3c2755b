"""What a page is told is true, small, and neither sound nor a secret."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge import events
from xtalk_edge.events import (
    AnnouncementStarted,
    ASRResultPartial,
    AudioGap,
    CardLost,
    CardOpened,
    Event,
    GovernorStepped,
    HealthChanged,
    LatencyMetricsUpdated,
    LLMAgentResponseUpdate,
    ModelSwitchRequested,
    RecoveryStepTaken,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSChunkGenerated,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
    TurnLLMAgentStartRequested,
    TurnStateChanged,
    TurnTTSTextAppendRequested,
    UplinkStateChanged,
    VerificationResult,
)
from xtalk_edge.net.secret import Secret
from xtalk_edge.service.page.diary import MOST_LINES
from xtalk_edge.service.page.plain import LONGEST_CHARS, MOST_ITEMS, MOST_VALUES, plain
from xtalk_edge.service.page.turns import MOST_TURNS
from xtalk_edge.service.page.view import MOST_CHECKS, MOST_HISTORY, View

LARGEST_BYTES = 1_000_000
"""What waits for a page at most, so that one message of any size comes through."""

WORD = "correct-horse-battery"
SOUND = b"RIFFsound-of-the-room"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersEvent(Event):
    """One that somebody else made, with all in it that must not be shown."""

    key: str = WORD
    secret: Secret = field(default_factory=lambda: Secret(WORD))
    sound: bytes = SOUND
    samples: Any = field(default_factory=lambda: np.frombuffer(SOUND, np.uint8))


KINDS = [
    kind
    for _, kind in inspect.getmembers(events, inspect.isclass)
    if issubclass(kind, Event) and kind is not Event
]
TEXTS = st.one_of(st.text(max_size=30), st.text(max_size=3).map(lambda each: each * 4_000))
ANYTHING = st.recursive(
    st.one_of(TEXTS, st.integers(), st.floats(), st.just(SOUND), st.builds(Secret, st.just(WORD))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=9), inner, max_size=5)
    ),
    max_leaves=12,
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    float: st.floats(),
    bool: st.booleans(),
    float | None: st.none() | st.floats(),
    int | None: st.none() | st.integers(),
    dict[str, Any]: st.dictionaries(st.text(max_size=9), ANYTHING, max_size=5),
    tuple[str, ...]: st.lists(TEXTS, max_size=5).map(tuple),
    tuple[float, ...]: st.lists(st.floats(), max_size=5).map(tuple),
    Mapping[str, Any]: st.just({"key": WORD}),
}


@st.composite
def an_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([*KINDS, OwnersEvent]))
    if kind is OwnersEvent:
        return OwnersEvent()
    hints = typing.get_type_hints(kind)
    given = {each.name: draw(VALUES[hints[each.name]]) for each in dataclasses.fields(kind)}
    given |= {"turn_id": draw(st.integers(0, 60)), "at_s": draw(st.floats(0, 1e7))}
    if isinstance(given.get("samples"), int):
        given["samples"] = abs(given["samples"]) % 10**9
    event: Event = kind(**given)
    return event


def sent(told: Any) -> str:
    """Return what goes over the line."""
    message = json.dumps(told, ensure_ascii=False, allow_nan=False)
    message.encode()
    return message


@settings(max_examples=60)
@given(st.lists(an_event(), max_size=60))
def test_no_message_holds_sound_or_a_secret_and_all_are_small(happened: list[Event]) -> None:
    view = View({"name": "kitchen"})
    for event in happened:
        view.take(event)
    for told in (view.whole(1.0), view.changes(2.0)):
        message = sent(told)
        assert WORD not in message
        assert "sound-of-the-room" not in message
        assert len(message.encode()) < LARGEST_BYTES
    assert view.changes(3.0) is None


@settings(max_examples=8)
@given(an_event())
def test_it_is_bounded_however_often_something_happens(event: Event) -> None:
    view = View({})
    for number in range(3 * MOST_LINES):
        view.take(dataclasses.replace(event, turn_id=number))
        if number == 100:
            view.changes(0.0)
    whole = view.whole(0.0)
    assert len(whole["events"]) <= MOST_LINES
    assert len(whole["turns"]) <= MOST_TURNS
    assert len(whole.get("history", [])) <= MOST_HISTORY
    assert len(whole.get("health", {})) <= MOST_CHECKS
    assert len(sent(whole).encode()) < LARGEST_BYTES
    assert len(sent(view.changes(0.0)).encode()) < LARGEST_BYTES


@given(ANYTHING)
def test_values_are_cut_to_size(value: Any) -> None:
    shown = plain(value)
    assert WORD not in sent(shown)
    assert plain(shown) == shown


def test_lists_in_lists_are_cut_to_size_as_well() -> None:
    value: Any = "x" * 10_000
    for _ in range(20):
        value = [value] * 100
    assert len(sent(plain(value))) <= MOST_VALUES * (LONGEST_CHARS + 4)
    assert len(plain(["x"] * 1_000)) == MOST_ITEMS
    assert plain(2**80) == 2**53
    assert plain(math.nan) is None


def test_a_turn_is_told_from_its_first_word_to_its_last() -> None:
    view = View({})
    view.take(TurnASRStartRequested(turn_id=1, from_sample=0, at_s=10.0))
    view.take(ASRResultPartial(turn_id=1, text="what time", at_s=10.5))
    told = view.changes(10.6)
    assert told is not None
    assert (told["turns"][0]["heard"], told["turns"][0]["sure"]) == ("what time", False)
    for event in (
        TurnASREndRequested(turn_id=1, at_sample=0, at_s=11.0),
        VerificationResult(turn_id=1, text="what time is it", is_valid=True),
        TurnLLMAgentStartRequested(turn_id=1, text="what time is it"),
        ToolCallOccurred(turn_id=1, name="get_time", args={"city": "Rome", "hours": [1, True]}),
        ToolResultOccurred(turn_id=1, name="get_time", content="noon", ok=False),
        LLMAgentResponseUpdate(turn_id=1, text="It is noon."),
        TurnTTSTextAppendRequested(turn_id=1, text="It is noon."),
        TTSPlaybackStarted(turn_id=1, at_s=11.3),
        LatencyMetricsUpdated(turn_id=1, endpoint_wait_ms=250.0, voice_to_voice_ms=300.0),
        TTSPlaybackFinished(turn_id=1, text="It is noon.", at_s=12.0),
    ):
        view.take(event)
    (turn,) = view.whole(13.0)["turns"]
    assert (turn["heard"], turn["sure"], turn["said"], turn["end"]) == (
        *("what time is it", True),
        *("It is noon.", "said"),
    )
    assert (turn["began"], turn["ended"], turn["audible"], turn["over"]) == (10.0, 11.0, 11.3, 12.0)
    assert turn["tools"] == [{"name": "get_time", "args": "city “Rome”, hours 1; yes", "ok": False}]
    assert turn["stages"]["endpoint_wait_ms"] == 250.0
    assert turn["stages"]["asr_final_ms"] is None


def test_what_was_no_turn_is_taken_back() -> None:
    view = View({})
    view.take(TurnASRStartRequested(turn_id=1, from_sample=0))
    view.take(TurnASRResetRequested(turn_id=1))
    told = view.changes(0.0)
    assert told is not None
    assert told["gone"] == [1]
    assert "turns" not in told


def test_what_was_begun_and_left_is_no_turn() -> None:
    view = View({})
    for turn_id in (1, 2, 3):
        view.take(TurnASRStartRequested(turn_id=turn_id, from_sample=0))
    view.take(VerificationResult(turn_id=3, text="", is_valid=False))
    view.take(TurnASRStartRequested(turn_id=4, from_sample=0))
    assert [turn["id"] for turn in view.whole(0.0)["turns"]] == [3, 4]


def test_an_answer_that_was_cut_is_as_long_as_it_was_heard() -> None:
    view = View({})
    view.take(TurnLLMAgentStartRequested(turn_id=2, text="help"))
    view.take(LLMAgentResponseUpdate(turn_id=2, text="You can ask me everything."))
    view.take(TTSStopped(turn_id=2, text="You can", reason="interrupted"))
    view.take(LLMAgentResponseUpdate(turn_id=2, text="You can ask me everything, and more."))
    (turn,) = view.whole(0.0)["turns"]
    assert (turn["kind"], turn["said"], turn["end"]) == ("typed", "You can", "interrupted")


def test_what_it_says_by_itself_is_no_answer() -> None:
    view = View({})
    view.take(AnnouncementStarted(turn_id=3, offer_id=1))
    view.take(TurnTTSTextAppendRequested(turn_id=3, text="Your timer is done."))
    (turn,) = view.whole(0.0)["turns"]
    assert (turn["kind"], turn["said"]) == ("announced", "Your timer is done.")


def test_sound_that_is_lost_in_pieces_is_told_once() -> None:
    view = View({})
    for number in range(5):
        view.take(AudioGap(at_sample=0, samples=160, reason="device stalled", at_s=float(number)))
    view.take(AudioGap(at_sample=0, samples=1600, reason="device stalled", at_s=60.0))
    told = [line["text"] for line in view.whole(0.0)["history"]]
    assert told == [
        "50 ms of sound lost: device stalled.",
        "100 ms of sound lost: device stalled.",
    ]


def test_health_and_what_was_done_about_it_are_shown() -> None:
    view = View({})
    view.take(CardOpened(name="mic", rate_hz=48_000, block_ms=10.0, latency_ms=20.0))
    view.take(CardLost(reason="it was unplugged"))
    view.take(HealthChanged(check="capture", healthy=False, detail="no sound for 3 s"))
    view.take(RecoveryStepTaken(step="reopen", check="capture", count=1))
    view.take(HealthChanged(check="capture", healthy=True, detail="sound comes"))
    view.take(GovernorStepped(rung="voice", eased=True, reason="82 degrees"))
    view.take(UplinkStateChanged(abilities=("agent",)))
    view.take(TurnStateChanged(state="listening"))
    whole = view.whole(0.0)
    assert whole["card"] == {"name": "mic", "rate_hz": 48_000, "lost": "it was unplugged"}
    assert whole["health"]["capture"]["healthy"] is True
    assert [line["mood"] for line in whole["history"]] == [
        *("good", "bad", "bad", "step"),
        *("good", "step"),
    ]
    assert whole["uplink"]["abilities"] == ["agent"]
    assert whole["floor"] == "listening"


def test_an_event_is_a_line_without_what_nobody_here_can_judge() -> None:
    view = View({})
    view.take(ModelSwitchRequested(model_type="openai", config={"key": WORD}, at_s=4.0))
    view.take(TTSChunkGenerated(turn_id=1, chunk_index=1, frames=960))
    view.take(TTSChunkGenerated(turn_id=1, chunk_index=2, frames=960))
    view.take(OwnersEvent())
    lines = view.whole(0.0)["events"]
    assert [line["n"] for line in lines] == [1, 2, 3]
    assert lines[0]["text"] == "model_type “openai”"
    assert (lines[0]["group"], lines[2]["group"]) == ("switching", "own")
    assert lines[2]["text"] == ""


def test_only_what_is_new_is_told_again() -> None:
    view = View({})
    view.show("volume", 40)
    view.show("volume", 40)
    assert view.changes(1.0) == {"now": 1.0, "volume": 40}
    view.show("volume", 40)
    assert view.changes(2.0) is None
