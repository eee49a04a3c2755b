"""What the bus keeps for one subscriber: its waiting events, in publication order.

Loop thread only. The bus alone decides when an entry is handled.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import islice
from typing import Any, TypeAlias

from xtalk_edge.bus.stats import BusStats, HandlerStats
from xtalk_edge.events import Event

log = logging.getLogger(__name__)

Handler = Callable[[Any], Any]
"""Takes one event; may be a coroutine function. What it returns is not used."""


def name_of(handler: Handler) -> str:
    """Return the handler's name as it shows in statistics and errors."""
    return getattr(handler, "__qualname__", None) or type(handler).__qualname__


class Subscription:
    """One handler of one event type. End it with `bus.unsubscribe`."""

    __slots__ = (
        "active", "event_type", "handler", "inbox", "is_async", "name", "priority", "stats",
    )  # fmt: skip

    def __init__(
        self,
        event_type: type[Event],
        handler: Handler,
        priority: int,
        inbox: Inbox,
        stats: HandlerStats,
    ) -> None:
        self.event_type = event_type
        self.handler = handler
        self.priority = priority
        self.inbox = inbox
        self.name = name_of(handler)
        self.is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
            getattr(handler, "__call__", None)  # noqa: B004 - asks for its kind, not whether it is
        )
        self.active = True
        self.stats = stats


class Track:
    """Follows one publication to its end; most have none."""

    __slots__ = ("depth", "done", "pending")

    def __init__(self, depth: int, done: asyncio.Future[None] | None) -> None:
        self.depth = depth
        """How many failures deep an `ErrorOccurred` is; 0 for all other events."""
        self.done = done
        self.pending: list[Inbox] = []
        """The inboxes that still hold the event, once per handler."""

    def release(self, inbox: Inbox) -> None:
        """Note that one handler of `inbox` is through with the event, or will never see it."""
        self.pending.remove(inbox)
        self.finish_if_empty()

    def finish_if_empty(self) -> None:
        """Wake whoever waits, when nobody holds the event any more."""
        if not self.pending and self.done is not None and not self.done.done():
            self.done.set_result(None)


Entry: TypeAlias = tuple[int, Event, Subscription, Track | None]
"""Sequence number, event, handler and follower; a plain tuple because one is made per handling."""


class Inbox:
    """The events of one subscriber. Attributes are plain because the bus's hot path uses them."""

    __slots__ = (
        "begun", "busy", "closed", "limit", "name", "owner", "queue", "stats", "task", "waiting",
        "wake", "warned",
    )  # fmt: skip

    def __init__(self, name: str, owner: object, limit: int, stats: BusStats) -> None:
        self.name = name
        self.owner = owner
        self.limit = limit
        self.stats = stats
        self.queue: deque[Entry] = deque()
        self.busy = False
        """Whether its task has work; the bus then leaves this inbox alone."""
        self.task: asyncio.Task[None] | None = None
        self.wake: asyncio.Future[None] | None = None
        self.begun: tuple[Entry, Coroutine[Any, Any, Any]] | None = None
        """A coroutine that a handler, thought to be plain, has returned."""
        self.waiting: Track | None = None
        """The publication its running handler waits for."""
        self.closed = False
        self.warned = False

    def make_room(self, event: Event) -> bool:
        """Drop the oldest droppable event of a full inbox; tell whether `event` may enter.

        A fact that must not be lost enters even when nothing can be dropped.
        """
        queue = self.queue
        for index, (_, waiting, _, track) in enumerate(islice(queue, self.limit)):
            if waiting.droppable:
                del queue[index]
                self.stats.dropped += 1
                if track is not None:
                    track.release(self)
                return True
        if event.droppable:
            self.stats.dropped += 1
            return False
        if not self.warned:
            self.warned = True
            log.warning(
                "inbox of %s is full (%d events) and grows: its handler is too slow",
                self.name,
                len(queue),
            )
        return True

    def discard(self) -> None:
        """Forget all waiting events and let go whoever waits for them."""
        while self.queue:
            track = self.queue.popleft()[3]
            if track is not None:
                track.release(self)

    def waits_for(self, other: Inbox) -> bool:
        """Tell whether this inbox cannot go on before `other` does."""
        seen: set[Inbox] = set()
        ahead: list[Inbox] = [self]
        while ahead:
            inbox = ahead.pop()
            if inbox is other:
                return True
            if inbox not in seen:
                seen.add(inbox)
                ahead.extend(inbox.waiting.pending if inbox.waiting is not None else ())
        return False
