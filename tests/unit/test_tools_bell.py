"""Timers go by elapsed time, alarms by the wall clock, whatever happens to either."""

import asyncio
import datetime

import pytest

from tests.unit.tool_parts import TEN_PAST_FOUR, make_bell
from xtalk_edge.clock import now_s, run_virtual, wall_now
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.alarms import AlarmRule, AlarmTable
from xtalk_edge.store.database import Database
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.timekeeping.bell import LOOK_EVERY_S
from xtalk_edge.tools.timekeeping.ringing import MissedRings

TODAY = TEN_PAST_FOUR.date()
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
FIVE_TODAY = AlarmRule(17, 0, "", TODAY)
FIVE_DAILY = AlarmRule(17, 0, "daily", TODAY)


class Device:
    """A bell that runs, its clock, and what it rang."""

    def __init__(self, tmp_path, finishes, look_every_s):
        self.store = Database(tmp_path)
        self.wrong_by = datetime.timedelta()
        """How far the wall clock has been set ahead."""
        self.bell = make_bell(self.store, self.wall_now, look_every_s=look_every_s)
        self.bell.on_ring = self._on_ring
        self.timers, self.alarms = self.bell.timers, self.bell.alarms
        self.rings = []
        self._finishes = finishes

    def wall_now(self):
        return wall_now() + self.wrong_by

    def _on_ring(self, ring):
        self.rings.append((now_s(), ring))
        if self._finishes:
            self.bell.finished(ring)

    async def __aenter__(self):
        self.tasks = TaskOwner()
        self.tasks.start(self.bell.run(), "bell")
        return self

    async def __aexit__(self, *_):
        await self.tasks.aclose()
        self.store.close()

    def sentences(self):
        return [ring.sentence() for _, ring in self.rings]

    def stored(self):
        return [*TimerTable(self.store).all(), *AlarmTable(self.store).all()]


def live(tmp_path, story, *, started_at=TEN_PAST_FOUR, finishes=True, look_every_s=60.0):
    """Let a device live while `story` is told; it is switched off at the end of it.

    It looks for a clock that was set once a minute only, lest a day of virtual time takes seconds.
    """

    async def go():
        async with Device(tmp_path, finishes, look_every_s) as device:
            await story(device)
            device.tasks.raise_failure()
        return device

    return run_virtual(go(), started_at)


async def a_minute(_device):
    await asyncio.sleep(60)


async def two_days(_device):
    await asyncio.sleep(2 * 86400)


def test_timers_ring_on_the_second_and_in_order(tmp_path):
    async def story(device):
        device.timers.add(600, "pasta")
        await asyncio.sleep(10)
        device.timers.add(30)
        await asyncio.sleep(700)
        assert device.timers.timers() == device.stored() == []

    device = live(tmp_path, story)
    assert [round(at_s, 3) for at_s, _ in device.rings] == [40.0, 600.0]
    assert device.sentences() == ["Your thirty second timer is done.", "Your pasta timer is done."]


@pytest.mark.slow
def test_alarms_ring_on_the_minute_and_again_if_they_repeat(tmp_path):
    async def story(device):
        device.alarms.add(FIVE_TODAY, "tea")
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(2 * 86400)
        (waiting,) = device.alarms.alarms()
        assert waiting.next_day == TODAY + 2 * DAY

    device = live(tmp_path, story)
    assert [round(at_s / 60) for at_s, _ in device.rings] == [50, 50, 50 + 24 * 60]
    assert all(ring.late_s < 0.001 for _, ring in device.rings)
    assert device.sentences() == [
        "This is your tea alarm.", *["This is your five o'clock alarm."] * 2
    ]  # fmt: skip


def test_what_was_cancelled_or_skipped_does_not_ring(tmp_path):
    async def story(device):
        device.timers.cancel(device.timers.add(600))
        device.alarms.cancel(device.alarms.add(FIVE_TODAY))
        device.alarms.skip(device.alarms.add(FIVE_DAILY), TODAY)
        device.timers.add(600)
        device.timers.clear()
        await asyncio.sleep(86400)
        device.alarms.clear()
        await asyncio.sleep(86400)
        assert device.stored() == []

    assert live(tmp_path, story).rings == []


