"""The bus keeps order, loses nothing it must not lose, and says what went wrong."""

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import (
    ASRResultFinal,
    ASRResultPartial,
    ErrorOccurred,
    Event,
    LLMAgentResponseUpdate,
    LoopLagged,
    TTSPaused,
)


def text(n: int) -> LLMAgentResponseUpdate:
    return LLMAgentResponseUpdate(text=str(n))


def keep(seen: list[Any]) -> Callable[[Event], None]:
    """Return a handler of its own name that keeps what it gets."""

    def keeper(event: Event) -> None:
        seen.append(event)

    return keeper


# -- delivery --------------------------------------------------------------------------------


def test_events_reach_subscribers_of_their_type_and_of_base_types() -> None:
    async def main() -> None:
        bus = EventBus()
        every: list[Event] = []
        paused: list[Event] = []
        bus.subscribe(Event, keep(every))
        bus.subscribe(TTSPaused, keep(paused))
        events = [text(1), TTSPaused(), ASRResultFinal(text="")]
        for event in events:
            bus.publish(event)
        assert every == []  # publishing never runs a handler by itself
        await bus.drained()
        assert every == events
        assert paused == events[1:2]

    run_virtual(main())


def test_publishing_without_subscribers_is_no_error() -> None:
    async def main() -> None:
        bus = EventBus()
        bus.publish(TTSPaused())
        await bus.publish_and_wait(TTSPaused())
        await bus.drained()
        assert bus.stats().published == 2
        assert bus.stats().handled == 0

    run_virtual(main())


def test_higher_priority_starts_earlier_also_across_inboxes_and_events() -> None:
    async def main() -> None:
        bus = EventBus()
        order: list[str] = []

        def note(name) -> Callable[[Any], None]:
            return lambda event: order.append(f"{name}{event.text}")

        async def slow(event) -> None:
            order.append(f"slow{event.text}")
            await asyncio.sleep(0.1)

        owner = object()
        bus.subscribe(LLMAgentResponseUpdate, note("mid"), 5)
        bus.subscribe(LLMAgentResponseUpdate, note("end"), -1, owner=owner)
        bus.subscribe(LLMAgentResponseUpdate, note("top"), 10, owner=owner)
        bus.subscribe(LLMAgentResponseUpdate, note("next to mid"), 5)
        bus.publish(text(1))
        bus.publish(text(2))
        await bus.drained()
        first = ["top1", "mid1", "next to mid1", "end1"]
        assert order == first + [name[:-1] + "2" for name in first]

        order.clear()
        bus.subscribe(LLMAgentResponseUpdate, slow, 7)
        bus.subscribe(LLMAgentResponseUpdate, lambda event: slow(event), 6)
        bus.publish(text(3))
        await bus.drained()
        assert order == ["top3", "slow3", "slow3", "mid3", "next to mid3", "end3"]

    run_virtual(main())


def test_a_plain_handler_waits_for_the_coroutine_of_the_same_inbox() -> None:
    async def main() -> None:
        bus = EventBus()
        order: list[str] = []
        owner = object()

        async def slow(event) -> None:
            order.append("slow begins")
            await asyncio.sleep(1.0)
            order.append("slow ends")

        bus.subscribe(LLMAgentResponseUpdate, slow, owner=owner)
        bus.subscribe(TTSPaused, lambda event: order.append("plain"), owner=owner)
        bus.subscribe(TTSPaused, lambda event: order.append("other"))
        bus.publish(text(1))
        bus.publish(TTSPaused())
        await bus.drained()
        assert order.index("slow ends") + 1 == order.index("plain")
        assert order.index("other") < order.index("slow ends")

    run_virtual(main())


def test_a_coroutine_handler_waits_for_plain_ones_of_the_same_inbox() -> None:
    async def main() -> None:
        bus = EventBus()
        order: list[str] = []
        owner = object()

        async def slow(event) -> None:
            order.append("coroutine")

        bus.subscribe(TTSPaused, lambda event: order.append("plain"), owner=owner)
        bus.subscribe(LLMAgentResponseUpdate, slow, owner=owner)
        bus.publish(TTSPaused())
        bus.publish(text(1))
        bus.publish(TTSPaused())
        await bus.drained()
        assert order == ["plain", "coroutine", "plain"]

    run_virtual(main())


