"""`xtalk-edge bench bus`: events a second, and microseconds from publication to handling."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Protocol

import click

from xtalk_edge.bus import EventBus
from xtalk_edge.events import Event

SUBSCRIBERS = (1, 3, 10)
ROUNDS = 5
"""All buses take turns so often, so that a busy moment of the machine meets all of them."""
PACED_PER_S = 2000
"""Some forty times the traffic of a conversation."""
PACED_S = 0.4
"""Of each round: 4000 delays a row in all, forty of them above the 99th percentile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchEvent(Event):
    """Something happened at `published_s`, on the performance counter."""

    published_s: float


Handler = Callable[[BenchEvent], object]


class Bus(Protocol):
    """What both buses can do."""

    def publish(self, event: BenchEvent) -> None:
        """Hand the event to every subscriber; return at once."""

    async def drained(self) -> None:
        """Return when everything is handled."""

    async def aclose(self) -> None:
        """End its tasks."""


class TaskPerHandlerBus:
    """The simple way, and X-Talk's: every event starts one task for every subscriber."""

    def __init__(self) -> None:
        self._handlers: list[Callable[[BenchEvent], Awaitable[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: asyncio.Future[None] | None = None

    def subscribe(self, handler: Callable[[BenchEvent], Awaitable[None]]) -> None:
        """Call `handler` with every later event."""
        self._handlers.append(handler)

    def publish(self, event: BenchEvent) -> None:
        """Start the tasks."""
        loop = asyncio.get_running_loop()
        for handler in self._handlers:
            task = loop.create_task(self._handle(handler, event))
            self._tasks.add(task)
            task.add_done_callback(self._on_done)

    async def drained(self) -> None:
        """Return when all tasks have ended."""
        if self._tasks:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle

    async def aclose(self) -> None:
        """Return when all tasks have ended."""
        await self.drained()

    async def _handle(
        self, handler: Callable[[BenchEvent], Awaitable[None]], event: BenchEvent
    ) -> None:
        await handler(event)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


@dataclass(frozen=True, slots=True)
class Row:
    """What one bus did with one number of subscribers."""

    bus: str
    subscribers: int
    burst_events_per_s: float
    paced_p50_us: float
    paced_p99_us: float


@click.command()
@click.option(
    "--events",
    type=click.IntRange(100, 1_000_000),
    default=5_000,
    show_default=True,
    help="Events in one burst.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(events: int, as_json: bool) -> None:
    """Measure the event bus beside a bus that starts a task for every handler.

    \b
    burst   events published at once, a second, until the last handler is through
            (the events are made beforehand; the median of five bursts)
    paced   2000 events a second, one at a time; microseconds from publication to
            each handler: half are faster than p50, one in a hundred slower than p99

    "plain" handlers are functions, "coroutine" handlers `async def`; the other bus
    knows only those, and loses the order of events when handlers wait.

    The buses take turns, five rounds each, because figures depend on what else the
    machine does: compare rows of one run only. Garbage collection stays on, as in
    the appliance, and is run once before each round.

    \b
    Example:
      xtalk-edge bench bus --events 50000
    """
    rows = asyncio.run(_measure_all(events))
    if as_json:
        click.echo(json.dumps({"events": events, "rows": [asdict(row) for row in rows]}, indent=2))
        return
    click.echo(
        f"{'subscribers':>11}  {'bus':30} {'burst events/s':>15} {'p50 us':>8} {'p99 us':>8}"
    )
    for row in rows:
        click.echo(
            f"{row.subscribers:11}  {row.bus:30} {row.burst_events_per_s:15,.0f}"
            f" {row.paced_p50_us:8.1f} {row.paced_p99_us:8.1f}"
        )


class _Course:
    """One bus under measurement."""

    def __init__(self, name: str, subscribers: int, events: int) -> None:
        self._name = name
        self._subscribers = subscribers
        self._events = events
        self._delays_s: list[float] = []
        self._paced_s: list[float] = []
        self._rates: list[float] = []
        self._bus = _BUSES[name](subscribers, events, self._delays_s)

    async def run(self) -> None:
        """Measure one burst and one paced stretch."""
        gc.collect()
        self._rates.append(await _burst(self._bus, self._events))
        self._delays_s.clear()
        await _pace(self._bus)
        self._paced_s += self._delays_s

    async def finish(self) -> Row:
        """Close the bus and return the figures."""
        await self._bus.aclose()
        percentiles_s = statistics.quantiles(self._paced_s, n=100)
        return Row(
            bus=self._name,
            subscribers=self._subscribers,
            burst_events_per_s=round(statistics.median(self._rates)),
            paced_p50_us=round(percentiles_s[49] * 1e6, 1),
            paced_p99_us=round(percentiles_s[98] * 1e6, 1),
        )


async def _measure_all(events: int) -> list[Row]:
    rows = []
    for subscribers in SUBSCRIBERS:
        courses = [_Course(name, subscribers, events) for name in _BUSES]
        for _ in range(ROUNDS):
            for course in courses:
                await course.run()
        rows += [await course.finish() for course in courses]
    return rows


async def _burst(bus: Bus, events: int) -> float:
    """Return events a second."""
    batch = [BenchEvent(published_s=0.0) for _ in range(events)]
    start_s = perf_counter()
    for event in batch:
        bus.publish(event)
    await bus.drained()
    return events / (perf_counter() - start_s)


async def _pace(bus: Bus) -> None:
    """Publish at a steady rate."""
    start_s = perf_counter()
    for number in range(round(PACED_PER_S * PACED_S)):
        # The loop's timers are a millisecond coarse, so the due time is waited for by turns.
        while perf_counter() < start_s + number / PACED_PER_S:  # noqa: ASYNC110
            await asyncio.sleep(0)
        bus.publish(BenchEvent(published_s=perf_counter()))
    await bus.drained()


def _plain(delays_s: list[float]) -> Callable[[BenchEvent], None]:
    def on_event(event: BenchEvent) -> None:
        delays_s.append(perf_counter() - event.published_s)

    return on_event


def _coroutine(delays_s: list[float]) -> Callable[[BenchEvent], Awaitable[None]]:
    async def on_event(event: BenchEvent) -> None:
        delays_s.append(perf_counter() - event.published_s)

    return on_event


def _event_bus(
    make_handler: Callable[[list[float]], Handler],
) -> Callable[[int, int, list[float]], Bus]:
    def make(subscribers: int, events: int, delays_s: list[float]) -> Bus:
        bus = EventBus(inbox_limit=events)
        for _ in range(subscribers):
            bus.subscribe(BenchEvent, make_handler(delays_s))
        return bus

    return make


def _task_per_handler(subscribers: int, _events: int, delays_s: list[float]) -> Bus:
    bus = TaskPerHandlerBus()
    for _ in range(subscribers):
        bus.subscribe(_coroutine(delays_s))
    return bus


_BUSES: dict[str, Callable[[int, int, list[float]], Bus]] = {
    "xtalk-edge, plain handlers": _event_bus(_plain),
    "xtalk-edge, coroutine handlers": _event_bus(_coroutine),
    "task per handler": _task_per_handler,
}