def test_everything_survives_a_restart(tmp_path):
    async def before(device):
        device.timers.add(600, "pasta")
        device.alarms.add(FIVE_TODAY)
        await asyncio.sleep(90)

    async def after(device):
        (timer,) = device.timers.timers()
        assert timer.left_s() == pytest.approx(400, abs=0.01)
        await asyncio.sleep(3600)

    live(tmp_path, before)
    later = TEN_PAST_FOUR + datetime.timedelta(seconds=200)
    device = live(tmp_path, after, started_at=later)
    assert [round(at_s) for at_s, _ in device.rings] == [400, 2800]


def set_several(minutes_of_timers=(), rules=()):
    async def story(device):
        for minutes in minutes_of_timers:
            device.timers.add(60 * minutes)
        for rule in rules:
            device.alarms.add(rule)
        await asyncio.sleep(1)

    return story


def test_a_little_late_still_rings(tmp_path):
    live(tmp_path, set_several([10, 40], [FIVE_TODAY]))
    later = TEN_PAST_FOUR + datetime.timedelta(minutes=52)
    assert live(tmp_path, a_minute, started_at=later).sentences() == [
        "Your forty minute timer ended twelve minutes ago.",
        "This is your five o'clock alarm, two minutes late.",
        "Your ten minute timer ended forty-two minutes ago.",
    ]


def test_a_device_that_was_off_tells_what_it_missed_in_one_sentence(tmp_path):
    live(tmp_path, set_several([10], [FIVE_TODAY, FIVE_DAILY]))
    later = TEN_PAST_FOUR + datetime.timedelta(days=5)
    device = live(tmp_path, a_minute, started_at=later)
    assert device.sentences() == [
        "While I was away, you missed your ten minute timer, your five o'clock alarm"
        " and your five o'clock alarm."
    ]
    assert live(tmp_path, a_minute, started_at=later + HOUR / 2).rings == []
    assert len(live(tmp_path, a_minute, started_at=later + HOUR).rings) == 1


@pytest.mark.slow
def test_what_was_cut_off_is_told_and_not_rung_again(tmp_path):
    async def story(device):
        device.timers.add(60)
        device.alarms.add(FIVE_DAILY, "tea")
        await asyncio.sleep(3600)

    first = live(tmp_path, story, finishes=False)
    assert len(first.rings) == 2
    unheard = live(tmp_path, a_minute, started_at=TEN_PAST_FOUR + HOUR, finishes=False)
    again = live(tmp_path, a_minute, started_at=TEN_PAST_FOUR + HOUR)
    assert unheard.sentences() == again.sentences() == [
        "While I was away, you missed your one minute timer and your tea alarm."
    ]  # fmt: skip
    third = live(tmp_path, two_days, started_at=TEN_PAST_FOUR + HOUR)
    assert [round(at_s / 3600, 2) for at_s, _ in third.rings] == [23.83, 47.83]


# -- the wall clock is set ---------------------------------------------------------------------


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 300 * DAY, -300 * DAY])
@pytest.mark.slow
def test_a_clock_that_is_set_moves_no_running_timer_even_over_a_restart(tmp_path, jump):
    async def before(device):
        device.timers.add(600)
        device.timers.add(1800)
        await asyncio.sleep(100)
        device.wrong_by = jump
        await asyncio.sleep(600)

    async def after(device):
        await asyncio.sleep(1200)

    device = live(tmp_path, before, look_every_s=LOOK_EVERY_S)
    assert [round(at_s, 3) for at_s, _ in device.rings] == [600.0]
    # Off for a minute, by the new clock.
    later = TEN_PAST_FOUR + jump + datetime.timedelta(seconds=760)
    device = live(tmp_path, after, started_at=later)
    (ring,) = device.rings
    # A clock put back is noticed at once, but what was written before it is believed no longer.
    assert ring[0] == pytest.approx(1800 - 760, abs=2)