def test_a_lambda_may_return_a_coroutine() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[str] = []

        async def on_text(event) -> None:
            await asyncio.sleep(0.1 if event.text == "1" else 0.0)
            seen.append(event.text)

        bus.subscribe(LLMAgentResponseUpdate, lambda event: on_text(event))
        for n in range(3):
            bus.publish(text(n))
        await bus.drained()
        assert seen == ["0", "1", "2"]

    run_virtual(main())


def test_a_callable_object_may_be_a_coroutine_handler() -> None:
    class Keeper:
        def __init__(self) -> None:
            self.seen = 0

        async def __call__(self, event) -> None:
            await asyncio.sleep(0)
            self.seen += 1

    async def main() -> None:
        bus = EventBus()
        keeper = Keeper()
        assert bus.subscribe(TTSPaused, keeper).is_async
        await bus.publish_and_wait(TTSPaused())
        assert keeper.seen == 1
        assert bus.stats().handlers[Keeper.__qualname__].handled == 1

    run_virtual(main())


@settings(deadline=None)
@given(
    load=st.lists(
        st.tuples(st.integers(0, 3), st.floats(0.0, 0.05), st.booleans()), min_size=1, max_size=40
    ),
    delays_s=st.lists(st.floats(0.0, 0.2), min_size=4, max_size=4),
    limit=st.integers(1, 5),
)
@pytest.mark.slow
def test_every_subscriber_sees_all_facts_in_publication_order(load, delays_s, limit) -> None:
    """However slow handlers and small inboxes are: order kept, nothing lost, one at a time."""
    kinds = [ASRResultFinal, ASRResultPartial, LLMAgentResponseUpdate, LLMAgentResponseUpdate]

    async def main() -> None:
        bus = EventBus(inbox_limit=limit)
        seen: dict[str, list[str]] = {"plain": [], "slow": [], "mixed": []}
        running: dict[str, int] = dict.fromkeys(seen, 0)
        published: list[str] = []

        async def slow(event, name) -> None:
            running[name] += 1
            assert running[name] == 1
            await asyncio.sleep(delays_s[int(event.text) % 4])
            seen[name].append(event.text)
            running[name] -= 1

        def on_plain(event: Any) -> None:
            seen["plain"].append(event.text)

        async def on_slow(event) -> None:
            await slow(event, "slow")

        async def on_mixed(event) -> None:
            await slow(event, "mixed")

        def on_mixed_plain(event) -> None:
            assert running["mixed"] == 0
            seen["mixed"].append(event.text)

        mixed = object()
        bus.subscribe(Event, on_plain)
        bus.subscribe(Event, on_slow)
        bus.subscribe(ASRResultFinal, on_mixed, owner=mixed)
        bus.subscribe(ASRResultPartial, on_mixed_plain, owner=mixed)
        bus.subscribe(LLMAgentResponseUpdate, on_mixed, owner=mixed)
        for n, (kind, pause_s, wait) in enumerate(load):
            event = kinds[kind](text=str(n))
            published.append(event.text)
            if wait:
                await bus.publish_and_wait(event)
                assert all(event.text in texts for texts in seen.values())
            else:
                bus.publish(event)
            if pause_s > 0.01:
                await asyncio.sleep(pause_s)
        await bus.drained()
        assert seen == dict.fromkeys(seen, published)
        stats = bus.stats()
        assert (stats.published, stats.handled) == (len(load), 3 * len(load))
        assert (stats.dropped, stats.errors) == (0, 0)
        await bus.aclose()

    run_virtual(main())


def test_events_from_threads_keep_each_threads_order() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[LLMAgentResponseUpdate] = []
        complete = asyncio.Event()

        def on_text(event: LLMAgentResponseUpdate) -> None:
            seen.append(event)
            if len(seen) == 400:
                complete.set()

        bus.subscribe(LLMAgentResponseUpdate, on_text)

        def work(thread: int) -> None:
            for n in range(200):
                bus.publish_threadsafe(LLMAgentResponseUpdate(text=str(n), turn_id=thread))

        threads = [threading.Thread(target=work, args=(n,)) for n in (1, 2)]
        for thread in threads:
            thread.start()
        await complete.wait()
        for thread in threads:
            thread.join()
        for n in (1, 2):
            texts = [event.text for event in seen if event.turn_id == n]
            assert texts == [str(i) for i in range(200)]

    asyncio.run(main())


