"""Opens an engine where it belongs: on a thread of its own, or in a process of its own."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from xtalk_edge.config.engine import NONE
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines import registry
from xtalk_edge.engines.graphics import is_there, is_wanted
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.isolated_agent import IsolatedAgent
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import ConfigError

_OF_THE_SLOT = {"wake": ("phrase", "threshold", "refractory_s"), "stop_word": ("threshold",)}
"""Settings of a slot itself that its engines may take."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Hosted:
    """A running engine and the worker on which its blocking methods must be called."""

    running: ClassVar[weakref.WeakSet[Hosted]] = weakref.WeakSet()
    """All of this process; for the event loop's thread."""

    engine: Any
    worker: Worker
    _closed: bool = False

    def __post_init__(self) -> None:
        self.running.add(self)

    @property
    def has_died(self) -> bool:
        """Whether the engine's own process has died, and nobody is about to find out."""
        apart = isinstance(self.engine, IsolatedEngine | IsolatedAgent)
        return apart and self.worker.idle and not self.engine.is_alive

    def silent_s(self) -> float:
        """Return for how long the engine has been at work and has given nothing."""
        if isinstance(self.engine, IsolatedAgent):
            return self.engine.silent_s()
        return self.worker.busy_s()

    async def revive(self) -> None:
        """Start the engine's process again if it has died; raises EngineError if that fails."""
        if isinstance(self.engine, IsolatedAgent):
            await self.engine.revive()
        elif isinstance(self.engine, IsolatedEngine):
            await self.worker.run(self.engine.revive)

    def stop_hanging(self) -> None:
        """End the engine's own process, which does not answer, if it has one."""
        if isinstance(self.engine, IsolatedEngine | IsolatedAgent):
            self.engine.stop_hanging()

    async def aclose(self) -> None:
        """Close the engine and its worker; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        self.running.discard(self)
        try:
            await self.worker.run(self.engine.close)
        finally:
            self.worker.close()


@contextlib.asynccontextmanager
async def hosted(slot: str, config: EngineConfig) -> AsyncIterator[Hosted]:
    """Load the slot's engine off the loop; close it and its worker at the end, if not earlier."""
    async with contextlib.aclosing(await open_hosted(slot, config)) as home:
        yield home


async def enter_chosen(
    stack: contextlib.AsyncExitStack, slot: str, config: EngineConfig
) -> Hosted | None:
    """Load the slot's engine until `stack` is closed; None where the settings choose none."""
    if config.type == NONE:
        return None
    return await stack.enter_async_context(hosted(slot, config))


async def open_hosted(slot: str, config: EngineConfig) -> Hosted:
    """Load the slot's engine off the loop; whoever asks closes it. Raises as `create`."""
    worker = Worker(slot)
    try:
        return Hosted(await worker.run(lambda: create(slot, config)), worker)
    except BaseException:
        worker.close()
        raise


def check(config: Config, slots: Iterable[str] = registry.slots()) -> None:
    """Say what is wrong with the choice of engines before any is loaded.

    Raises:
        ConfigError: a type or setting is unknown; the message begins with the place it stands at.
        EngineError: a class does not fit its slot, or its package is missing.
    """
    for slot in slots:
        usual: EngineConfig = getattr(config, slot)
        for chosen in (usual, *config.alternatives.get(slot, {}).values()):
            check_choice(slot, chosen)


def check_choice(slot: str, config: EngineConfig) -> None:
    """Say what is wrong with one engine before it is loaded; raises as `check`."""
    with _placed(slot, config):
        cls = registry.check(slot, config.type, params_of(slot, config))
        _check_isolation(slot, config, cls)


def _check_isolation(slot: str, config: EngineConfig, cls: type[Any]) -> None:
    reason = getattr(cls, "thread_only", "")
    if config.isolation == "process" and reason:
        raise ConfigError(
            f"{slot}.isolation: {config.type} cannot have a process of its own, because {reason}; "
            "remove the setting"
        )


def without_graphics(config: Config, slots: Iterable[str] = registry.slots()) -> list[str]:
    """Return the slots whose engines should compute on a graphics processor and cannot here."""
    chosen = {slot: getattr(config, slot) for slot in slots}
    return [
        slot
        for slot, each in chosen.items()
        if is_wanted(each.params)
        and not is_there(getattr(registry.check(slot, each.type, each.params), "computes_by", ""))
    ]


def params_of(slot: str, config: EngineConfig) -> dict[str, Any]:
    """Return what an engine is given: its own settings, and those of the slot that it takes.

    Raises:
        ConfigError, EngineError: there is no such engine, or it cannot be imported.
    """
    of_slot = {name: getattr(config, name, None) for name in _OF_THE_SLOT.get(slot, ())}
    given = {name: value for name, value in of_slot.items() if value is not None}
    return registry.taken(slot, config.type, given) | config.params


def create(slot: str, config: EngineConfig) -> Any:
    """Load an engine where its isolation says.

    Raises:
        ConfigError: a setting is wrong; the message begins with the place it stands at.
        EngineError, ModelError: the engine or its model cannot be had.
    """
    isolation = config.isolation
    if isolation == "auto":
        isolation = registry.default_isolation(slot, config.type)
    with _placed(slot, config):
        params = params_of(slot, config)
        if isolation == "thread":
            return registry.create(slot, config.type, params)
        _check_isolation(slot, config, registry.check(slot, config.type, params))
        if slot == "agent":
            return IsolatedAgent(config.type, params)
        return IsolatedEngine(slot, config.type, params)


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