@pytest.mark.slow
def test_an_alarm_follows_a_clock_that_is_set_within_two_seconds(tmp_path):
    async def story(device):
        device.alarms.add(AlarmRule(18, 0, "", TODAY))
        await asyncio.sleep(100.5)
        device.wrong_by = HOUR
        await asyncio.sleep(100)
        device.wrong_by = -HOUR
        await asyncio.sleep(4 * 3600)

    device = live(tmp_path, story, look_every_s=LOOK_EVERY_S)
    ((at_s, ring),) = device.rings
    assert at_s == pytest.approx((110 + 60) * 60, abs=0.001)
    assert ring.late_s < 0.001


def test_an_alarm_that_a_jump_passes_rings_at_once(tmp_path):
    async def story(device):
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(100.5)
        device.wrong_by = HOUR
        await asyncio.sleep(2)

    device = live(tmp_path, story, look_every_s=LOOK_EVERY_S)
    ((at_s, _),) = device.rings
    assert at_s - 100.5 <= 2.0
    assert device.sentences() == ["This is your five o'clock alarm, eleven minutes late."]


@pytest.mark.slow
def test_an_alarm_that_a_jump_leaves_far_behind_was_missed(tmp_path):
    async def story(device):
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(100)
        device.wrong_by = 3 * HOUR
        await asyncio.sleep(86400)

    device = live(tmp_path, story)
    assert device.sentences() == [
        "I missed your five o'clock alarm two hours ago.", "This is your five o'clock alarm."
    ]  # fmt: skip


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("back", [HOUR, 5 * HOUR])
@pytest.mark.slow
def test_a_clock_put_back_rings_nothing_twice(tmp_path, back, restart):
    async def before(device):
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(3600)
        if not restart:
            await after(device)

    async def after(device):
        device.wrong_by = -back
        await asyncio.sleep(25.5 * 3600)

    rings = [ring for _, ring in live(tmp_path, before).rings]
    if restart:
        later = TEN_PAST_FOUR + HOUR
        rings += [ring for _, ring in live(tmp_path, after, started_at=later).rings]
    assert [ring.day for ring in rings] == [TODAY, TODAY + DAY][: 1 + (back == HOUR)]
    assert all(not ring.missed for ring in rings)


@pytest.mark.slow
def test_a_clock_that_ran_a_year_ahead_leaves_no_alarm_silent(tmp_path):
    async def story(device):
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(3600)
        device.wrong_by = 365 * DAY
        await asyncio.sleep(90)
        device.wrong_by = datetime.timedelta()
        await asyncio.sleep(24 * 3600)

    days = [ring.day for _, ring in live(tmp_path, story).rings]
    assert days == [TODAY, TODAY + 365 * DAY, TODAY + DAY]


@pytest.mark.parametrize("past", [HOUR, 20000 * DAY])
def test_a_board_without_a_battery_clock_learns_the_time_after_its_start(tmp_path, past):
    async def before(device):
        device.timers.add(1800, "tea")
        device.timers.add(2400, "egg")
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(121)

    async def after(device):
        # Off for twenty minutes, but the board believes it is long ago.
        device.wrong_by = -past
        assert [round(timer.left_s()) for timer in device.timers.timers()] == [1680, 2280]
        await asyncio.sleep(100)
        device.wrong_by = datetime.timedelta()
        await asyncio.sleep(3600)

    live(tmp_path, before)
    later = TEN_PAST_FOUR + datetime.timedelta(seconds=1321)
    device = live(tmp_path, after, started_at=later)
    assert [round(at_s) for at_s, _ in device.rings] == [1800 - 1321, 2400 - 1321, 3000 - 1321]


def test_a_timer_that_ended_before_the_time_was_known_was_missed(tmp_path):
    async def after(device):
        device.wrong_by = -DAY
        await asyncio.sleep(130)
        device.wrong_by = datetime.timedelta()
        await asyncio.sleep(60)

    live(tmp_path, set_several([10]))
    device = live(tmp_path, after, started_at=TEN_PAST_FOUR + 2 * HOUR)
    assert device.sentences() == ["Your ten minute timer ended one hour ago."]


# -- snoozing, and what is recent --------------------------------------------------------------


