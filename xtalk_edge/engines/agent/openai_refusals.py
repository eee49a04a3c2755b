"""Why a server refused a request, in a sentence for the owner, and what to do about it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xtalk_edge.engines.agent.openai_stream import error_code
from xtalk_edge.net.json_object import json_object
from xtalk_edge.net.way_faults import Goal, web_page

AGAIN_S = 0.3
"""A server that stumbled once mostly stands by then."""

RENAMED = {"max_tokens": "max_completion_tokens"}
"""What some models of OpenAI's call otherwise."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence may name."""

    goal: Goal
    """The server."""
    model: str
    base_url: str
    has_key: bool

    @property
    def host(self) -> str:
        """Of the server."""
        return self.goal.address.host


@dataclass(frozen=True, slots=True)
class Refusal:
    """What came of a request in place of an answer."""

    sentence: str
    again_s: float | None = None
    """After so long the same request may be taken; None for not."""
    rename: str = ""
    """A key of the request that this server knows by its name in `RENAMED`."""


def refusal(status: int, headers: Mapping[str, str], body: bytes, facts: Facts) -> Refusal:
    """Return what an answer other than 200 means.

    Args:
        status: of the answer.
        headers: of the answer, their names in lower case.
        body: its beginning.
        facts: for the sentence.
    """
    told = json_object(body) or {}
    code = error_code(told) or f" ({status})"
    message = _message(told).lower()
    if 300 <= status < 400:
        return Refusal(web_page(facts.goal))
    if status in (401, 403):
        missing = "check agent.api_key" if facts.has_key else "set agent.api_key"
        return Refusal(f"{facts.host} refused the key{code}; {missing}")
    if status == 404:
        return Refusal(_not_found(facts, code, message))
    if status == 429:
        return _too_many(facts, headers, code)
    if status >= 500:
        return Refusal(
            f"{facts.host} failed{code}; see the server's log", _wait_s(headers, AGAIN_S)
        )
    return _not_taken(facts, code, message)


def _not_found(facts: Facts, code: str, message: str) -> str:
    if "model" in message or "model" in code:
        return f"{facts.host} knows no model {facts.model!r}{code}; correct agent.model"
    hint = "" if facts.base_url.endswith("/v1") else "; most of them end in /v1"
    return f"{facts.host} knows no {facts.base_url}/chat/completions{hint}; correct agent.base_url"


def _too_many(facts: Facts, headers: Mapping[str, str], code: str) -> Refusal:
    if "quota" in code:
        return Refusal(f"the account at {facts.host} has no credit left{code}")
    sentence = f"{facts.host} was asked too often{code}; wait a while, or raise the account's limit"
    return Refusal(sentence, _wait_s(headers, None))


def _not_taken(facts: Facts, code: str, message: str) -> Refusal:
    """Return what a request means that the server did not like."""
    for ours, theirs in RENAMED.items():
        if theirs in message:
            return Refusal(f"{facts.host} does not take {ours}{code}", rename=ours)
    if "tool" in message:
        return Refusal(
            f"the model {facts.model!r} at {facts.host} cannot use tools{code}; choose another, or "
            "take the tools away (uplink.cloud_allowed)"
        )
    if "context" in message or "too long" in message or "context" in code:
        return Refusal(
            f"the conversation is too long for the model at {facts.host}{code}; lower "
            "agent.history_chars, or have the server give it a larger context"
        )
    return Refusal(
        f"{facts.host} did not take the request{code}; check agent.model and agent.extra_body "
        "(with log.level DEBUG its own words are in the log)"
    )


def _wait_s(headers: Mapping[str, str], usual_s: float | None) -> float | None:
    """Return how long the server wants to be left alone; a date counts as too long."""
    told = headers.get("retry-after", "").strip()
    if not told:
        return usual_s
    try:
        wait_s = float(told)
    except ValueError:
        return None
    return wait_s if 0.0 <= wait_s < float("inf") else None


def _message(told: dict[str, Any]) -> str:
    error = told.get("error")
    found = error.get("message") if isinstance(error, dict) else error or told.get("message")
    return found if isinstance(found, str) else ""
