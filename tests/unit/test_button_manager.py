"""The button means what the settings say, and never pretends to listen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.manager_parts import Log, plain_capture, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.board import BoardConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    AnnouncementStarted,
    BoardButtonUsed,
    ButtonPressed,
    ButtonReleased,
    Event,
    MicrophoneMuted,
    SpeechRequested,
    StopWordDetected,
    TurnStateChanged,
    WakeWordDetected,
)
from xtalk_edge.managers.button import MUTED, ButtonManager
from xtalk_edge.managers.ringing import RingingManager
from xtalk_edge.tools.timekeeping.ringing import Ring


class Bench:
    """A button, and what it publishes."""

    def __init__(self, **board: Any) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        config = replace(Config(), board=BoardConfig(**board))
        self.capture = plain_capture(self.bus)
        self.ringing = RingingManager(event_bus=self.bus, config=config, finished=lambda ring: None)
        self.button = ButtonManager(
            event_bus=self.bus, config=config, capture=self.capture, ringing=self.ringing
        )
        for manager in (self.ringing, self.button):
            self.bus.register(manager)

    async def use(self, *actions: str, button: int = 0) -> list[type[Event]]:
        """Use the button; return the kinds of events that come of it."""
        before = len(self.log.events)
        for action in actions:
            self.button.used(button, action, now_s())
        await turns_of_the_loop(20)
        kinds = [type(event) for event in self.log.events[before:]]
        return [kind for kind in kinds if kind is not BoardButtonUsed]

    async def aclose(self) -> None:
        for manager in (self.ringing, self.button, self.capture):
            await manager.shutdown()
        await self.bus.aclose()


def test_to_talk_is_to_press_and_to_let_go() -> None:
    async def scene() -> None:
        bench = Bench()
        assert await bench.use("press", "release") == [ButtonPressed, ButtonReleased]
        assert await bench.use("release", "tap", "double", "long") == []
        used = bench.log.all_of(BoardButtonUsed)
        assert [each.action for each in used][:2] == ["press", "release"]
        await bench.aclose()

    run_virtual(scene())


def test_as_a_wake_phrase_it_says_where() -> None:
    async def scene() -> None:
        bench = Bench(button="wake")
        assert await bench.use("press", "release") == [WakeWordDetected]
        (woken,) = bench.log.all_of(WakeWordDetected)
        assert (woken.phrase, woken.probability) == ("button", 1.0)
        await bench.aclose()

    run_virtual(scene())


def test_long_and_double_mute_and_stop() -> None:
    async def scene() -> None:
        bench = Bench(long_press="mute", double_tap="stop")
        assert await bench.use("double") == [StopWordDetected]
        assert await bench.use("long") == [MicrophoneMuted]
        assert bench.capture.muted
        assert await bench.use("long") == [MicrophoneMuted]
        assert not bench.capture.muted
        await bench.aclose()

    run_virtual(scene())


def test_another_button_is_told_and_does_nothing() -> None:
    async def scene() -> None:
        bench = Bench(long_press="mute")
        assert await bench.use("press", "long", button=1) == []
        assert [each.button for each in bench.log.all_of(BoardButtonUsed)] == [1, 1]
        await bench.aclose()

    run_virtual(scene())


def test_muted_it_says_so_instead_of_listening_to_nothing() -> None:
    async def scene() -> None:
        bench = Bench()
        bench.capture.mute(True, "switch")
        assert await bench.use("press", "release") == [MicrophoneMuted, SpeechRequested]
        assert bench.log.all_of(SpeechRequested)[0].text == MUTED
        await bench.aclose()

    run_virtual(scene())


@pytest.mark.parametrize("what", ["a reply", "a ring"])
def test_muted_it_still_ends_a_reply_and_a_ring(what: str) -> None:
    async def scene() -> None:
        bench = Bench()
        bench.capture.mute(True, "switch")
        if what == "a reply":
            bench.bus.publish(TurnStateChanged(state="speaking"))
        else:
            bench.ringing.ring(Ring("timer", 1, "tea", 0.0))
            bench.bus.publish(AnnouncementStarted(turn_id=1, offer_id=1))
        await turns_of_the_loop(20)
        assert ButtonPressed in await bench.use("press")
        assert not bench.ringing.heard
        await bench.aclose()

    run_virtual(scene())


def test_what_a_switch_muted_no_command_undoes() -> None:
    async def scene() -> None:
        bench = Bench(long_press="mute")
        bench.capture.mute(True, "switch")
        await bench.use("long")
        bench.capture.mute(False)
        assert bench.capture.muted
        bench.capture.mute(False, "switch")
        assert not bench.capture.muted
        await turns_of_the_loop(20)
        told = [(event.muted, event.by) for event in bench.log.all_of(MicrophoneMuted)]
        assert told == [(True, "switch"), (False, "switch")]
        await bench.aclose()

    run_virtual(scene())
