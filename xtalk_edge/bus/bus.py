"""The event bus: typed facts from whoever knows to whoever must act. Loop thread only.

Every subscriber has one inbox and handles its events one at a time, in publication order,
however long a handler takes; subscribers do not wait for each other. Of one event, handlers of
higher priority start earlier. Plain handlers are called by the bus, at the end of the loop's
current turn; coroutine handlers run in a task of their inbox. Handlers run in the bus's own
context, not the publisher's. Audio does not belong here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from xtalk_edge.bus.dispatcher import Dispatcher
from xtalk_edge.bus.error_limiter import ErrorLimiter
from xtalk_edge.bus.handles import marked_methods
from xtalk_edge.bus.inbox import Entry, Inbox, Subscription, Track, name_of
from xtalk_edge.bus.stats import BusStats, HandlerStats
from xtalk_edge.clock import now_s
from xtalk_edge.errors import places_of, problem_of
from xtalk_edge.events import ErrorOccurred, Event

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Event)

INBOX_LIMIT = 1000
"""Waiting events; minutes of ordinary traffic (tens of events a second), a few hundred kB."""
CLOSE_GRACE_S = 3.0
"""How long handlers may take to finish when the bus closes; X-Talk's figure."""


class EventBus:
    """Carries events from publishers to subscribers."""

    def __init__(self, *, inbox_limit: int = INBOX_LIMIT, history: int = 0) -> None:
        self._inbox_limit = inbox_limit
        self._history: deque[Event] = deque(maxlen=history)
        self._dispatcher = Dispatcher(self._failed)
        self._inboxes: dict[int, Inbox] = {}
        self._subscriptions: list[Subscription] = []
        self._routes: dict[type[Event], tuple[Subscription, ...]] = {}
        self._seq = 0
        self._closed = False
        self._limiter = ErrorLimiter()
        self._stats = BusStats()

    # -- publishing ------------------------------------------------------------------------

    def publish(self, event: Event) -> None:
        """Put the event into the inbox of every subscriber; return at once."""
        self._post(event, None)

    def publish_threadsafe(self, event: Event) -> None:
        """Publish from another thread; events of one thread keep their order.

        Raises:
            RuntimeError: the bus has never been used on a loop, or the loop is closed.
        """
        loop = self._dispatcher.loop
        if loop is None:
            raise RuntimeError("subscribe on the event loop before publishing from a thread")
        loop.call_soon_threadsafe(self.publish, event)

    async def publish_and_wait(self, event: Event) -> None:
        """Publish and return when every handler is through, well or badly.

        A handler's own waiting is watched; that of tasks it starts is not, so a handler must not
        wait for such a task while the task waits for the handler's subscriber.

        Raises:
            RuntimeError: the caller is a handler that one of the event's handlers waits for,
                so that waiting would never end; nothing has been published.
        """
        me = self._dispatcher.current_inbox()
        if me is not None:
            for subscription in self._route(type(event)):
                if subscription.inbox.waits_for(me):
                    raise RuntimeError(
                        f"waiting for {type(event).__name__} in {me.name} would never end: "
                        f"{subscription.name} cannot start before; use publish"
                    )
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        track = Track(0, done)
        self._post(event, track)
        track.finish_if_empty()
        if me is None:
            await done
            return
        me.waiting = track
        try:
            await done
        finally:
            me.waiting = None

    def _post(self, event: Event, track: Track | None) -> None:
        if self._closed:
            self._stats.refused += 1
            return
        targets = self._routes.get(event.__class__)
        if targets is None:
            targets = self._route(event.__class__)
        self._seq = seq = self._seq + 1
        self._history.append(event)
        stats = self._stats
        for subscription in targets:
            inbox = subscription.inbox
            depth = len(inbox.queue)
            if depth >= inbox.limit and not inbox.make_room(event):
                continue
            if depth >= stats.max_inbox_depth:
                stats.max_inbox_depth = depth + 1
            inbox.queue.append((seq, event, subscription, track))
            if track is not None:
                track.pending.append(inbox)
        if targets:
            self._dispatcher.announce(seq, targets)

    def _failed(self, entry: Entry, exc: BaseException) -> None:
        """Log and announce a handler's failure; never the event's text, which may be speech."""
        _, event, subscription, track = entry
        subscription.stats.errors += 1
        component = f"Handler:{subscription.name}"
        kind = type(exc).__name__
        problem = problem_of(exc)
        depth = 1 if track is None else track.depth + 1
        allowed = self._limiter.allow(component, kind, depth, now_s())
        log.log(
            logging.ERROR if allowed else logging.DEBUG,
            "%s failed on %s: %s\n%s",
            component,
            type(event).__name__,
            problem,
            places_of(exc),
        )
        if allowed:
            error = ErrorOccurred(
                turn_id=event.turn_id,
                error_type="event_handler_error",
                error_message=f"{problem}, while handling {type(event).__name__}",
                component=component,
            )
            self._post(error, Track(depth, None))

    # -- subscribing -----------------------------------------------------------------------

    def subscribe(
        self,
        event_type: type[E],
        handler: Callable[[E], Any],
        priority: int = 0,
        *,
        owner: object | None = None,
    ) -> Subscription:
        """Call `handler` with every later event of the type, subclasses included.

        Subscriptions with the same `owner` share one inbox; without an owner each has its own.
        """
        self._dispatcher.bind()
        name = name_of(handler)
        if owner is None:
            inbox = Inbox(name, None, self._inbox_limit, self._stats)
            self._inboxes[id(inbox)] = inbox
        else:
            inbox = self._inboxes.get(id(owner)) or Inbox(
                type(owner).__qualname__, owner, self._inbox_limit, self._stats
            )
            self._inboxes[id(owner)] = inbox
        stats = self._stats.handlers.setdefault(name, HandlerStats())
        subscription = Subscription(event_type, handler, priority, inbox, stats)
        self._subscriptions.append(subscription)
        self._routes.clear()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; events still waiting for it are forgotten. Twice does no harm."""
        if not subscription.active:
            return
        subscription.active = False
        self._subscriptions.remove(subscription)
        self._routes.clear()
        inbox = subscription.inbox
        if any(other.inbox is inbox for other in self._subscriptions):
            return
        del self._inboxes[id(inbox if inbox.owner is None else inbox.owner)]
        inbox.discard()
        self._dispatcher.end(inbox)

    def register(self, manager: object) -> list[Subscription]:
        """Subscribe all methods marked by `@handles`, in one inbox."""
        return [
            self.subscribe(mark.event_type, method, mark.priority, owner=manager)
            for mark, method in marked_methods(manager)
        ]

    def _route(self, event_type: type[Event]) -> tuple[Subscription, ...]:
        """Return who hears this type, the highest priority first, else the first subscribed."""
        targets = self._routes.get(event_type)
        if targets is None:
            hearing = [s for s in self._subscriptions if issubclass(event_type, s.event_type)]
            targets = tuple(sorted(hearing, key=lambda s: -s.priority))
            self._routes[event_type] = targets
        return targets

    # -- watching --------------------------------------------------------------------------

    def stats(self) -> BusStats:
        """Return what the bus has counted so far."""
        handlers = {name: replace(one) for name, one in self._stats.handlers.items()}
        return replace(
            self._stats,
            published=self._seq,
            handled=sum(one.handled for one in handlers.values()),
            errors=sum(one.errors for one in handlers.values()),
            errors_held_back=self._limiter.held_back,
            handlers=handlers,
        )

    def history(self, event_type: type[E] = Event) -> list[E]:  # type: ignore[assignment]
        """Return the last published events of a type, oldest first; [] when none are kept."""
        return [event for event in self._history if isinstance(event, event_type)]

    async def drained(self) -> None:
        """Return when no handler runs and no event waits.

        Raises:
            RuntimeError: a handler asks, so it would wait for itself.
        """
        self._refuse_handlers("drained")
        await self._dispatcher.drained()

    async def aclose(self, grace_s: float = CLOSE_GRACE_S) -> None:
        """Take no more events, let handlers finish for `grace_s`, then cancel them.

        Raises:
            RuntimeError: a handler asks, so it would wait for itself.
        """
        self._refuse_handlers("aclose")
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._dispatcher.drained()
        await self._dispatcher.aclose()
        for inbox in self._inboxes.values():
            inbox.discard()

    def _refuse_handlers(self, what: str) -> None:
        inbox = self._dispatcher.current_inbox()
        if inbox is not None:
            raise RuntimeError(f"{what}() inside a handler of {inbox.name} would never end")