def test_a_thread_cannot_publish_before_the_bus_knows_its_loop() -> None:
    with pytest.raises(RuntimeError, match="subscribe on the event loop"):
        EventBus().publish_threadsafe(TTSPaused())


@pytest.mark.slow
def test_a_flood_does_not_starve_the_loop() -> None:
    async def main() -> None:
        bus = EventBus()
        handled = 0

        async def quick(event) -> None:
            nonlocal handled
            handled += 1

        bus.subscribe(Event, quick)
        for _ in range(2000):
            bus.publish(TTSPaused())
        between = 0
        while handled < 2000:
            await asyncio.sleep(0)
            between += 1
        assert between > 2000 // 256

    run_virtual(main())


def test_handlers_do_not_see_the_publishers_context() -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")

    async def main() -> None:
        bus = EventBus()
        seen: list[str] = []

        async def coroutine(event) -> None:
            seen.append(who.get())
            who.set("a handler")

        bus.subscribe(TTSPaused, coroutine)
        bus.subscribe(TTSPaused, coroutine)
        bus.subscribe(TTSPaused, lambda event: seen.append(who.get()))
        who.set("the publisher")
        await bus.publish_and_wait(TTSPaused())
        assert seen == ["nobody"] * 3

    run_virtual(main())


# -- waiting ---------------------------------------------------------------------------------


def test_publish_and_wait_returns_after_the_slowest_handler() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[Event] = []

        async def slow(event) -> None:
            await asyncio.sleep(2.0)
            seen.append(event)

        bus.subscribe(TTSPaused, slow)
        bus.subscribe(TTSPaused, keep(seen))
        await bus.publish_and_wait(TTSPaused())
        assert len(seen) == 2
        assert now_s() == pytest.approx(2.0)

    run_virtual(main())


def test_publish_and_wait_returns_when_the_handler_fails_or_the_bus_closes() -> None:
    async def main() -> None:
        bus = EventBus()

        async def stuck(event) -> None:
            await asyncio.sleep(1000)

        def bad(event) -> None:
            raise ValueError

        bus.subscribe(TTSPaused, bad)
        await bus.publish_and_wait(TTSPaused())
        bus.subscribe(ASRResultFinal, stuck)
        bus.subscribe(ASRResultFinal, lambda event: None)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.publish_and_wait(ASRResultFinal(text="1")))
            tasks.create_task(bus.publish_and_wait(ASRResultFinal(text="2")))
            await asyncio.sleep(0.1)
            await bus.aclose()
        assert now_s() == pytest.approx(3.1)

    run_virtual(main())


def test_a_handler_that_waits_for_itself_is_told_so() -> None:
    async def main() -> None:
        bus = EventBus()
        errors: list[ErrorOccurred] = []
        owner = object()

        async def on_text(event) -> None:
            await bus.publish_and_wait(TTSPaused())

        bus.subscribe(LLMAgentResponseUpdate, on_text, owner=owner)
        bus.subscribe(TTSPaused, lambda event: None, owner=owner)
        bus.subscribe(ErrorOccurred, keep(errors))
        with quiet_log():
            await bus.publish_and_wait(text(1))
            await bus.drained()
        assert "RuntimeError" in errors[0].error_message

    run_virtual(main())


def test_two_handlers_that_wait_for_each_other_are_told_so() -> None:
    async def main() -> None:
        bus = EventBus()
        outcome: list[str] = []

        async def first(event) -> None:
            await bus.publish_and_wait(TTSPaused())
            outcome.append("first went on")

        async def second(event) -> None:
            try:
                await bus.publish_and_wait(text(2))
            except RuntimeError as exc:
                outcome.append(str(exc))

        bus.subscribe(LLMAgentResponseUpdate, first)
        bus.subscribe(TTSPaused, second)
        await bus.publish_and_wait(text(1))
        assert "would never end" in outcome[0]
        assert outcome[1] == "first went on"

    run_virtual(main())


