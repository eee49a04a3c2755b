"""The held-out phrasings keep to the contract of the tools they are judged by."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from xtalk_edge.tools.arguments import check_arguments
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

DATA = Path(__file__).parents[1] / "data"
EXAMS = ("household", "visitors")
TYPED = {"household": 0.35, "visitors": 0.1}
"""Least share of an exam that is written as people type: with capitals and punctuation."""

TEXT = {"type": "string"}
WHOLE = {"type": "integer", "minimum": 0}
HOUR = {"type": "integer", "minimum": 0, "maximum": 23}
MINUTE = {"type": "integer", "minimum": 1, "maximum": 59}


def one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


PERIOD = one_of("am", "pm")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = one_of("today", "tomorrow", *WEEKDAYS)
DURATION = {"hours": WHOLE, "minutes": WHOLE, "seconds": WHOLE}
WHEN = {"hour": HOUR, "minute": MINUTE, "period": PERIOD, "day": DAY}

CONTRACT: dict[str, dict[str, Any]] = {
    "set_timer": {**DURATION, "name": TEXT},
    "change_timer": {"change": one_of("to", "add", "subtract"), **DURATION, "name": TEXT},
    "cancel_timer": {"name": TEXT},
    "timer_left": {"name": TEXT},
    "set_alarm": {
        **WHEN,
        "repeat": one_of("daily", "weekdays", "weekends", "weekly"),
        "name": TEXT,
    },
    "change_alarm": {**WHEN, "name": TEXT},
    "cancel_alarm": {**WHEN, "name": TEXT},
    "list_alarms": {},
    "snooze": {"minutes": WHOLE},
    "clear_all": {"what": one_of("timers", "alarms", "notes", "shopping list", "memories")},
    "get_time": {"place": TEXT},
    "get_date": {"date": TEXT},
    "shift_date": {
        "count": WHOLE,
        "unit": one_of("days", "weeks", "months", "years"),
        "direction": one_of("ahead", "ago"),
    },
    "days_until": {"date": TEXT},
    "set_volume": {"percent": {"type": "integer", "minimum": 0, "maximum": 100}},
    "change_volume": {"direction": one_of("up", "down")},
    "mute": {},
    "unmute": {},
    "stop": {},
    "repeat": {},
    "help": {},
    "tell_joke": {},
    "change_voice": {"voice": TEXT},
    "change_speed": {"direction": one_of("faster", "slower", "normal")},
    "add_note": {"text": TEXT},
    "read_notes": {},
    "delete_note": {"text": TEXT},
    "add_item": {"item": TEXT, "list": TEXT},
    "remove_item": {"item": TEXT, "list": TEXT},
    "read_list": {"list": TEXT},
    "remember": {"text": TEXT},
    "recall": {"about": TEXT},
    "forget": {"about": TEXT},
    "calculate": {"expression": TEXT},
    "convert": {"value": {"type": "number"}, "from_unit": TEXT, "to_unit": TEXT},
    "flip_coin": {},
    "roll_dice": {"count": WHOLE, "sides": WHOLE},
    "switch_device": {"device": TEXT, "state": one_of("on", "off")},
    "device_state": {"device": TEXT},
    "system_status": {
        "what": one_of("address", "temperature", "disk", "memory", "uptime", "network", "cloud")
    },
    "restart": {},
}
REQUIRED = {
    "change_timer": ("change",),
    "clear_all": ("what",),
    "shift_date": ("count", "unit", "direction"),
    "days_until": ("date",),
    "set_volume": ("percent",),
    "change_volume": ("direction",),
    "change_speed": ("direction",),
    "calculate": ("expression",),
    "convert": ("value", "from_unit", "to_unit"),
    "switch_device": ("state",),
    "system_status": ("what",),
}
AT_LEAST = {"in": 470, "out": 260, "follow-up": 110}
EXPRESSION = re.compile(r"\d+(\.\d+)?( [-+*/] \d+(\.\d+)?){1,2}")
LEADING = re.compile(r"(the|an?|some|my|our) ")

Row = dict[str, Any]


def read(name: str) -> list[Row]:
    text = (DATA / f"{name}_phrasings.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


BY_EXAM = {name: read(name) for name in EXAMS}
ROWS = [row for rows in BY_EXAM.values() for row in rows]
STARTER_ROWS = read("starter")


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())


def calls() -> list[Row]:
    """Every call that is expected, and every call that a follow-up follows."""
    said = [*ROWS, *(row["before"] for row in ROWS if "before" in row), *STARTER_ROWS]
    return [row for row in said if row["tool"]]


def free_strings(row: Row) -> dict[str, str]:
    """The arguments that are copied from what was said."""
    schemas = CONTRACT[row["tool"]]
    return {
        name: value
        for name, value in row["arguments"].items()
        if schemas[name] == TEXT and name != "expression"
    }


@pytest.mark.parametrize("exam", EXAMS)
def test_there_are_enough_rows_of_each_kind(exam: str) -> None:
    kinds = Counter(row["kind"] for row in BY_EXAM[exam])
    assert set(kinds) == set(AT_LEAST)
    for kind, least in AT_LEAST.items():
        assert kinds[kind] >= least, kind


def test_rows_have_the_fields_of_their_kind() -> None:
    fields = {"text", "tool", "arguments", "kind"}
    for row in ROWS:
        follows = row["kind"] == "follow-up"
        assert set(row) == (fields | {"before"} if follows else fields), row
        assert bool(row["tool"]) is (row["kind"] == "in") or follows, row
        assert row["tool"] or not row["arguments"], row
        if follows:
            assert set(row["before"]) == {"text", "tool", "arguments"}, row


@pytest.mark.parametrize("exam", EXAMS)
def test_every_tool_is_asked_for(exam: str) -> None:
    asked = Counter(row["tool"] for row in BY_EXAM[exam] if row["kind"] == "in")
    assert set(asked) == set(CONTRACT)
    assert min(asked.values()) >= 5


def test_every_call_keeps_to_the_contract() -> None:
    for row in calls():
        assert row["tool"] in CONTRACT, row
        schemas, arguments = CONTRACT[row["tool"]], row["arguments"]
        assert check_arguments(schemas, REQUIRED.get(row["tool"], ()), arguments) == "", row
        assert list(arguments) == [name for name in schemas if name in arguments], row


def test_every_call_is_accepted_by_the_tools_themselves() -> None:
    tools = {tool.name: tool for tool in BUILTIN_TOOLS}
    if missing := sorted(set(CONTRACT) - set(tools)):
        pytest.skip(f"not built in yet: {', '.join(missing)}")
    for row in calls():
        found = tools[row["tool"]]
        assert check_arguments(found.properties, found.required, row["arguments"]) == "", row


def test_strings_are_copied_from_what_was_said() -> None:
    for row in calls():
        before = row.get("before", {"text": "", "arguments": {}})
        said = f"{plain(row['text'])} {plain(before['text'])}"
        for name, value in free_strings(row).items():
            assert value == value.lower(), row
            if "before" in row:
                assert set(plain(value).split()) <= set(said.split()), row
            else:
                assert f" {plain(value)} " in f" {said} ", row
            if name != "text" or row["tool"] == "delete_note":
                assert not LEADING.match(value), row


def test_sums_are_written_out() -> None:
    sums = [row for row in calls() if row["tool"] == "calculate"]
    assert sums
    for row in sums:
        assert EXPRESSION.fullmatch(row["arguments"]["expression"]), row


def test_no_text_is_asked_twice() -> None:
    texts = Counter(plain(row["text"]) for row in (*ROWS, *STARTER_ROWS))
    assert [text for text, times in texts.items() if times > 1] == []


@pytest.mark.parametrize("exam", EXAMS)
def test_some_texts_are_typed_and_some_are_heard(exam: str) -> None:
    rows = BY_EXAM[exam]
    typed = sum(bool(re.search(r"[A-Z.?!,:]", row["text"])) for row in rows)
    assert TYPED[exam] < typed / len(rows) < 0.65
