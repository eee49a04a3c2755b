"""From the chunks of a streamed chat completion to text and tool calls (pure).

Servers differ: some send a call in fragments, some whole, some without its index, some in the
older form `function_call`, and some leave it in the text between the model's own tags. What a model
thinks before it answers is never spoken.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from xtalk_edge.engines.agent.tool_grammar import CLOSE, OPEN
from xtalk_edge.engines.agent.tool_parse import SpeechFilter, parse_call
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.json_object import json_object

LONGEST_REPLY_CHARS = 20_000
"""Twenty minutes of speech: whoever says more goes round in circles."""

LONGEST_ARGUMENTS_CHARS = 16_384
"""A long note has some thousand; tools check what they take more strictly."""

LONGEST_NAME_CHARS = 64
"""The limit of the interface itself."""

MOST_CALLS = 16
"""In one answer: nobody asks for more in one breath."""

NO_ANSWER = "the server sends what is no chat completion; check agent.base_url"


@dataclass(frozen=True, slots=True)
class Asked:
    """A tool call as the model wrote it."""

    name: str
    arguments: dict[str, Any] | None
    """None where they are not what they should be."""
    problem: str = ""
    """What is wrong with the arguments, for the model."""


@dataclass(slots=True)
class _Fragments:
    """A tool call that is still being written."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    def add(self, name: str, arguments: str) -> None:
        # Some servers repeat the name with every fragment.
        if name != self.name and len(self.name) <= LONGEST_NAME_CHARS:
            self.name += name
        if len(self.arguments) <= LONGEST_ARGUMENTS_CHARS:
            self.arguments += arguments


class StreamedAnswer:
    """One answer of a model, put together from the events of a stream."""

    def __init__(self) -> None:
        self.finish = ""
        """Why the model stopped, as the server says it: "stop", "length" and so on; "" while it
        goes on."""
        self.is_full = False
        """Whether it is longer than anybody listens."""
        self.has_begun = False
        """Whether there is text or a call."""
        self._is_done = False
        self._speech = SpeechFilter()
        self._content = ""
        self._calls: dict[int, _Fragments] = {}

    @property
    def is_ending(self) -> bool:
        """Whether only the end of the stream is still to come."""
        return self._is_done or bool(self.finish)

    def feed(self, event: str) -> str:
        """Return what may be spoken now; "" is nothing yet.

        Raises:
            UplinkError: the server tells of an error, or this is no chat completion.
        """
        if self._is_done or self.is_full or not event.strip():
            return ""
        if event.strip() == "[DONE]":
            self._is_done = True
            return ""
        choice = _choice(event)
        said = choice.get("delta")
        # A server that does not stream sends the whole message.
        said = said if isinstance(said, dict) else choice.get("message")
        spoken = ""
        if isinstance(said, dict):
            self._take_calls(said)
            spoken = self._take_text(_text(said.get("content")) + _text(said.get("refusal")))
        if isinstance(reason := choice.get("finish_reason"), str):
            self.finish = reason
        self.has_begun = self.has_begun or bool(spoken.strip() or self._calls)
        return spoken

    def end(self) -> str:
        """Return what was held back, now that nothing follows."""
        return self._speech.flush()

    def calls(self) -> list[Asked]:
        """Return the calls in the order in which the model numbered them."""
        asked = [_read(self._calls[index]) for index in sorted(self._calls)]
        return asked or self._written_out()

    def _take_text(self, text: str) -> str:
        left = LONGEST_REPLY_CHARS - len(self._content)
        if len(text) > left:
            text = text[:left]
            self.finish, self.is_full = "length", True
        self._content += text
        return self._speech.feed(text)

    def _take_calls(self, said: dict[str, Any]) -> None:
        for each in _dicts(said.get("tool_calls")):
            self._take_fragment(each, each.get("function"))
        self._take_fragment({"index": 0}, said.get("function_call"))

    def _take_fragment(self, fragment: dict[str, Any], function: object) -> None:
        if not isinstance(function, dict):
            return
        name, id = _text(function.get("name")), _text(fragment.get("id"))
        index = self._place(fragment.get("index"), id, name)
        if index is None:
            return
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        call = self._calls.setdefault(index, _Fragments(id))
        call.add(name, _text(arguments))

    def _place(self, index: object, id: str, name: str) -> int | None:
        """Return the number of the call that a fragment belongs to; None where there are too many.

        Some servers number nothing, or every call with 0; then each has an id of its own.
        """
        last = max(self._calls, default=-1)
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            same = [each for each, call in self._calls.items() if id and call.id == id]
            index = same[0] if same else last + bool(name or last < 0)
        elif index in self._calls and name and id and id != self._calls[index].id:
            same = [each for each, call in self._calls.items() if call.id == id]
            index = same[0] if same else last + 1
        return index if index in self._calls or len(self._calls) < MOST_CALLS else None

    def _written_out(self) -> list[Asked]:
        """Return the calls in the text, where a server leaves them that does not look for them."""
        if not self._speech.found:
            return []
        written = self._content[len(self._speech.before) :].split(OPEN)[1 : MOST_CALLS + 1]
        calls = [parse_call(each.partition(CLOSE)[0]) for each in written]
        return [Asked(call.name, call.arguments) for call in calls if call is not None]


