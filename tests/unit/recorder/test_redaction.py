"""Of what was said and of what the owner has called things, no word is left."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any

import numpy as np
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recorder.parts import event, recording_of
from xtalk_edge import events
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.config.load import load_text
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import dump
from xtalk_edge.config.without_secrets import LEFT_OUT, without_secrets
from xtalk_edge.recorder.redaction import contour, redacted_record, redacted_settings

WORD = "elephant7"

KINDS = [each for each in vars(events).values()
         if inspect.isclass(each) and issubclass(each, events.Event)]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_event_keeps_a_word(kind: type[events.Event]) -> None:
    record: dict[str, Any] = {"event": kind.__name__, "at_s": 1.0, "turn_id": 3}
    for field in dataclasses.fields(kind):
        if field.name not in record:
            record[field.name] = WORD if "str" in str(field.type) else [WORD, {WORD: WORD}]
    left = redacted_record(record)
    assert set(left) == set(record)
    assert (left["event"], left["at_s"], left["turn_id"]) == (kind.__name__, 1.0, 3)
    assert WORD not in json.dumps(left)


def test_words_of_the_program_and_figures_stay() -> None:
    state = redacted_record(event("TurnStateChanged", 1.0, state="listening"))
    assert state["state"] == "listening"
    call = redacted_record(event("ToolCallOccurred", 1.0, name="set_timer", args={"minutes": 10}))
    assert call["name"] == "set_timer"
    assert "10" not in json.dumps(call["args"])
    final = redacted_record(event("ASRResultFinal", 1.0, text="what time", confidence=0.5))
    assert final["text"] == "(9 characters)"
    assert final["confidence"] == 0.5


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(WORD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just(WORD), inner, max_size=1),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["text", "note", "state", "by", "args"]), nested))
def test_an_event_of_the_owners_own_keeps_no_word_either(fields: dict[str, Any]) -> None:
    assert WORD not in json.dumps(redacted_record({**event("DoorbellRang", 1.0), **fields}))


def test_settings_keep_figures_and_kinds_alone() -> None:
    text = """
        [tools]
        disabled = ["tell_joke"]
        [[tools.devices]]
        name = "elephant7 lamp"
        [agent]
        type = "openai"
        base_url = "https://elephant7.example"
        persona = "You are elephant7."
        [turn]
        silence_ms = 700
        barge_in = "duck-only"
        [vad]
        type = "elephant7.py:Vad"
    """
    left = redacted_settings(tomli.loads(text))
    assert WORD not in json.dumps(left)
    assert left["turn"] == {"silence_ms": 700, "barge_in": "duck-only"}
    assert left["agent"]["type"] == "openai"


def test_a_contour_tells_how_loud_it_was() -> None:
    recording = dataclasses.replace(
        recording_of(RATE_HZ), raw=np.repeat(np.array([0, 3_276], np.int16), RATE_HZ // 2)
    )
    levels = contour(recording)
    assert len(levels) == 10
    assert levels[0]["raw"] == -120.0
    assert levels[9]["raw"] == pytest.approx(-20.0, abs=0.1)
    assert levels[9]["at_s"] == 0.9


SECRETS = """
    [agent]
    type = "openai"
    base_url = "https://me:elephant7@host.example/v1?key=elephant7"
    api_key = "elephant7"
    extra_body = { token = "elephant7", top_p = 0.9 }
    [uplink]
    url = "wss://host.example/ws?token=elephant7"
    token = "env:XTALK_TOKEN"
    [[tools.mcp]]
    name = "home"
    command = ["npx", "--token", "elephant7"]
    [[tools.mcp]]
    name = "away"
    url = "https://host.example/mcp"
    headers = ["X-Auth: $NAME"]
    [[managers]]
    spec = "my.py:Mine"
    password = "elephant7"
"""


def test_secrets_are_left_out_of_settings() -> None:
    config = load_text(SECRETS)
    shown = dump(without_secrets(config))
    assert WORD not in shown
    assert LEFT_OUT in shown
    assert "env:XTALK_TOKEN" in shown
    assert "X-Auth: $NAME" in shown
    assert "top_p = 0.9" in shown
    assert "wss://host.example/ws" in shown


def test_settings_without_secrets_are_the_same_settings() -> None:
    assert without_secrets(Config()) == Config()
    ears = load_text('[asr]\ntype = "sherpa"\ntokens = "a/tokens.txt"\n'
                     '[wake]\ntype = "sherpa"\nkeywords = "hello there"')  # fmt: skip
    assert without_secrets(ears) == ears