def test_handlers_may_wait_for_other_subscribers() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[str] = []

        async def first(event) -> None:
            await bus.publish_and_wait(TTSPaused())
            seen.append("first")

        async def second(event) -> None:
            await asyncio.sleep(0.5)
            seen.append("second")

        bus.subscribe(LLMAgentResponseUpdate, first)
        bus.subscribe(TTSPaused, second)
        await bus.publish_and_wait(text(1))
        assert seen == ["second", "first"]

    run_virtual(main())


def test_waiting_through_two_subscribers_for_the_same_third_is_no_circle() -> None:
    """The one who waits hangs on two, both of whom hang on the same one."""

    async def main() -> None:
        bus = EventBus()
        done: list[str] = []

        async def waits_for_both(event) -> None:
            await bus.publish_and_wait(text(1))

        async def waits_for_last(event) -> None:
            await bus.publish_and_wait(ASRResultPartial(text=""))

        async def last(event) -> None:
            await asyncio.sleep(1.0)

        async def outside(event) -> None:
            await bus.publish_and_wait(TTSPaused())
            done.append("outside")

        bus.subscribe(TTSPaused, waits_for_both)
        bus.subscribe(LLMAgentResponseUpdate, waits_for_last)
        bus.subscribe(LLMAgentResponseUpdate, lambda event: waits_for_last(event))
        bus.subscribe(ASRResultPartial, last)
        bus.subscribe(ASRResultFinal, outside)
        bus.publish(TTSPaused())
        await asyncio.sleep(0.5)
        await bus.publish_and_wait(ASRResultFinal(text=""))
        assert done == ["outside"]
        assert bus.stats().errors == 0

    run_virtual(main())


@pytest.mark.parametrize("what", ["drained", "aclose"])
def test_a_handler_cannot_wait_for_the_whole_bus(what) -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[str] = []

        async def handler(event) -> None:
            with pytest.raises(RuntimeError, match=what):
                await getattr(bus, what)()
            seen.append(what)

        bus.subscribe(TTSPaused, handler)
        await bus.publish_and_wait(TTSPaused())
        assert seen == [what]

    run_virtual(main())


# -- full inboxes ----------------------------------------------------------------------------


def test_a_full_inbox_drops_the_oldest_measurement_and_keeps_every_fact(caplog) -> None:
    async def main() -> None:
        bus = EventBus(inbox_limit=3)
        seen: list[Event] = []
        bus.subscribe(Event, keep(seen))
        lags = [LoopLagged(lag_s=float(n)) for n in range(4)]
        facts = [text(n) for n in range(4)]
        for event in (lags[0], facts[0], lags[1], lags[2], facts[1], facts[2], facts[3], lags[3]):
            bus.publish(event)
        await bus.drained()
        assert seen == facts
        assert bus.stats().dropped == 4
        assert bus.stats().max_inbox_depth == 4

    with caplog.at_level(logging.WARNING):
        run_virtual(main())
    assert [record.getMessage() for record in caplog.records] == [
        "inbox of keep.<locals>.keeper is full (3 events) and grows: its handler is too slow"
    ]


def test_who_waits_for_a_dropped_event_is_let_go() -> None:
    async def main() -> None:
        bus = EventBus(inbox_limit=1)
        bus.subscribe(LoopLagged, lambda event: None)
        async with asyncio.TaskGroup() as tasks:
            for n in range(3):
                tasks.create_task(bus.publish_and_wait(LoopLagged(lag_s=float(n))))
        assert bus.stats().dropped == 2

    run_virtual(main())


# -- failures --------------------------------------------------------------------------------


