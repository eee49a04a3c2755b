import asyncio
import datetime

import pytest

from tests.unit.tool_parts import TEN_PAST_FOUR
from xtalk_edge.clock import now_s, run_virtual, wall_now
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import Database
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.timer_service import TimerRing, TimerService


class Device:
    """A timer service that runs, and what it rang."""

    def __init__(self, tmp_path, clock=wall_now):
        self.store = Database(tmp_path)
        self.service = TimerService(TimerTable(self.store), clock)
        self.rings: list[tuple[float, TimerRing]] = []
        self.service.on_ring = lambda ring: self.rings.append((round(now_s(), 3), ring))

    async def __aenter__(self):
        self.tasks = TaskOwner()
        self.tasks.start(self.service.run(), "timers")
        return self

    async def __aexit__(self, *_):
        await self.tasks.aclose()
        self.store.close()

    def sentences(self):
        return [ring.sentence() for _, ring in self.rings]


def live(tmp_path, story, *, started_at=TEN_PAST_FOUR, clock=wall_now):
    async def go():
        async with Device(tmp_path, clock) as device:
            await story(device)
        return device

    return run_virtual(go(), started_at)


def test_timers_ring_on_the_second_and_in_order(tmp_path):
    async def story(device):
        device.service.add(600, "pasta")
        await asyncio.sleep(10)
        device.service.add(30)
        await asyncio.sleep(700)
        assert device.service.timers() == []
        assert TimerTable(device.store).all() == []

    device = live(tmp_path, story)
    assert [at_s for at_s, _ in device.rings] == [40.0, 600.0]
    assert device.sentences() == ["Your thirty second timer is done.", "Your pasta timer is done."]


def test_a_cancelled_timer_does_not_ring(tmp_path):
    async def story(device):
        device.service.cancel(device.service.add(600))
        await asyncio.sleep(700)

    assert live(tmp_path, story).rings == []


def test_a_timer_survives_a_restart(tmp_path):
    async def before(device):
        device.service.add(600, "pasta")
        await asyncio.sleep(90)

    async def after(device):
        (timer,) = device.service.timers()
        assert timer.left_s() == pytest.approx(400, abs=0.01)
        await asyncio.sleep(401)

    live(tmp_path, before)
    later = TEN_PAST_FOUR + datetime.timedelta(seconds=200)
    assert live(tmp_path, after, started_at=later).sentences() == ["Your pasta timer is done."]


def test_a_missed_timer_is_reported_at_once(tmp_path):
    async def before(device):
        device.service.add(600, "pasta")
        device.service.add(30)
        await asyncio.sleep(1)

    async def after(device):
        await asyncio.sleep(1)

    live(tmp_path, before)
    later = TEN_PAST_FOUR + datetime.timedelta(seconds=600 + 130)
    assert live(tmp_path, after, started_at=later).sentences() == [
        "Your thirty second timer ended eleven minutes ago, while I was off.",
        "Your pasta timer ended two minutes ago, while I was off.",
    ]


def test_a_few_seconds_late_are_said_in_seconds(tmp_path):
    async def before(device):
        device.service.add(10)

    async def after(device):
        await asyncio.sleep(1)

    live(tmp_path, before)
    later = TEN_PAST_FOUR + datetime.timedelta(seconds=30)
    assert live(tmp_path, after, started_at=later).sentences() == [
        "Your ten second timer ended twenty seconds ago, while I was off."
    ]


def test_a_clock_that_went_back_does_not_prolong_a_timer(tmp_path):
    async def before(device):
        device.service.add(600)
        await asyncio.sleep(121)

    async def after(device):
        (timer,) = device.service.timers()
        assert timer.left_s() == pytest.approx(480, abs=0.01)

    live(tmp_path, before)
    live(tmp_path, after, started_at=TEN_PAST_FOUR - datetime.timedelta(days=300))


def test_a_corrected_clock_moves_no_running_timer(tmp_path):
    shift = datetime.timedelta()

    async def story(device):
        nonlocal shift
        device.service.add(600)
        await asyncio.sleep(100)
        shift = datetime.timedelta(days=3)
        await asyncio.sleep(100)
        (stored,) = TimerTable(device.store).all()
        assert stored.ends_at - (TEN_PAST_FOUR + shift) == datetime.timedelta(seconds=600)
        await asyncio.sleep(500)

    device = live(tmp_path, story, clock=lambda: wall_now() + shift)
    assert [at_s for at_s, _ in device.rings] == [600.0]


def test_a_timer_that_cannot_be_saved_is_not_started(tmp_path):
    async def go():
        store = Database(tmp_path)
        service = TimerService(TimerTable(store))
        assert service.timers() == []
        store._connection.execute("DROP TABLE timers")
        with pytest.raises(EdgeError):
            service.add(600)
        assert service.timers() == []
        store.close()

    run_virtual(go())


def test_a_full_disk_does_not_silence_running_timers(tmp_path, caplog):
    async def story(device):
        device.service.add(600)
        await asyncio.sleep(1)
        device.store._connection.execute("DROP TABLE timers")
        await asyncio.sleep(700)

    device = live(tmp_path, story)
    assert device.sentences() == ["Your ten minute timer is done."]
    assert "timer not saved" in caplog.text