def _choice(event: str) -> dict[str, Any]:
    """Return the answer in an event, empty where it is about something else."""
    chunk = json_object(event)
    if chunk is None:
        raise UplinkError(NO_ANSWER)
    if chunk.get("error") or chunk.get("object") == "error":
        raise UplinkError(f"the server broke off with an error{error_code(chunk)}; see its log")
    choices = chunk.get("choices")
    if choices is None and not {"usage", "id", "object", "model"} & chunk.keys():
        raise UplinkError(NO_ANSWER)
    choice = choices[0] if isinstance(choices, list) and choices else {}
    return choice if isinstance(choice, dict) and not choice.get("index") else {}


def error_code(answer: dict[str, Any]) -> str:
    """Return what a server calls its error, in brackets behind a space; "" where it is no word.

    Its sentence is left out: it may quote what was said, or part of the key.
    """
    error = answer.get("error")
    found = error if isinstance(error, dict) else answer
    for key in ("code", "type"):
        code = str(found.get(key) or "")
        if code.isascii() and code.replace("_", "").isalnum() and len(code) <= LONGEST_NAME_CHARS:
            return f" ({code})"
    return ""


def _text(value: object) -> str:
    """Return text, also where it comes in parts, and "" for anything else."""
    if isinstance(value, str):
        return value
    return "".join(_text(part.get("text")) for part in _dicts(value))


def _dicts(value: object) -> list[dict[str, Any]]:
    """Return what is as it should be in a list; nothing where it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _read(call: _Fragments) -> Asked:
    """Return a call whose last fragment has come."""
    name = call.name if len(call.name) <= LONGEST_NAME_CHARS else ""
    if len(call.arguments) > LONGEST_ARGUMENTS_CHARS:
        return Asked(name, None, "the arguments are too long")
    written = call.arguments.strip()
    if not written or written == "null":
        return Asked(name, {})
    try:
        arguments, end = _DECODER.raw_decode(written)
        # No number may be left that cannot be told to the server again.
        json.dumps(arguments, allow_nan=False)
    except (ValueError, RecursionError):
        return Asked(name, None, "the arguments are no valid JSON")
    rest = written[end:].strip()
    # A call that was sent twice is one call.
    if not isinstance(arguments, dict) or rest not in ("", written[:end]):
        return Asked(name, None, "the arguments are no JSON object")
    return Asked(name, arguments)


_DECODER = json.JSONDecoder()


def model_names(body: bytes) -> list[str]:
    """Return the models in a server's list of them; none where it is no list."""
    told = json_object(body) or {}
    named = [_text(each.get("id")) for each in _dicts(told.get("data"))]
    return [name for name in named if name]
