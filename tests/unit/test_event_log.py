from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xtalk_edge.bus import EventBus, create_event_class
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import ASRResultFinal, ErrorOccurred, ToolCallOccurred, TurnStateChanged
from xtalk_edge.managers.event_log import EventLogManager, as_record
from xtalk_edge.turn.actions import State


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def logged(path: Path, *events) -> list[dict[str, Any]]:
    async def scene():
        bus = EventBus()
        log = EventLogManager(event_bus=bus, config=Config(), path=path)
        bus.register(log)
        for event in events:
            bus.publish(event)
        await bus.drained()
        # Whoever follows the file sees each event at once.
        followed = read(path)
        await log.shutdown()
        await bus.aclose()
        log.close()
        assert read(path) == followed

    run_virtual(scene())
    return [json.loads(line) for line in read(path).splitlines()]


def test_every_event_is_a_line_of_json(tmp_path):
    doorbell: Any = create_event_class("DoorbellRang", floor=int, notes=(dict, None))
    lines = logged(
        tmp_path / "events.jsonl",
        ASRResultFinal(turn_id=3, at_s=1.23456789, text='Grüße, "Nabu"\n你好'),
        ToolCallOccurred(turn_id=3, at_s=2.0, name="set_timer", args={"minutes": 10, "x": [1.5]}),
        TurnStateChanged(at_s=3.0, state=State.SPEAKING),
        doorbell(at_s=4.0, floor=2),
    )
    assert lines == [
        {
            "event": "ASRResultFinal",
            "at_s": 1.234568,
            "turn_id": 3,
            "text": 'Grüße, "Nabu"\n你好',
            "confidence": 0.0,
            "display_text": "",
            "semantic_tag": "<complete>",
        },
        {
            "event": "ToolCallOccurred",
            "at_s": 2.0,
            "turn_id": 3,
            "name": "set_timer",
            "args": {"minutes": 10, "x": [1.5]},
        },
        {"event": "TurnStateChanged", "at_s": 3.0, "turn_id": 0, "state": "speaking"},
        {"event": "DoorbellRang", "at_s": 4.0, "turn_id": 0, "floor": 2, "notes": None},
    ]


def test_what_json_does_not_know_is_written_as_text(tmp_path):
    odd: Any = create_event_class("OddThing", where=Path)
    lines = logged(tmp_path / "events.jsonl", odd(where=Path("/tmp")))
    assert [line["event"] for line in lines] == ["OddThing"]
    assert lines[0]["where"] == "/tmp"


def test_a_record_begins_with_what_every_event_has():
    record = as_record(ErrorOccurred(error_type="x", error_message="y", component="z"))
    assert list(record)[:3] == ["event", "at_s", "turn_id"]


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path):
    with pytest.raises(DeviceError, match=r"nowhere.*cannot be written: No such file"):
        EventLogManager(
            event_bus=EventBus(), config=Config(), path=tmp_path / "nowhere" / "events.jsonl"
        )
