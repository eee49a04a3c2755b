"""A button on a GPIO line, with a stand-in for libgpiod: there is no such line here."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.clocks import in_real_time
from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import now_s
from xtalk_edge.config.board import BoardConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError, DeviceError
from xtalk_edge.events import BoardButtonUsed
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.gpio import GpioButtonManager
from xtalk_edge.managers.ringing import RingingManager


class Line:
    """What libgpiod hands out: a descriptor to wait on, and edges with the kernel's time."""

    def __init__(self) -> None:
        self.fd, self._other = os.pipe()
        self.edges: list[SimpleNamespace] = []
        self.released = False

    def move(self, kind: str, at_s: float) -> None:
        self.edges.append(SimpleNamespace(event_type=kind, timestamp_ns=round(at_s * 1e9)))
        os.write(self._other, b"!")

    def read_edge_events(self) -> list[SimpleNamespace]:
        os.read(self.fd, 100)
        edges, self.edges = self.edges, []
        return edges

    def release(self) -> None:
        self.released = True
        os.close(self.fd)
        os.close(self._other)


class Library:
    """As much of libgpiod's package as is used."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.asked: list[tuple[str, dict[int, dict[str, Any]]]] = []
        self.refuses = refuses
        self.line = SimpleNamespace(
            Edge=SimpleNamespace(BOTH="both"), Bias=SimpleNamespace(PULL_UP="up")
        )
        self.EdgeEvent = SimpleNamespace(
            Type=SimpleNamespace(RISING_EDGE="rising", FALLING_EDGE="falling")
        )
        self.handed_out = Line()

    def LineSettings(self, **settings: Any) -> dict[str, Any]:  # noqa: N802 - libgpiod's name
        return settings

    def request_lines(self, path: str, *, consumer: str, config: dict[int, Any]) -> Line:
        assert consumer == "xtalk-edge"
        if self.refuses is not None:
            raise self.refuses
        self.asked.append((path, config))
        return self.handed_out


def made(bus: EventBus) -> GpioButtonManager:
    config = replace(Config(), board=BoardConfig(gpio="gpiochip0:17"))
    ringing = RingingManager(event_bus=bus, config=config, finished=lambda ring: None)
    button = ButtonManager(
        event_bus=bus, config=config, capture=plain_capture(bus), ringing=ringing
    )
    return GpioButtonManager(event_bus=bus, config=config, button=button)


@in_real_time
async def test_a_line_is_a_button_with_taps(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setitem(sys.modules, "gpiod", library)

    bus = EventBus()
    log, told = Log(bus), asyncio.Event()
    bus.subscribe(BoardButtonUsed, lambda event: told.set())
    manager = made(bus)
    await manager.start()
    (path, config) = library.asked[0]
    assert path == "/dev/gpiochip0"
    assert config[17]["active_low"]
    assert config[17]["edge_detection"] == "both"
    library.handed_out.move("rising", now_s())
    library.handed_out.move("falling", now_s() + 0.05)
    async with asyncio.timeout(10):
        while len(log.all_of(BoardButtonUsed)) < 3:
            told.clear()
            await told.wait()
    actions = [event.action for event in log.all_of(BoardButtonUsed)]
    assert actions == ["press", "release", "tap"]
    await manager.shutdown()
    assert library.handed_out.released
    await bus.aclose()


@in_real_time
async def test_a_line_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", Library(PermissionError(13, "Permission denied")))

    bus = EventBus()
    manager = made(bus)
    with pytest.raises(DeviceError, match=r"line 17 of /dev/gpiochip0 .* group gpio"):
        await manager.start()
    await manager.shutdown()
    await bus.aclose()


@in_real_time
async def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiod", None)

    bus = EventBus()
    with pytest.raises(ConfigError, match=r"xtalk-edge\[gpio\]"):
        await made(bus).start()
    await bus.aclose()
