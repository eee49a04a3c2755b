"""Facts about the agent's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xtalk_edge.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMFirstChunk(Event):
    """The agent gave its first piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMFirstSentence(Event):
    """The first speakable clause is complete."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMAgentResponseUpdate(Event):
    """The reply so far, as generated (not as heard)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMAgentResponseFinish(Event):
    """The agent is done; `text` is the whole reply as generated."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallOccurred(Event):
    """The agent called a tool."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResultOccurred(Event):
    """A tool answered."""

    name: str
    content: str
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoughtUpdated(Event):
    """A note about the conversation so far was written anew."""

    text: str = ""
    is_final: bool = False
