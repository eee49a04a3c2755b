"""Opens an engine where it belongs: on a thread of its own, or in a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines import registry
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Hosted:
    """A running engine and the worker on which its blocking methods must be called."""

    engine: Any
    worker: Worker


@contextlib.asynccontextmanager
async def hosted(slot: str, config: EngineConfig) -> AsyncIterator[Hosted]:
    """Load the slot's engine off the loop; close it and its worker at the end."""
    worker = Worker(slot)
    try:
        engine = await worker.run(lambda: create(slot, config))
        try:
            yield Hosted(engine, worker)
        finally:
            await worker.run(engine.close)
    finally:
        worker.close()


def check(config: Config) -> None:
    """Say what is wrong with the choice of engines before any is loaded.

    Raises:
        ConfigError: a type or setting is unknown; the message begins with the place it stands at.
        EngineError: a class does not fit its slot, or its package is missing.
    """
    for slot in registry.slots():
        chosen: EngineConfig = getattr(config, slot)
        with _placed(slot, chosen):
            registry.check(slot, chosen.type, chosen.params)


def create(slot: str, config: EngineConfig, **shared: Any) -> Any:
    """Load an engine where its isolation says; `shared` are settings all of the slot take.

    Raises:
        ConfigError: a setting is wrong; the message begins with the place it stands at.
        EngineError, ModelError: the engine or its model cannot be had.
    """
    isolation = config.isolation
    if isolation == "auto":
        isolation = registry.default_isolation(slot, config.type)
    load = IsolatedEngine if isolation == "process" else registry.create
    with _placed(slot, config):
        return load(slot, config.type, {**shared, **config.params})


@contextlib.contextmanager
def _placed(slot: str, config: EngineConfig) -> Iterator[None]:
    """Put the file and line before what an engine says about one of its settings."""
    try:
        yield
    except ConfigError as error:
        for name, place in config.places.items():
            mention = f"{slot}.{name}:"
            if str(error).startswith(mention):
                raise ConfigError(f"{place}:{str(error)[len(mention) :]}") from error
        raise
