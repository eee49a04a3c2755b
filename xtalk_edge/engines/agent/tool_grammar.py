"""From tool schemas to a grammar in which only well-formed calls can be written (pure).

The text is the GBNF of llama.cpp. It starts where `<tool_call>` ends, has every call in one
canonical form, and bounds digits and lengths, so that generation always comes to an end; ranges
are checked when the tool runs.
"""

from __future__ import annotations

import json
from typing import Any

OPEN = "<tool_call>"
CLOSE = "</tool_call>"

DEFAULT_MAX_LENGTH = 64
"""Characters of a text argument when its schema sets no limit."""

DEFAULT_MAX_ITEMS = 8
"""Items of a list argument when its schema sets no limit."""

DEFAULT_DIGITS = 6
"""Digits of a number without bounds: a million of anything is enough by voice."""

FRACTION_DIGITS = 4

CHARACTER = r'[^"\\<>\x00-\x1F\x7F]'
"""Any character that stands for itself in JSON; angle brackets could forge the closing tag."""


def tool_grammar(schemas: list[dict[str, Any]]) -> str:
    """Return the grammar of one call of any of the tools (OpenAI function schemas), to `CLOSE`.

    Raises:
        ValueError: there is no tool, or an argument's type has no grammar.
    """
    if not schemas:
        raise ValueError("a grammar needs at least one tool")
    rules = [f'root ::= "\\n"? call "\\n"? {_literal(CLOSE)}']
    names = []
    for index, schema in enumerate(schemas):
        function = schema["function"]
        prefix = f"t{index}"
        names.append(prefix)
        head = '{"name": ' + json.dumps(function["name"]) + ', "arguments": {'
        body = _arguments(function.get("parameters") or {}, prefix, rules)
        rules.append(f"{prefix} ::= {_literal(head)} {body}{_literal('}}')}")
    rules.insert(1, f"call ::= {' | '.join(names)}")
    return "\n".join(rules) + "\n"


def longest_call(schemas: list[dict[str, Any]]) -> int:
    """Return the most characters a call can have, tags included."""
    longest = 0
    for schema in schemas:
        function = schema["function"]
        characters = len(f'\n{{"name": "{function["name"]}", "arguments": }}\n' + OPEN + CLOSE)
        longest = max(longest, characters + _longest_object(function.get("parameters") or {}))
    return longest


def _arguments(parameters: dict[str, Any], prefix: str, rules: list[str]) -> str:
    """Return the rule text between the braces: arguments in schema order, optional ones may lack.

    Rule `-f{i}` is what may follow when nothing was written yet, `-n{i}` when something was.
    """
    properties: dict[str, Any] = parameters.get("properties") or {}
    required = set(parameters.get("required") or ())
    items = list(properties.items())
    if not items:
        return ""
    for index, (name, schema) in enumerate(items):
        value = _value(schema, f"{prefix}-v{index}", rules)
        rules.append(f"{prefix}-a{index} ::= {_literal(json.dumps(name) + ': ')} {value}")
        last = index + 1 == len(items)
        after = "" if last else f" {prefix}-n{index + 1}"
        for kind, comma in (("f", ""), ("n", _literal(", ") + " ")):
            if kind == "n" and index == 0:
                continue
            rule = f"{prefix}-{kind}{index} ::= {comma}{prefix}-a{index}{after}"
            if name not in required:
                rule += ' | ""' if last else f" | {prefix}-{kind}{index + 1}"
            rules.append(rule)
    return f"{prefix}-f0 "


def _value(schema: dict[str, Any], prefix: str, rules: list[str]) -> str:
    if "enum" in schema:
        return f"({' | '.join(_literal(json.dumps(value)) for value in schema['enum'])})"
    kind = schema.get("type")
    if kind == "boolean":
        return '("true" | "false")'
    if kind == "integer":
        return _digits(schema)
    if kind == "number":
        return f'{_digits(schema)} ("." [0-9]{{1,{FRACTION_DIGITS}}})?'
    if kind == "string":
        return f'"\\"" {CHARACTER}{{1,{_max_length(schema)}}} "\\""'
    if kind == "array" and "items" in schema:
        item = _value(schema["items"], prefix, rules)
        more = f' (", " {item}){{0,{_max_items(schema) - 1}}}' if _max_items(schema) > 1 else ""
        return f'"[" ({item}{more})? "]"'
    if kind == "object" and "properties" in schema:
        return f'"{{" {_arguments(schema, prefix, rules)}"}}"'
    raise ValueError(f"an argument of type {kind!r} cannot be written in a tool call")


def _digits(schema: dict[str, Any]) -> str:
    sign = "" if schema.get("minimum", -1) >= 0 else '"-"? '
    more = _digit_count(schema) - 1
    return f'{sign}("0" | [1-9]{f" [0-9]{{0,{more}}}" if more else ""})'


def _digit_count(schema: dict[str, Any]) -> int:
    if "maximum" not in schema:
        return DEFAULT_DIGITS
    bounds = (schema.get("minimum", 0), schema["maximum"])
    return max(len(str(abs(int(bound)))) for bound in bounds)


def _max_length(schema: dict[str, Any]) -> int:
    return int(schema.get("maxLength", DEFAULT_MAX_LENGTH))


def _max_items(schema: dict[str, Any]) -> int:
    return int(schema.get("maxItems", DEFAULT_MAX_ITEMS))


def _longest_object(schema: dict[str, Any]) -> int:
    members = (schema.get("properties") or {}).items()
    return len("{}") + sum(len(f'"{n}": , ') + _longest_value(value) for n, value in members)


def _longest_value(schema: dict[str, Any]) -> int:
    if "enum" in schema:
        return max(len(json.dumps(value)) for value in schema["enum"])
    if schema.get("type") == "string":
        return _max_length(schema) + len('""')
    if schema.get("type") == "array":
        return len("[]") + _max_items(schema) * (len(", ") + _longest_value(schema["items"]))
    if schema.get("type") == "object":
        return _longest_object(schema)
    return max(len("false"), len("-.") + _digit_count(schema) + FRACTION_DIGITS)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
