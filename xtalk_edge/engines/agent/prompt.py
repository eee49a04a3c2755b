"""From a conversation to the exact text a chat model was trained to continue (pure)."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from xtalk_edge.clock import wall_now
from xtalk_edge.engines.agent.tool_grammar import CLOSE, OPEN
from xtalk_edge.errors import ModelError

CHATML = (
    "{% for message in messages %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The commonest chat format, for models that do not say."""

TOOL_INSTRUCTIONS = f"""

You may call one of these tools to answer the user:
<tools>
%s
</tools>
To call a tool, reply with nothing but its name and arguments as JSON between these tags:
{OPEN}
{{"name": "tool_name", "arguments": {{"argument": "value"}}}}
{CLOSE}"""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a chat: role is system, user, assistant or tool."""

    role: str
    content: str


class ChatTemplate:
    """A model's own chat template, run in a sandbox.

    Raises:
        ModelError: the template cannot be read, or fails on every conversation.
    """

    def __init__(self, source: str = "", *, bos: str = "", eos: str = "") -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[loopcontrols, _GenerationMarks],
        )
        environment.filters["tojson"] = _to_json
        environment.globals.update(
            raise_exception=_refuse, strftime_now=_strftime_now, bos_token=bos, eos_token=eos
        )
        self._own_tools = OPEN in source
        try:
            self._template = environment.from_string(source or CHATML)
        except jinja2.TemplateError as error:
            raise ModelError(f"the model's chat template cannot be read ({error})") from error

    def render(self, messages: Sequence[Message], tools: list[dict[str, Any]] | None = None) -> str:
        """Return the prompt up to where the assistant begins to speak."""
        if tools and not self._own_tools:
            # A template with another idea of tools would teach calls nobody here understands.
            messages = _with_instructions([_as_text(each) for each in messages], tools)
            tools = None
        messages = merged(messages)
        try:
            return self._render(messages, tools)
        except jinja2.TemplateError as first:
            # Some models know no system role: its text then opens the user's first message.
            try:
                return self._render(_without_system(messages), tools)
            except jinja2.TemplateError:
                raise ModelError(f"the model's chat template fails ({first})") from first

    def _render(self, messages: Sequence[Message], tools: list[dict[str, Any]] | None) -> str:
        return self._template.render(
            messages=[{"role": m.role, "content": m.content} for m in messages],
            tools=tools,
            add_generation_prompt=True,
            enable_thinking=False,
        )


def harmless(text: str) -> str:
    """Return the text without control characters and the brackets that mark roles in a chat.

    Speech has none; a typed text that has them could speak in the system's name.
    """
    return re.sub(r"\s*[<>|\[\]{}\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*", " ", text).strip()


def merged(messages: Sequence[Message]) -> list[Message]:
    """Return the chat with neighbours of one role joined, as strict templates demand."""
    result: list[Message] = []
    for message in messages:
        if result and result[-1].role == message.role:
            joined = f"{result[-1].content}\n{message.content}"
            result[-1] = Message(message.role, joined)
        else:
            result.append(message)
    return result


def _as_text(message: Message) -> Message:
    if message.role != "tool":
        return message
    return Message("user", f"<tool_response>\n{message.content}\n</tool_response>")


def _with_instructions(
    messages: Sequence[Message], tools: list[dict[str, Any]]
) -> Sequence[Message]:
    instructions = TOOL_INSTRUCTIONS % "\n".join(_to_json(tool) for tool in tools)
    if messages and messages[0].role == "system":
        return [Message("system", messages[0].content + instructions), *messages[1:]]
    return [Message("system", instructions.strip()), *messages]


def _without_system(messages: Sequence[Message]) -> list[Message]:
    return merged([Message("user", m.content) if m.role == "system" else m for m in messages])


class _GenerationMarks(Extension):
    """Accepts the `generation` blocks that training templates put around replies."""

    tags = {"generation"}  # noqa: RUF012 - declared so by jinja2

    def parse(self, parser: Parser) -> list[Node]:
        """Return the block's content as if the marks were not there."""
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _to_json(value: Any, indent: int | None = None, **_options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _strftime_now(layout: str) -> str:
    now: datetime.datetime = wall_now()
    return now.strftime(layout)
