"""Two buses and the base of managers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from tests.xtalk_stand_in.events import Event
from xtalk_edge.tasks import TaskOwner

Handler = Callable[[Any], Awaitable[None]]


class Bus:
    """Who handles what, the highest priority first."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[tuple[int, Handler]]] = defaultdict(list)
        self.errors: list[Exception] = []
        self.tasks = TaskOwner()

    def subscribe(self, kind: type[Event] | str, handler: Handler, priority: int = 0) -> None:
        """Have events of a kind handled."""
        found = self._handlers[kind if isinstance(kind, str) else kind.__name__]
        found.append((priority, handler))
        found.sort(key=lambda each: -each[0])

    def _handlers_of(self, event: Event) -> list[Handler]:
        return [handler for _, handler in self._handlers[event.event_type]]

    async def _handle(self, handler: Handler, event: Event) -> None:
        """Handle an event; errors never reach who published it."""
        try:
            await handler(event)
        except Exception as error:  # noqa: BLE001 - as X-Talk's does; tests look at it
            self.errors.append(error)

    def _start(self, event: Event) -> list[asyncio.Task[None]]:
        return [
            self.tasks.start(self._handle(handler, event), event.event_type)
            for handler in self._handlers_of(event)
        ]


class EarlyBus(Bus):
    """A task for each handler; who waits, waits for all of them together."""

    async def publish(self, event: Event, wait_for_completion: bool = False) -> bool:
        """Have an event handled."""
        tasks = self._start(event)
        if wait_for_completion:
            await asyncio.gather(*tasks)
        return True


class LaterBus(Bus):
    """Who waits has handlers called one after another."""

    async def publish(self, event: Event, mode: str = "return_after_dispatch") -> bool:
        """Have an event handled."""
        if mode == "return_after_dispatch":
            self._start(event)
        elif mode == "wait_until_complete":
            for handler in self._handlers_of(event):
                await self._handle(handler, event)
        else:
            raise ValueError(mode)
        return True


class _ListenerMeta(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        for name in dir(cls):
            for kind, priority in getattr(getattr(cls, name), "handles", ()):
                made.event_bus.subscribe(kind, getattr(made, name), priority)
        return made


class Manager(metaclass=_ListenerMeta):
    """What managers inherit: their handlers are subscribed when they are made."""

    @staticmethod
    def event_handler(
        kind: type[Event] | str, *, priority: int = 0
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Mark a method as the handler of a kind of event."""

        def mark(method: Callable[..., Any]) -> Callable[..., Any]:
            method.__dict__.setdefault("handles", []).append((kind, priority))
            return method

        return mark

    async def shutdown(self) -> None:
        """End with the session."""
