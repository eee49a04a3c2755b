"""Every refusal is a sentence with a cure, and none repeats what was said."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.agent.openai_pace import GRACE_S, Limits, Pace
from xtalk_edge.engines.agent.openai_refusals import AGAIN_S, Facts, refusal
from xtalk_edge.net.address import Address
from xtalk_edge.net.way_faults import Goal

URL = "https://ai.example/v1"
GOAL = Goal(Address(URL, "ai.example", 443, True), "agent.base_url")
FACTS = Facts(GOAL, "tiny", URL, has_key=True)
SPOKEN = "where are my keys"


def of(status, error=None, facts=FACTS, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": error}).encode() if error is not None else b""
    return refusal(status, named, body, facts)


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (302, None, "with a web page; this network may want you to log in first"),
        (401, {"message": SPOKEN, "code": "invalid_api_key"}, r"key \(invalid_api_key\); check"),
        (403, SPOKEN, r"refused the key \(403\); check agent\.api_key"),
        (404, {"message": f"The model `tiny` {SPOKEN}"}, r"no model 'tiny' \(404\)"),
        (404, {"code": "model_not_found"}, r"no model 'tiny' \(model_not_found\); correct"),
        (404, None, r"knows no https://ai\.example/v1/chat/completions; correct agent\.base_url"),
        (429, {"code": "insufficient_quota"}, "no credit left"),
        (429, None, "asked too often"),
        (500, SPOKEN, r"failed \(500\); see the server's log"),
        (503, {"type": "overloaded"}, r"failed \(overloaded\)"),
        (400, {"message": f"tiny does not support tools: {SPOKEN}"}, "cannot use tools"),
        (400, {"code": "context_length_exceeded"}, r"lower agent\.history_chars"),
        (400, {"message": f"the request exceeds the available context size {SPOKEN}"}, "too long"),
        (422, SPOKEN, r"did not take the request \(422\)"),
        (400, {"message": "use 'max_completion_tokens' instead"}, "does not take max_tokens"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do(status, error, sentence):
    found = of(status, error).sentence
    assert re.search(sentence, found), found
    assert found.startswith(("ai.example", "the conversation", "the model", "the account"))
    assert SPOKEN not in found


def test_what_is_missing_is_named():
    assert "set agent.api_key" in of(401, facts=Facts(GOAL, "m", URL, has_key=False)).sentence
    bare = Facts(GOAL, "m", "http://h:1", has_key=True)
    assert "most of them end in /v1" in of(404, facts=bare).sentence


@pytest.mark.parametrize(
    ("status", "headers", "again_s"),
    [
        (500, {}, AGAIN_S),
        (503, {"retry_after": "2"}, 2.0),
        (429, {"retry_after": "1.5"}, 1.5),
        (429, {}, None),
        (429, {"retry_after": "Fri, 31 Dec 2027 23:59:59 GMT"}, None),
        (429, {"retry_after": "-1"}, None),
        (429, {"retry_after": "inf"}, None),
        (429, {"retry_after": "nan"}, None),
        (400, {"retry_after": "1"}, None),
        (401, {}, None),
    ],
)
def test_when_another_try_makes_sense(status, headers, again_s):
    assert of(status, **headers).again_s == again_s


@given(status=st.integers(201, 999), body=st.binary(max_size=60) | st.text().map(str.encode))
def test_any_refusal_is_one_printable_sentence(status, body):
    found = refusal(status, {}, body, FACTS).sentence
    assert found.isprintable()


# -- pace ----------------------------------------------------------------------------------

LIMITS = Limits(first_token_s=20.0, stall_s=10.0, whole_s=60.0)


def test_each_phase_has_its_limit():
    pace = Pace(LIMITS, 100.0)
    assert pace.left_s(105.0) == 15.0
    assert "did not begin to answer within 20 s" in pace.complaint("h")
    pace.sign(110.0, has_begun=False, is_ending=False)
    assert pace.left_s(110.0) == 10.0
    pace.sign(118.0, has_begun=True, is_ending=False)
    assert pace.left_s(118.0) == 10.0
    assert "fell silent for 10 s" in pace.complaint("h")
    pace.sign(155.0, has_begun=True, is_ending=False)
    assert pace.left_s(155.0) == 5.0
    assert "took longer than 60 s" in pace.complaint("h")
    pace.sign(156.0, has_begun=True, is_ending=True)
    assert pace.is_ending
    assert pace.left_s(156.0) == GRACE_S


def test_a_wait_must_leave_time_to_begin():
    pace = Pace(LIMITS, 100.0)
    assert pace.begins_within(10.0, 105.0)
    assert not pace.begins_within(15.0, 105.0)
