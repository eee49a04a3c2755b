"""Events are small frozen facts with their units in their names; new ones can be made."""

import asyncio
import dataclasses
import inspect
import pickle
import typing

import pytest

from xtalk_edge import errors, events
from xtalk_edge.bus import EventBus, create_event_class
from xtalk_edge.bus.error_limiter import (
    COOLDOWN_S,
    MAX_DEPTH,
    MAX_PER_WINDOW,
    WINDOW_S,
    ErrorLimiter,
)
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import AudioGap, Event, LoopLagged, TTSPaused

EVENTS = [
    kind
    for _, kind in inspect.getmembers(events, inspect.isclass)
    if issubclass(kind, Event) and kind is not Event
]
_SAMPLES = {
    str: "x",
    int: 1,
    float: 0.5,
    float | None: 0.5,
    bool: True,
    dict[str, typing.Any]: {"a": 1},
}


def example(kind: type[Event]) -> Event:
    """Return an event of the class with something in every field that must be given."""
    hints = typing.get_type_hints(kind)
    given: dict[str, typing.Any] = {
        field.name: _SAMPLES[hints[field.name]]
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    return kind(**given)


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_a_frozen_slotted_fact(kind: type[Event]) -> None:
    event = example(kind)
    assert dataclasses.is_dataclass(event)
    assert not hasattr(event, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.turn_id = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(event)) == event
    assert kind.__doc__


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_carries_no_audio(kind: type[Event]) -> None:
    assert not {bytes, bytearray, memoryview} & set(typing.get_type_hints(kind).values())


@pytest.mark.parametrize("kind", EVENTS)
def test_numbers_of_time_say_their_unit(kind: type[Event]) -> None:
    for name, hint in typing.get_type_hints(kind).items():
        timelike = any(word in name for word in ("lag", "latency", "delay", "duration", "wait"))
        if timelike and hint in (int, float, float | None):
            assert name.endswith(("_s", "_ms")), f"{kind.__name__}.{name}"


def test_an_event_knows_when_it_was_made() -> None:
    async def main() -> None:
        await asyncio.sleep(2.5)
        assert TTSPaused().at_s == now_s() == pytest.approx(2.5)

    run_virtual(main())
    assert TTSPaused().turn_id == 0


def test_only_measurements_may_be_dropped() -> None:
    assert [kind for kind in EVENTS if kind.droppable] == [LoopLagged]


# -- made at run time ------------------------------------------------------------------------


def test_a_new_event_class_is_like_the_others() -> None:
    door = create_event_class("DoorOpened", name=str, times=(int, 1))
    event = door(name="front", turn_id=3)  # type: ignore[call-arg]
    assert issubclass(door, Event)
    assert (event.name, event.times, event.turn_id) == ("front", 1, 3)  # type: ignore[attr-defined]
    assert repr(event).startswith("DoorOpened(turn_id=3, at_s=")
    assert not hasattr(event, "__dict__")
    assert not door.droppable
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.times = 2  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="name"):
        door()


def test_a_new_event_may_be_droppable_and_hold_lists() -> None:
    level = create_event_class(
        "Levels", droppable=True, db=(list[float], dataclasses.field(default_factory=list))
    )
    assert level.droppable
    assert level().db == []  # type: ignore[attr-defined]


def test_a_new_event_travels_on_the_bus() -> None:
    async def main() -> None:
        bus = EventBus()
        door = create_event_class("DoorOpened")
        seen: list[Event] = []
        bus.subscribe(door, seen.append)
        await bus.publish_and_wait(door())
        await bus.publish_and_wait(TTSPaused())
        assert len(seen) == 1

    run_virtual(main())


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("not a name", {}),
        ("Door", {"turn_id": int}),
        ("Door", {"class": int}),
        ("Door", {"items": (list, [])}),
    ],
)
def test_an_impossible_event_class_is_refused(name: str, fields: dict[str, typing.Any]) -> None:
    with pytest.raises(TypeError):
        create_event_class(name, **fields)


# -- errors ----------------------------------------------------------------------------------


def test_every_error_has_the_exit_code_that_is_documented() -> None:
    kinds = EdgeError.__subclasses__()
    own = [kind for kind in kinds if kind.__module__ == errors.__name__]
    assert {kind.__name__: kind.exit_code for kind in own} == {
        "ConfigError": 2,
        "ModelError": 3,
        "EngineError": 4,
        "DeviceError": 5,
        "UnwellError": 75,
        "UplinkError": 1,
        "LinkError": 1,
    }
    assert all(kind.__doc__ for kind in own)
    assert str(errors.DeviceError("the card is gone; plug it in")) == "the card is gone; plug it in"
    for code in (2, 3, 4, 5):
        assert f"exit {code}" in (errors.__doc__ or "")


def test_an_error_of_one_kind_is_let_through_once_in_its_cooldown() -> None:
    limiter = ErrorLimiter()
    assert limiter.allow("a", "x", 1, 0.0)
    assert not limiter.allow("a", "x", 1, COOLDOWN_S / 2)
    assert limiter.allow("a", "y", 1, COOLDOWN_S / 2)
    assert limiter.allow("b", "x", 1, COOLDOWN_S / 2)
    assert limiter.allow("a", "x", 1, COOLDOWN_S)
    assert limiter.held_back == 1


def test_errors_of_all_kinds_together_are_limited() -> None:
    limiter = ErrorLimiter()
    allowed = [limiter.allow(str(n), "x", 1, n * 0.01) for n in range(30)]
    assert sum(allowed) == MAX_PER_WINDOW
    assert limiter.held_back == 30 - MAX_PER_WINDOW
    assert limiter.allow("late", "x", 1, WINDOW_S)


def test_errors_about_errors_are_let_through_only_so_deep() -> None:
    limiter = ErrorLimiter()
    assert limiter.allow("a", "x", MAX_DEPTH, 0.0)
    assert not limiter.allow("b", "x", MAX_DEPTH + 1, 0.0)


def test_a_gap_says_where_and_why() -> None:
    gap = AudioGap(at_sample=16_000, samples=160, reason="overrun")
    assert (gap.at_sample, gap.samples, gap.reason) == (16_000, 160, "overrun")