@contextlib.contextmanager
def quiet_log() -> Iterator[None]:
    """Keep expected failures out of the test's output."""
    logger = logging.getLogger("xtalk_edge.bus.bus")
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_a_failing_handler_is_announced_and_the_others_go_on(kind, caplog) -> None:
    def bad(event) -> None:
        raise ValueError("he said " + event.text)

    async def bad_coroutine(event) -> None:
        await asyncio.sleep(0.1)
        raise DeviceError("the microphone is gone; plug it in")

    async def main() -> None:
        bus = EventBus()
        errors: list[ErrorOccurred] = []
        seen: list[Event] = []
        bus.subscribe(ASRResultFinal, bad if kind == "plain" else bad_coroutine)
        bus.subscribe(ASRResultFinal, keep(seen))
        bus.subscribe(ErrorOccurred, keep(errors))
        bus.publish(ASRResultFinal(text="secret", turn_id=7))
        bus.publish(ASRResultFinal(text="secret"))
        await bus.drained()
        assert len(seen) == 2
        [error] = errors  # the second one fell into the cooldown
        assert (error.error_type, error.turn_id) == ("event_handler_error", 7)
        assert error.component.startswith("Handler:test_a_failing")
        assert "secret" not in error.error_message
        assert ("plug it in" in error.error_message) == (kind == "coroutine")
        stats = bus.stats()
        assert (stats.errors, stats.errors_held_back, stats.handled) == (2, 1, 3)

    with caplog.at_level(logging.DEBUG):
        run_virtual(main())
    records = [record for record in caplog.records if record.name == "xtalk_edge.bus.bus"]
    assert [record.levelname for record in records] == ["ERROR", "DEBUG"]
    assert "test_bus.py" in caplog.text  # where it happened
    assert "secret" not in caplog.text  # never what was said


def test_a_handler_cancelled_from_inside_is_a_failure_not_the_end_of_its_inbox() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[Event] = []

        async def cancelled(event) -> None:
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

        def cancelled_plain(event) -> None:
            raise asyncio.CancelledError

        owner = object()
        bus.subscribe(TTSPaused, cancelled, owner=owner)
        bus.subscribe(TTSPaused, cancelled_plain, owner=owner)
        bus.subscribe(TTSPaused, keep(seen), owner=owner)
        bus.subscribe(LLMAgentResponseUpdate, cancelled_plain)
        with quiet_log():
            bus.publish(TTSPaused())
            bus.publish(text(1))
            bus.publish(TTSPaused())
            await bus.drained()
        assert len(seen) == 2
        assert bus.stats().errors == 5

    run_virtual(main())


def test_failures_about_failures_end() -> None:
    async def main() -> None:
        bus = EventBus()

        def worse(event) -> None:
            # A new kind each time, so that only the depth can end it.
            kinds.append(type(f"Trouble{len(kinds)}", (Exception,), {}))
            raise kinds[-1]

        kinds: list[type[Exception]] = []
        bus.subscribe(Event, worse)
        with quiet_log():
            bus.publish(TTSPaused())
            await bus.drained()
        stats = bus.stats()
        assert (stats.published, stats.errors, stats.errors_held_back) == (4, 4, 1)

    run_virtual(main())


# -- subscribing -----------------------------------------------------------------------------


def test_unsubscribed_handlers_hear_nothing_more_not_even_what_waits() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[Event] = []
        subscription = bus.subscribe(TTSPaused, keep(seen))
        bus.publish(TTSPaused())
        bus.unsubscribe(subscription)
        bus.unsubscribe(subscription)
        await bus.drained()
        bus.publish(TTSPaused())
        await bus.drained()
        assert seen == []

    run_virtual(main())


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_one_of_two_handlers_of_an_inbox_may_leave(kind) -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[Event] = []
        gone: list[Event] = []
        owner = object()

        async def leaving_coroutine(event) -> None:
            gone.append(event)

        leaving = keep(gone) if kind == "plain" else leaving_coroutine
        going = bus.subscribe(TTSPaused, leaving, owner=owner)
        bus.subscribe(TTSPaused, keep(seen), owner=owner)
        bus.publish(TTSPaused())
        bus.unsubscribe(going)
        await bus.drained()
        assert (len(seen), gone) == (1, [])

    run_virtual(main())


@pytest.mark.parametrize("started_before", [True, False])
def test_a_handler_may_unsubscribe_itself(started_before) -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[str] = []

        async def once(event) -> None:
            if event.text == "first" and started_before:
                return
            bus.unsubscribe(subscription)
            await asyncio.sleep(0.1)
            seen.append(event.text)

        subscription = bus.subscribe(LLMAgentResponseUpdate, once)
        if started_before:
            await bus.publish_and_wait(LLMAgentResponseUpdate(text="first"))
        bus.publish(text(1))
        bus.publish(text(2))
        await bus.drained()
        assert seen == ["1"]
        await bus.aclose()

    run_virtual(main())