def test_a_snoozed_alarm_rings_again_after_elapsed_time_even_over_a_restart(tmp_path):
    async def story(device):
        device.alarms.add(FIVE_TODAY)
        await asyncio.sleep(3060)
        (ring,) = device.bell.recent()
        device.bell.snooze(ring, 5)
        assert device.bell.recent() == []
        device.wrong_by = HOUR
        await asyncio.sleep(60)
        assert device.timers.timers() == []
        assert device.alarms.alarms() == []

    live(tmp_path, story, finishes=False)
    later = TEN_PAST_FOUR + HOUR + datetime.timedelta(seconds=3130)
    device = live(tmp_path, two_days, started_at=later)
    ((at_s, ring),) = device.rings
    assert round(at_s) == 230
    assert (ring.kind, ring.sentence()) == ("alarm", "This is your five o'clock alarm.")


@pytest.mark.parametrize(("name", "title"), [("tea", "tea timer"), ("", "one minute timer")])
def test_a_snoozed_timer_keeps_its_title(tmp_path, name, title):
    async def story(device):
        device.timers.add(60, name)
        await asyncio.sleep(61)
        device.bell.snooze(device.bell.recent()[0], 10)
        await asyncio.sleep(601)

    assert [ring.title for _, ring in live(tmp_path, story).rings] == [title, title]


def test_what_rang_is_recent_for_ten_minutes_after_its_end(tmp_path):
    async def story(device):
        device.timers.add(60)
        await asyncio.sleep(200)
        (_, ring) = device.rings[0]
        assert device.bell.recent(100) == []
        device.bell.finished(ring)
        await asyncio.sleep(590)
        assert device.bell.recent() == [ring]
        await asyncio.sleep(20)
        assert device.bell.recent() == []

    live(tmp_path, story, finishes=False)


# -- the disk ----------------------------------------------------------------------------------


def test_what_cannot_be_saved_is_not_started(tmp_path):
    async def story(device):
        assert device.timers.timers() == device.alarms.alarms() == []
        device.store._connection.execute("DROP TABLE timers")
        device.store._connection.execute("DROP TABLE alarms")
        with pytest.raises(EdgeError):
            device.timers.add(600)
        with pytest.raises(EdgeError):
            device.alarms.add(FIVE_TODAY)
        assert device.timers.timers() == device.alarms.alarms() == []

    live(tmp_path, story)


def test_a_full_disk_silences_nothing(tmp_path, caplog):
    async def story(device):
        device.timers.add(600)
        device.alarms.add(FIVE_TODAY)
        await asyncio.sleep(1)
        device.store._connection.execute("DROP TABLE timers")
        device.store._connection.execute("DROP TABLE alarms")
        await asyncio.sleep(86400)

    device = live(tmp_path, story)
    assert device.sentences() == [
        "Your ten minute timer is done.", "This is your five o'clock alarm."
    ]  # fmt: skip
    assert "not saved" in caplog.text


def test_missed_rings_are_finished_together(tmp_path):
    live(tmp_path, set_several([1, 2]))
    later = TEN_PAST_FOUR + DAY

    async def story(device):
        await asyncio.sleep(1)
        ((_, missed),) = device.rings
        assert isinstance(missed, MissedRings)
        assert len(device.stored()) == 2
        device.bell.finished(missed)
        assert device.stored() == []

    live(tmp_path, story, started_at=later, finishes=False)


@pytest.mark.slow
def test_a_ring_of_before_the_time_was_lost_is_not_rung_again_when_it_is_found(tmp_path):
    async def before(device):
        device.alarms.add(FIVE_DAILY)
        await asyncio.sleep(3600)

    async def after(device):
        device.wrong_by = -20000 * DAY
        await asyncio.sleep(120)
        device.wrong_by = datetime.timedelta()
        await asyncio.sleep(24 * 3600)

    live(tmp_path, before)
    device = live(tmp_path, after, started_at=TEN_PAST_FOUR + HOUR)
    assert [ring.day for _, ring in device.rings] == [TODAY + DAY]


@pytest.mark.slow
def test_a_device_that_was_off_until_after_a_skipped_day_tells_nothing_old(tmp_path):
    async def before(device):
        device.alarms.skip(device.alarms.add(FIVE_DAILY), TODAY + DAY)

    live(tmp_path, before)
    device = live(tmp_path, two_days, started_at=TEN_PAST_FOUR + DAY + HOUR)
    assert [ring.day for _, ring in device.rings] == [TODAY + 2 * DAY, TODAY + 3 * DAY]
