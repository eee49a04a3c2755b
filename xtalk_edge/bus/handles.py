"""Marks the methods of a manager that handle events.

A subclass inherits the marks: overriding a marked method keeps its subscription, marking the
override replaces the subscription, and `method = None` removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from xtalk_edge.events import Event

F = TypeVar("F", bound=Callable[..., Any])

_MARKS = "__event_marks__"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorated method wants to hear."""

    event_type: type[Event]
    priority: int
    enabled_if: Callable[[Any], bool] | None


def handles(
    event_type: type[Event], priority: int = 0, enabled_if: Callable[[Any], bool] | None = None
) -> Callable[[F], F]:
    """Mark a method as handler of `event_type`; several marks on one method add up.

    `enabled_if` is asked with the manager when it is registered; false leaves this mark out.
    """

    def mark(method: F) -> F:
        marks = (Mark(event_type, priority, enabled_if), *getattr(method, _MARKS, ()))
        setattr(method, _MARKS, marks)
        return method

    return mark


def marked_methods(manager: object) -> Iterator[tuple[Mark, Callable[[Any], Any]]]:
    """Yield every enabled mark of the manager with its bound method, in order of definition."""
    found: dict[str, tuple[Mark, ...]] = {}
    for cls in reversed(type(manager).__mro__):
        for name, value in vars(cls).items():
            marks = getattr(value, _MARKS, None)
            if marks is not None:
                found[name] = marks
            elif value is None:
                found.pop(name, None)
    for name, marks in found.items():
        for mark in marks:
            if mark.enabled_if is None or mark.enabled_if(manager):
                yield mark, getattr(manager, name)
