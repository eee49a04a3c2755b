"""Makes event classes at run time, for managers added from a configuration file."""

from __future__ import annotations

import dataclasses
from typing import Any

from xtalk_edge.events import Event


def create_event_class(
    name: str, /, *, droppable: bool = False, **fields: type[Any] | tuple[type[Any], Any]
) -> type[Event]:
    """Return a new event class in the style of `events.py`.

    A field is given as its type, or as `(type, default)`; a `dataclasses.field` may stand for
    the default. Fields without a default must be given when the event is made.

    Raises:
        TypeError: a name is no Python name or is taken, or a default can be changed in place.
    """
    specs: list[Any] = []
    for field_name, spec in fields.items():
        if field_name in ("turn_id", "at_s"):
            raise TypeError(f"every event already has the field {field_name!r}")
        if isinstance(spec, tuple):
            kind, default = spec
            if not isinstance(default, dataclasses.Field):
                default = dataclasses.field(default=default)
            specs.append((field_name, kind, default))
        else:
            specs.append((field_name, spec))
    if not name.isidentifier():
        raise TypeError(f"an event's name must be a Python name, not {name!r}")
    try:
        return dataclasses.make_dataclass(
            name,
            specs,
            bases=(Event,),
            namespace={"droppable": droppable, "__doc__": f"{name}, made at run time."},
            frozen=True,
            slots=True,
            kw_only=True,
        )
    except ValueError as exc:  # what dataclasses say about a list or dict as default
        raise TypeError(f"event {name}: {exc}") from exc
