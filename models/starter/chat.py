"""How a conversation becomes the brain's text: tokens, chat template, tool calls; no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

START = "<|im_start|>"
END = "<|im_end|>"
PAD = "<|endoftext|>"
CALL = "<tool_call>"
CALL_END = "</tool_call>"

CONTROL = (PAD, START, END)
"""Tokens that never show in text."""

VISIBLE = (
    CALL, CALL_END, '{"name": "', '", "arguments": {', "get_time", "get_date", "set_timer",
    "cancel_timer", "timer_left", "set_volume", "change_volume", "tell_joke", '"hours": ',
    '"minutes": ', '"seconds": ', '"name": "', '"percent": ', '"direction": "', '"expression": "',
)  # fmt: skip
"""Tokens that do. A call's fixed parts are one token each: fewer steps to make, and the choice of
a tool is one probability to read."""

REPLACED = (
    ("’", "'"), ("?", ""), ("!", ""), (",", ""), ('"', ""), ("...", " "), (". ", " "), (": ", " "),
    ("   ", " "), ("  ", " "),
)  # fmt: skip
"""What `normalise` and the template replace, in this order."""


def normalise(text: str) -> str:
    """Return text as the template hands it to the brain: lower case, no sentence punctuation."""
    text = f"{text} ".lower()
    for old, new in REPLACED:
        text = text.replace(old, new)
    return text.strip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'"


def _filters() -> str:
    return " | ".join(f"replace({_quoted(old)}, {_quoted(new)})" for old, new in REPLACED)


# The system prompt and the tools' descriptions are dropped: this brain knows its tools by heart.
# So is all that came before the last thing the user said; a tool's result after it is kept.
TEMPLATE = (
    "{%- set ns = namespace(last=0) -%}"
    "{%- for m in messages -%}{%- if m.role == 'user' -%}{%- set ns.last = loop.index0 -%}"
    "{%- endif -%}{%- endfor -%}"
    "{%- for m in messages -%}{%- if loop.index0 >= ns.last and m.role != 'system' -%}"
    "{{- '<|im_start|>' ~ m.role ~ '\\n' -}}"
    "{%- if m.role == 'user' -%}{{- (m.content ~ ' ') | lower | " + _filters() + " | trim -}}"
    "{%- elif m.tool_calls -%}{%- for call in m.tool_calls -%}"
    "{%- set f = call.function if call.function else call -%}"
    """{{- '<tool_call>\\n{"name": "' ~ f.name ~ '", "arguments": ' -}}"""
    "{{- f.arguments if f.arguments is string else f.arguments | tojson -}}"
    "{{- '}\\n</tool_call>' -}}{%- endfor -%}"
    "{%- else -%}{{- m.content -}}{%- endif -%}"
    "{{- '<|im_end|>\\n' -}}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def turn(role: str, content: str) -> str:
    """Return one finished message."""
    return f"{START}{role}\n{content}{END}\n"


def prompt(text: str, role: str = "user") -> str:
    """Return the text before the brain's answer to `text`, which is taken as it is."""
    return f"{turn(role, text)}{START}assistant\n"


def call(name: str, arguments: Mapping[str, Any]) -> str:
    """Return the answer that calls a tool."""
    return f"{CALL}\n{json.dumps({'name': name, 'arguments': dict(arguments)})}\n{CALL_END}"


def read_call(answer: str) -> tuple[str, dict[str, Any]] | None:
    """Return the name and arguments of the tool an answer calls, or None if it calls none.

    Raises:
        ValueError: a call that is not complete, or not JSON.
    """
    if CALL not in answer:
        return None
    body, closed, _ = answer.partition(CALL)[2].partition(CALL_END)
    if not closed:
        raise ValueError(f"unfinished tool call: {answer!r}")
    said = json.loads(body)
    return said["name"], said["arguments"]
