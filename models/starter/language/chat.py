"""How a conversation becomes the brain's text: tokens, chat template, tool calls; no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

START = "<|im_start|>"
END = "<|im_end|>"
PAD = "<|endoftext|>"
CALL = "<tool_call>"
CALL_END = "</tool_call>"

ASKED = f"{START}user\n"
ANSWERED = f"{END}\n{START}assistant\n"
TOLD = f"{END}\n{START}tool\n"

CONTROL = (PAD, START, END, ASKED, ANSWERED, TOLD)
"""Tokens that never show in text. What always stands together is one token: less to read."""

REPLACED = (
    ("’", "'"), ("?", ""), ("!", ""), (",", ""), ('"', ""), ("...", " "), (". ", " "), (": ", " "),
    ("   ", " "), ("  ", " "),
)  # fmt: skip
"""What `normalise` and the template replace, in this order."""


def normalise(text: str) -> str:
    """Return text as the template hands it to the brain: lower case, no sentence punctuation.

    Of several lines the last: an unanswered question may stand before the present one.
    """
    text = f"{text.strip().split(chr(10))[-1]} ".lower()
    for old, new in REPLACED:
        text = text.replace(old, new)
    return text.strip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'"


def _filters() -> str:
    return " | ".join(f"replace({_quoted(old)}, {_quoted(new)})" for old, new in REPLACED)


# The system prompt and the tools' descriptions are dropped: this brain knows its tools by heart.
# So is all that came before the last thing the user said, but for the question before it when that
# was answered by a tool call: then the question and the call are shown, since "make it ten" may
# mean them. A tool's result is kept only after the last question.
TEMPLATE = (
    "{%- set ns = namespace(last=-1, before=-1) -%}"
    "{%- for m in messages -%}{%- if m.role == 'user' -%}{%- set ns.before = ns.last -%}"
    "{%- set ns.last = loop.index0 -%}{%- endif -%}{%- endfor -%}"
    "{%- macro call(m) -%}{%- for c in m.tool_calls -%}"
    "{%- set f = c.function if c.function else c -%}"
    """{{- '<tool_call>\\n{"name": "' ~ f.name ~ '", "arguments": ' -}}"""
    "{{- f.arguments if f.arguments is string else f.arguments | tojson -}}"
    "{{- '}\\n</tool_call>' -}}{%- endfor -%}{%- endmacro -%}"
    "{%- macro said(m) -%}{{- '<|im_start|>' ~ m.role ~ '\\n' -}}"
    "{%- if m.role == 'user' -%}"
    "{{- ((m.content | trim).split('\\n') | last ~ ' ') | lower | " + _filters() + " | trim -}}"
    "{%- elif m.tool_calls -%}{{- call(m) -}}"
    "{%- else -%}{{- m.content -}}{%- endif -%}{{- '<|im_end|>\\n' -}}{%- endmacro -%}"
    "{%- if ns.before >= 0 -%}{%- set m = messages[ns.before + 1] -%}"
    "{%- if m.role == 'assistant' and (m.tool_calls or m.content.startswith('<tool_call>')) -%}"
    "{{- said(messages[ns.before]) ~ said(m) -}}{%- endif -%}{%- endif -%}"
    "{%- for m in messages -%}{%- if ns.last >= 0 and loop.index0 >= ns.last -%}"
    "{{- said(m) -}}{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A thing said before and the call that answered it."""

    text: str
    answer: str


def prompt(text: str, before: Exchange | None = None) -> str:
    """Return the text before the brain's answer to `text`, which is taken as it is."""
    earlier = f"{prompt(before.text)}{before.answer}{END}\n" if before else ""
    return f"{earlier}{ASKED}{text}{ANSWERED}"


def prompt_after(asked: str, answer: str, result: str) -> str:
    """Return the text in which the brain, asked by a prompt, has called a tool and has its result.

    Its own words are enough: the brain adds none.
    """
    return f"{asked}{answer}{TOLD}{result}{ANSWERED}"


def call(name: str, arguments: Mapping[str, Any]) -> str:
    """Return the answer that calls a tool."""
    body = json.dumps({"name": name, "arguments": dict(arguments)}, ensure_ascii=False)
    return f"{CALL}\n{body}\n{CALL_END}"


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


CALL_CLOSE = f"}}}}\n{CALL_END}"


def whole_parts(answer: str) -> Iterable[str]:
    """Yield the parts of an answer that are one token each, visible in the text.

    So the choice of a tool, of an argument, or of a fixed sentence is one probability to read.
    """
    called = read_call(answer)
    if called is None:
        yield answer
        return
    name, arguments = called
    yield CALL
    yield f'\n{{"name": "{name}", "arguments": {{'
    comma = ""
    for key, value in arguments.items():
        quote = '"' if isinstance(value, str) else ""
        yield f'{comma}"{key}": {quote}'
        comma = ", "
    yield CALL_CLOSE
