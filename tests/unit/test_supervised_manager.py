"""A service manager is told when sound flows, and asks for changed settings."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.unit.manager_parts import turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.events import CardLost, CardOpened, MicrophoneMuted, SettingsReloaded
from xtalk_edge.managers.supervised import SupervisedManager
from xtalk_edge.service.notify import ServiceManager


class Sound:
    """A capture whose sound comes when it is told to."""

    def __init__(self) -> None:
        self.flows = asyncio.Event()
        self.muted = False

    async def advance(self) -> None:
        await self.flows.wait()


class Device:
    """An appliance that reads its settings, when it may."""

    def __init__(self) -> None:
        self.capture = Sound()
        self.may_reload = asyncio.Event()
        self.reloads = 0

    async def reload(self, read: Callable[[], Config]) -> SettingsReloaded:
        self.reloads += 1
        await self.may_reload.wait()
        return SettingsReloaded(sentence=f"{read().turn.silence_ms} ms.")


class Told:
    """A service manager's end of the line."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._wire.bind(self.address)
        self._wire.setblocking(False)

    def news(self) -> list[str]:
        """Return what was told since, each without what changes from time to time."""
        found = []
        while True:
            try:
                found.append(self._wire.recv(1000).decode().partition("\n")[0])
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._wire.close()


def supervised(
    tmp_path: Path, test: Callable[[SupervisedManager, Device, Told, EventBus], Awaitable[None]]
) -> None:
    async def run() -> None:
        told, bus, device = Told(tmp_path), EventBus(), Device()
        manager = SupervisedManager(
            event_bus=bus,
            config=Config(),
            appliance=device,
            service=ServiceManager(told.address),
            read=Config,
        )
        bus.register(manager)
        try:
            await manager.start()
            await turns_of_the_loop()
            await test(manager, device, told, bus)
        finally:
            await manager.shutdown()
            await bus.aclose()
            told.close()

    asyncio.run(run())


def test_it_is_ready_when_sound_flows_and_not_before(tmp_path: Path) -> None:
    async def test(_manager: SupervisedManager, device: Device, told: Told, bus: EventBus) -> None:
        await bus.publish_and_wait(
            CardOpened(name="x", rate_hz=48_000, block_ms=10.0, latency_ms=1.0)
        )
        assert told.news() == []
        device.capture.flows.set()
        await turns_of_the_loop()
        assert told.news() == ["READY=1", "STATUS=Listens."]

    supervised(tmp_path, test)


def test_it_says_when_nothing_is_heard(tmp_path: Path) -> None:
    async def test(_manager: SupervisedManager, device: Device, told: Told, bus: EventBus) -> None:
        device.capture.flows.set()
        await turns_of_the_loop()
        told.news()
        device.capture.muted = True
        await bus.publish_and_wait(MicrophoneMuted(muted=True, by="switch"))
        await bus.publish_and_wait(CardLost(reason="x was unplugged"))
        device.capture.muted = False
        await bus.publish_and_wait(
            CardOpened(name="x", rate_hz=48_000, block_ms=10.0, latency_ms=1.0)
        )
        assert told.news() == [
            "STATUS=The microphone is muted.",
            "STATUS=Waits for the sound device: x was unplugged",
            "STATUS=Listens.",
        ]

    supervised(tmp_path, test)


@pytest.mark.parametrize("early", [True, False])
def test_a_reload_is_told_from_its_beginning_to_its_end(tmp_path: Path, early: bool) -> None:
    async def test(manager: SupervisedManager, device: Device, told: Told, _bus: EventBus) -> None:
        if early:
            manager.ask_reload()
        device.capture.flows.set()
        await turns_of_the_loop()
        if not early:
            manager.ask_reload()
        await turns_of_the_loop()
        assert told.news() == ["READY=1", "STATUS=Listens.", "RELOADING=1"]
        device.may_reload.set()
        await turns_of_the_loop()
        ready, status = told.news()
        assert ready == "READY=1"
        assert status.startswith("STATUS=Listens. At ")
        assert status.endswith(": 500 ms.")

    supervised(tmp_path, test)


def test_asked_again_meanwhile_it_reads_once_more(tmp_path: Path) -> None:
    async def test(manager: SupervisedManager, device: Device, told: Told, _bus: EventBus) -> None:
        device.capture.flows.set()
        manager.ask_reload()
        await turns_of_the_loop()
        for _ in range(5):
            manager.ask_reload()
        device.may_reload.set()
        await turns_of_the_loop(20)
        assert device.reloads == 2

    supervised(tmp_path, test)
