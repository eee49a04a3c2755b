"""From the conversation to the body of a request for a chat completion (pure).

Calls are numbered here: the ids that servers give them are as different as their rules about them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.engines.agent.conversation import Conversation, Turn
from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.engines.agent.stamp import Stamp
from xtalk_edge.engines.interfaces import ToolCall

Wire = dict[str, Any]
"""A message as the interface has it."""

Done = tuple[ToolCall, str]
"""A call, and what the model is told of it."""

TAKEN = ("messages", "stream", "tools")
"""What nobody else may say."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, in parts that may leave the device or not."""

    body: Wire
    text_bytes: int
    """Of what was said, and what the model is told about itself."""
    tools_bytes: int
    """Of what tools can do, were asked, and answered."""

    def encoded(self, renamed: Mapping[str, str]) -> bytes:
        """Return it as JSON, some of its keys under the names this server has for them."""
        body = {renamed.get(key, key): value for key, value in self.body.items()}
        # Half of a character is no text anywhere else.
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Wording:
    """What every request of an agent has in common."""

    persona: str
    model: str
    temperature: float | None
    max_tokens: int
    """0 for as many as the server allows."""
    extra: Mapping[str, Any] = field(default_factory=dict)


class Requests:
    """Writes the requests of one agent.

    Args:
        wording: what they have in common.
        conversation: the past.
        stamp: tells date, time and the like.
        history_chars: longest past the model is shown.
    """

    def __init__(
        self, wording: Wording, conversation: Conversation, stamp: Stamp, *, history_chars: int
    ) -> None:
        self._wording = wording
        self._conversation = conversation
        self._stamp = stamp
        self._history_chars = history_chars
        self._schemas: list[dict[str, Any]] = []

    def use_tools(self, schemas: list[dict[str, Any]]) -> None:
        """Describe these tools to the model."""
        self._schemas = schemas

    def turn(self, text: str) -> Turn:
        """Return a turn to be answered, which knows what time it is and the like."""
        return Turn(text, self._stamp.text())

    def begun(self) -> None:
        """Let the next question have a time of its own."""
        self._stamp.renew()

    def request(
        self, turn: Turn, done: Sequence[Done], *, with_tools: bool, may_call: bool
    ) -> Request:
        """Return what to ask for a turn.

        Args:
            turn: what is being answered.
            done: the calls of this turn, those included that came to nothing.
            with_tools: whether tools, and what came of them, may be told at all.
            may_call: whether the model may call any now.
        """
        persona = self._wording.persona
        system = [_said("system", persona)] if persona else []
        now = [_said("user", turn.asked), *_called(done, said=harmless(turn.reply))]
        messages = _numbered(_merged([*system, *self._past(turn, with_tools), *now]))
        body: Wire = {"messages": messages, "stream": True}
        if self._wording.model:
            body["model"] = self._wording.model
        if self._wording.max_tokens:
            body["max_tokens"] = self._wording.max_tokens
        if self._wording.temperature is not None:
            body["temperature"] = self._wording.temperature
        if with_tools and self._schemas:
            body["tools"] = self._schemas
            if not may_call:
                body["tool_choice"] = "none"
        body |= self._wording.extra
        offered = [body["tools"]] if "tools" in body else []
        of_tools = [*offered, *filter(_is_of_tools, messages)]
        tools_bytes = sum(_size(each) for each in of_tools)
        return Request(body, _size(body) - tools_bytes, tools_bytes)

    def _past(self, turn: Turn, with_tools: bool) -> list[Wire]:
        """Return as much of the past as may be shown.

        When it is too long, the older half is hidden at once: what servers remember of the
        beginning of a conversation holds as long as that does not change.
        """
        while True:
            turns = self._conversation.past(turn)
            messages = [message for each in turns for message in _told(each, with_tools)]
            if not turns or sum(_size(each) for each in messages) <= self._history_chars:
                return messages
            self._conversation.hide(turns[: (len(turns) + 1) // 2])


def _told(turn: Turn, with_tools: bool) -> list[Wire]:
    """Return a turn of the past; what was heard of the reply stands behind the calls."""
    calls = _called(turn.answered_calls()) if with_tools else []
    said = [_said("assistant", harmless(turn.reply))] if turn.reply else []
    return [_said("user", turn.asked), *calls, *said]


def _called(done: Sequence[Done], said: str = "") -> list[Wire]:
    """Return calls and their answers, one after another; with the first one, what was said."""
    messages: list[Wire] = []
    for call, answer in done:
        function = {"name": call.name, "arguments": json.dumps(call.arguments)}
        called = {**_said("assistant", said), "tool_calls": [{"function": function}]}
        messages += [called, _said("tool", answer)]
        said = ""
    return messages


def _merged(messages: list[Wire]) -> list[Wire]:
    """Return the chat with neighbours of one role joined: strict servers want them to alternate."""
    result: list[Wire] = []
    for each in messages:
        last = result[-1] if result else {}
        plain = not (_is_of_tools(each) or _is_of_tools(last))
        if plain and last.get("role") == each["role"]:
            result[-1] = _said(each["role"], f"{last['content']}\n{each['content']}")
        else:
            result.append(each)
    return result


def _numbered(messages: list[Wire]) -> list[Wire]:
    """Return the chat with ids that tell which answer belongs to which call."""
    result: list[Wire] = []
    count = 0
    for each in messages:
        if "tool_calls" in each:
            count += 1
            called = [{"id": _id(count), "type": "function", **call} for call in each["tool_calls"]]
            result.append({**each, "tool_calls": called})
        elif each["role"] == "tool":
            result.append({**each, "tool_call_id": _id(count)})
        else:
            result.append(each)
    return result


def _id(number: int) -> str:
    # Nine letters and digits: the only ids that every server takes.
    return f"call{number:05}"


def _is_of_tools(message: Wire) -> bool:
    return "tool_calls" in message or message.get("role") == "tool"


def _said(role: str, content: str) -> Wire:
    return {"role": role, "content": content}


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
