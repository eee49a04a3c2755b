"""Every engine keeps every promise of its slot: what `xtalk-edge engines check` asks of others'."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import models
from xtalk_edge.engines import registry
from xtalk_edge.engines.promises import PROMISES, Promise

ASKED = [
    pytest.param(slot, name, promise, id=f"{slot}-{name}-{promise.says}")
    for slot in registry.slots()
    for name in registry.names(slot)
    for promise in PROMISES[slot]
]


def test_every_slot_has_promises() -> None:
    assert sorted(PROMISES) == sorted(registry.slots())
    assert all([*promises] for promises in PROMISES.values())


@pytest.mark.parametrize(("slot", "name", "promise"), ASKED)
def test_it_is_kept(slot: str, name: str, promise: Promise, tmp_path: Path) -> None:
    promise.ask(models.maker(slot, name, tmp_path))
