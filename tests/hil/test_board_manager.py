"""The appliance's side of the board: what it takes from it, and what it lets it show and do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.messages import Light
from firmware_bridge.simulator import BoardSimulator
from tests.clocks import in_real_time
from tests.hil.rig import PATIENCE_S
from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import EventBus
from xtalk_edge.config.board import BoardConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.config.tools import DeviceConfig, ToolsConfig
from xtalk_edge.errors import LinkError
from xtalk_edge.events import (
    BoardConnected,
    BoardLost,
    BoardSupplyChanged,
    ButtonPressed,
    CardLost,
    CardOpened,
    ErrorOccurred,
    MicrophoneMuted,
    TurnStateChanged,
)
from xtalk_edge.managers import board as board_manager
from xtalk_edge.managers.board import BoardManager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.ringing import RingingManager


class Volume:
    """What the knob turns."""

    def __init__(self) -> None:
        self.percent = 100

    def get_percent(self) -> int:
        return self.percent

    def set_percent(self, percent: int) -> None:
        self.percent = percent


class Bench:
    """A board manager with what it needs, running."""

    def __init__(self, port: str, **board: Any) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        config = replace(
            Config(),
            board=BoardConfig(port=port, **board),
            tools=ToolsConfig(devices=(DeviceConfig("lamp", 2), DeviceConfig("fan"))),
        )
        self.capture = plain_capture(self.bus, RoomCard(RoomScene(noise_db=-20.0)))
        self.volume = Volume()
        ringing = RingingManager(event_bus=self.bus, config=config, finished=lambda ring: None)
        button = ButtonManager(
            event_bus=self.bus, config=config, capture=self.capture, ringing=ringing
        )
        self.board = BoardManager(
            event_bus=self.bus,
            config=config,
            capture=self.capture,
            button=button,
            volume=self.volume,
        )
        self.managers = (button, self.board, self.capture)

    async def until(self, fact: Any) -> None:
        async with asyncio.timeout(PATIENCE_S):
            # What a board shows is told by nobody.
            while not fact():  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(port: str, **board: Any) -> AsyncIterator[Bench]:
    bench = Bench(port, **board)
    for manager in bench.managers:
        bench.bus.register(manager)
        await manager.start()
    try:
        yield bench
    finally:
        for manager in reversed(bench.managers):
            await manager.shutdown()
        await bench.bus.aclose()


@in_real_time
async def test_the_lights_say_who_has_the_floor_and_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(board_manager, "ERROR_SHOWN_S", 0.05)

    async with BoardSimulator() as board, running(board.path) as bench:
        await bench.until(lambda: board.lights == [Light.OFF])
        for event, light in (
            (TurnStateChanged(state="attending"), Light.READY),
            (TurnStateChanged(state="listening"), Light.LISTENING),
            (CardLost(reason="unplugged"), Light.ERROR),
            (CardOpened(name="x", rate_hz=1, block_ms=1.0, latency_ms=1.0), Light.LISTENING),
            (ErrorOccurred(error_type="x", error_message="x", component="x"), Light.ERROR),
        ):
            bench.bus.publish(event)
            await bench.until(lambda light=light: board.lights[-1] is light)
        await bench.until(lambda: board.lights[-1] is Light.LISTENING)
        # It is noisy in the room.
        await bench.until(lambda: board.level > 50)
        bench.capture.mute(True)
        await bench.until(lambda: board.lights[-1] is Light.MUTED)
        bench.bus.publish(TurnStateChanged(state="thinking"))
        bench.capture.mute(False)
        await bench.until(lambda: board.lights[-1] is Light.THINKING)
        assert board.lights.count(Light.MUTED) == 1


@in_real_time
async def test_button_knob_switch_and_supply_are_taken() -> None:
    async with BoardSimulator() as board, running(board.path) as bench:
        board.press()
        await bench.until(lambda: bench.log.all_of(ButtonPressed))
        board.turn_knob(35)
        await bench.until(lambda: bench.volume.percent == 35)
        board.mute(True)
        await bench.until(lambda: bench.capture.muted)
        board.mute(False)
        await bench.until(lambda: not bench.capture.muted)
        board.set_supply(3_300)
        await bench.until(
            lambda: 3.3 in [event.volts for event in bench.log.all_of(BoardSupplyChanged)]
        )


@in_real_time
async def test_a_switch_that_is_on_holds_from_the_first_sample_on() -> None:
    async with BoardSimulator() as board:
        board.mute(True)
        async with running(board.path) as bench:
            await bench.until(lambda: bench.capture.head > 3_000)
            sound, _ = bench.capture.rings.raw.slice(0, bench.capture.head)
            assert not sound.any()
            assert [event.by for event in bench.log.all_of(MicrophoneMuted)] == ["switch"]


@pytest.mark.slow
@in_real_time
async def test_a_board_that_goes_leaves_all_as_it_was_and_comes_back(tmp_path: Path) -> None:
    name = tmp_path / "board"

    async with running(str(name), wait_s=0.0) as bench:
        with pytest.raises(LinkError, match="the board is not there"):
            await bench.board.outputs.switch(["lamp"], True)
        assert not bench.board.outputs.is_on("lamp")
        await bench.board.outputs.switch(["fan"], True)
        async with BoardSimulator(link=name) as board:
            await bench.until(lambda: bench.log.all_of(BoardConnected))
            await bench.board.outputs.switch(["lamp"], True)
            await bench.until(lambda: board.outputs.get(1) is True)
            board.mute(True)
            await bench.until(lambda: bench.capture.muted)
        await bench.until(lambda: "unplugged" in str(bench.log.all_of(BoardLost)[-1]))
        # Nobody has put the switch back.
        assert bench.capture.muted
        bench.bus.publish(TurnStateChanged(state="speaking"))
        async with BoardSimulator(link=name) as board:
            await bench.until(lambda: board.outputs.get(1) is True)
            await bench.until(lambda: not bench.capture.muted)
            await bench.until(lambda: board.lights[-1:] == [Light.SPEAKING])
    firmware = bench.log.all_of(BoardConnected)[0].firmware
    assert firmware == "1.0.0"


@in_real_time
async def test_an_output_that_the_board_lacks_is_told() -> None:
    async with BoardSimulator() as board, running(board.path) as bench:
        with pytest.raises(LinkError, match="4 outputs and no output 5"):
            bench.board.put_output(5, True)


@in_real_time
async def test_without_a_board_it_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    async with running(str(tmp_path / "none"), wait_s=0.1) as bench:
        await bench.until(lambda: bench.log.all_of(BoardLost))
        assert not bench.capture.muted
        # Told once, however often it is looked for.
        assert len(bench.log.all_of(BoardLost)) == 1
