"""A small stand-in for the package `xtalk`, so that what runs inside its server can be tested.

`installed("early")` puts it where `import xtalk` finds it. Its events, bus and managers do what is
documented of X-Talk, and no more. "early" has a bus that starts a task for each handler; "later"
one that takes a mode and calls handlers one after another, replies with names, and a gateway that
takes texts by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from tests.xtalk_stand_in import early_gateway, later_gateway
from tests.xtalk_stand_in.bus import Manager
from tests.xtalk_stand_in.events import Age, module_of_events
from tests.xtalk_stand_in.managers import OutputGateway
from tests.xtalk_stand_in.service import DefaultPipeline, DefaultService, Models, xtalk_of


@contextmanager
def installed(age: Age) -> Iterator[None]:
    """Let `import xtalk` find the stand-in while the block runs."""
    events = module_of_events(age)
    DefaultService.age, DefaultService.events = age, events
    gateway = early_gateway if age == "early" else later_gateway
    models: dict[str, object] = {"Models": Models} if age == "later" else {}
    if age == "early":
        models = {"DefaultPipeline": DefaultPipeline}
    modules = {
        "xtalk": _module(Xtalk=xtalk_of(age), DefaultService=DefaultService, **models),
        "xtalk.serving": _module(events=events),
        "xtalk.serving.events": events,
        "xtalk.serving.interfaces": _module(Manager=Manager),
        "xtalk.serving.modules": _module(input_gateway=gateway),
        "xtalk.serving.modules.input_gateway": gateway,
        "xtalk.serving.modules.output_gateway": _module(OutputGateway=OutputGateway),
    }
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def _module(**contents: object) -> ModuleType:
    made = ModuleType("stand_in")
    made.__dict__.update(contents)
    return made
