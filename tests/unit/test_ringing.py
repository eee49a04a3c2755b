import asyncio
import contextlib

import pytest

from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    AnnouncementDropped,
    AnnouncementStarted,
    ButtonPressed,
    SpeechRequested,
    SpeechWithdrawn,
    TTSPlaybackFinished,
    TTSStopped,
    TurnLLMAgentStartRequested,
    WakeWordDetected,
)
from xtalk_edge.managers.ringing import PAUSE_S, ROUNDS, RingingManager
from xtalk_edge.tools.timekeeping.ringing import MISSED_S, MissedRings, Ring


def bell(kind="timer", late_s=0.0):
    return Ring(kind, 1, f"tea {kind}", late_s)


class Bench:
    def __init__(self):
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.finished: list[Ring | MissedRings] = []
        self.manager = RingingManager(
            event_bus=self.bus, config=Config(), finished=self.finished.append
        )
        self.bus.register(self.manager)

    async def tell(self, *events):
        for event in events:
            self.bus.publish(event)
        await turns_of_the_loop(20)

    async def ring(self, ring, turn_id=1):
        """Ring, and bring the ring to where it is heard."""
        self.manager.ring(ring)
        await turns_of_the_loop(20)
        await self.heard_in(turn_id)

    async def heard_in(self, turn_id):
        offer_id = self.asked()[-1].offer_id
        await self.tell(AnnouncementStarted(turn_id=turn_id, offer_id=offer_id))

    def asked(self):
        return self.log.all_of(SpeechRequested)


def story(scene):
    async def go():
        made = Bench()
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(made.bus.aclose)
            stack.push_async_callback(made.manager.shutdown)
            await scene(made)

    run_virtual(go())


def test_a_ring_is_repeated_until_its_rounds_are_over():
    async def scene(b):
        ring = bell()
        b.manager.ring(ring)
        for turn_id in range(1, ROUNDS["timer"] + 1):
            await turns_of_the_loop(20)
            assert len(b.asked()) == turn_id
            assert (b.asked()[-1].text, b.asked()[-1].sound) == (ring.sentence(), "timer")
            await b.heard_in(turn_id)
            await b.tell(TTSPlaybackFinished(turn_id=turn_id, text=""))
            await asyncio.sleep(PAUSE_S + 1)
        assert b.finished == [ring]
        assert len(b.asked()) == ROUNDS["timer"]

    story(scene)


def test_a_missed_ring_is_told_once_and_without_a_chime():
    async def scene(b):
        await b.ring(bell(late_s=MISSED_S + 1))
        await b.tell(TTSPlaybackFinished(turn_id=1, text=""))
        await asyncio.sleep(60)
        assert [event.sound for event in b.asked()] == [""]
        assert len(b.finished) == 1

    story(scene)


def test_a_ring_that_is_cut_off_has_ended():
    async def scene(b):
        await b.ring(bell("alarm"))
        await b.tell(TTSStopped(turn_id=1, text="Your", reason="stop word"))
        await asyncio.sleep(60)
        assert len(b.finished) == len(b.asked()) == 1

    story(scene)


@pytest.mark.parametrize(
    "reaction",
    [
        TurnLLMAgentStartRequested(turn_id=5, text="snooze"),
        WakeWordDetected(phrase="okay nabu", at_sample=1),
        ButtonPressed(),
    ],
)
def test_whatever_the_owner_does_in_the_pause_ends_it(reaction):
    async def scene(b):
        await b.ring(bell())
        await b.tell(TTSPlaybackFinished(turn_id=1, text=""))
        await b.tell(reaction)
        assert len(b.finished) == 1
        assert [event.offer_id for event in b.log.all_of(SpeechWithdrawn)] == [1]
        await asyncio.sleep(60)
        assert len(b.asked()) == 1

    story(scene)


def test_what_nobody_has_heard_yet_is_still_rung():
    async def scene(b):
        b.manager.ring(bell())
        await b.tell(TurnLLMAgentStartRequested(turn_id=5, text="what time is it"))
        assert b.finished == []
        await b.heard_in(6)
        await b.tell(TTSPlaybackFinished(turn_id=6, text=""))
        await asyncio.sleep(PAUSE_S + 1)
        assert len(b.asked()) == 2

    story(scene)


def test_a_ring_for_which_there_was_no_room_is_rung_later():
    async def scene(b):
        b.manager.ring(bell())
        await b.tell(AnnouncementDropped(turn_id=0, offer_id=1))
        await asyncio.sleep(PAUSE_S + 1)
        assert len(b.asked()) == 2

    story(scene)


def test_other_replies_and_announcements_are_nothing_to_it():
    async def scene(b):
        await b.ring(bell())
        await b.tell(
            AnnouncementStarted(turn_id=9, offer_id=0),
            TTSPlaybackFinished(turn_id=9, text=""),
            TTSStopped(turn_id=8, text=""),
        )
        assert b.finished == []

    story(scene)