def test_an_idle_coroutine_subscriber_leaves_no_task_behind() -> None:
    async def main() -> None:
        bus = EventBus()

        async def handler(event) -> None:
            await asyncio.sleep(0)

        subscription = bus.subscribe(TTSPaused, handler)
        await bus.publish_and_wait(TTSPaused())
        assert len(asyncio.all_tasks()) == 2
        bus.unsubscribe(subscription)
        await asyncio.sleep(0.1)
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


class Base:
    def __init__(self, deaf: bool = False) -> None:
        self.deaf = deaf
        self.seen: list[str] = []

    @handles(TTSPaused)
    def on_paused(self, event: TTSPaused) -> None:
        self.seen.append("paused")

    @handles(LLMAgentResponseUpdate, priority=3)
    @handles(ASRResultFinal, enabled_if=lambda me: not me.deaf)
    async def on_text(self, event: Any) -> None:
        await asyncio.sleep(0.1)
        self.seen.append(event.text)


class Changed(Base):
    on_paused = None  # type: ignore[assignment]

    async def on_text(self, event: Any) -> None:
        self.seen.append("changed")


class Remarked(Base):
    @handles(ASRResultPartial)
    def on_paused(self, event: Any) -> None:
        self.seen.append("partial")


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        (Base(), ["final", "reply", "paused"]),
        (Base(deaf=True), ["reply", "paused"]),
        (Changed(), ["changed", "changed"]),
        (Remarked(), ["final", "reply", "partial"]),
    ],
)
def test_a_manager_registers_its_marked_methods_in_one_inbox(manager, expected) -> None:
    async def main() -> None:
        bus = EventBus()
        subscriptions = bus.register(manager)
        bus.publish(ASRResultFinal(text="final"))
        bus.publish(LLMAgentResponseUpdate(text="reply"))
        bus.publish(TTSPaused())
        bus.publish(ASRResultPartial(text=""))
        await bus.drained()
        assert manager.seen == expected
        assert len({id(s.inbox) for s in subscriptions}) == 1
        for subscription in subscriptions:
            bus.unsubscribe(subscription)
        await bus.aclose()

    run_virtual(main())


# -- watching and closing --------------------------------------------------------------------


def test_history_is_bounded_and_optional() -> None:
    async def main() -> None:
        bus = EventBus(history=3)
        for n in range(5):
            bus.publish(text(n))
        bus.publish(TTSPaused())
        assert [e.text for e in bus.history(LLMAgentResponseUpdate)] == ["3", "4"]
        assert len(bus.history()) == 3
        assert EventBus().history() == []

    run_virtual(main())


def test_a_closed_bus_refuses_events_and_counts_them() -> None:
    async def main() -> None:
        bus = EventBus()
        seen: list[Event] = []

        async def slow(event) -> None:
            await asyncio.sleep(1.0)
            seen.append(event)
            bus.publish(TTSPaused())

        bus.subscribe(TTSPaused, slow)
        bus.publish(TTSPaused())
        await bus.aclose()
        assert len(seen) == 1  # what was published before is still handled
        bus.publish(TTSPaused())
        await bus.publish_and_wait(TTSPaused())
        await bus.aclose()
        assert bus.stats().refused == 3

    run_virtual(main())


def test_closing_at_once_cancels_what_has_hardly_begun() -> None:
    async def main() -> None:
        bus = EventBus()

        async def slow(event) -> None:
            await asyncio.sleep(1.0)

        bus.subscribe(TTSPaused, lambda event: slow(event))
        waiting = asyncio.ensure_future(bus.publish_and_wait(TTSPaused()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await bus.aclose(grace_s=0.0)
        await waiting
        await bus.drained()

    run_virtual(main())


def test_what_is_no_exception_of_a_handler_is_the_loops_affair() -> None:
    class Crash(BaseException):
        pass

    async def main() -> None:
        bus = EventBus()
        crashes: list[BaseException] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: crashes.append(context["exception"])
        )

        def crash(event) -> None:
            raise Crash

        bus.subscribe(TTSPaused, crash)
        bus.publish(TTSPaused())
        bus.publish(TTSPaused())
        await bus.drained()
        assert [type(crash) for crash in crashes] == [Crash, Crash]
        assert bus.stats().errors == 0

    run_virtual(main())
