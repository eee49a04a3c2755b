"""A button on a GPIO line of this machine, through libgpiod."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

from firmware_bridge.gestures import Gestures
from firmware_bridge.messages import Action
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError, DeviceError
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.button import ButtonManager

DEBOUNCE = datetime.timedelta(milliseconds=8)
"""As the board's firmware does; the kernel does it here."""


class GpioButtonManager(Manager):
    """Watches a line that the button connects to ground."""

    def __init__(self, *, event_bus: EventBus, config: Config, button: ButtonManager) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._button = button
        self._gestures = Gestures()
        self._timer: asyncio.TimerHandle | None = None
        self._request: Any = None

    async def start(self) -> None:
        """Ask the kernel for the line.

        Raises:
            ConfigError: libgpiod's package is missing.
            DeviceError: there is no such line, or it cannot be had.
        """
        self._loop = asyncio.get_running_loop()
        self._request, self._rising = _requested(*self.config.board.gpio_line)
        self._loop.add_reader(self._request.fd, self._on_edges)

    async def shutdown(self) -> None:
        """Give the line back."""
        if self._timer is not None:
            self._timer.cancel()
        if self._request is not None:
            self._loop.remove_reader(self._request.fd)
            self._request.release()
            self._request = None
        await super().shutdown()

    def _on_edges(self) -> None:
        for edge in self._request.read_edge_events():
            # The line is inverted: it rises when the button goes down. The kernel's clock is ours.
            down = edge.event_type is self._rising
            self._tell(self._gestures.move(down, edge.timestamp_ns // 1_000_000))

    def _on_time(self) -> None:
        self._tell(self._gestures.tick(round(now_s() * 1000)))

    def _tell(self, told: list[tuple[Action, int]]) -> None:
        for action, at_ms in told:
            self._button.used(0, action.name.lower(), at_ms / 1000)
        if self._timer is not None:
            self._timer.cancel()
        due_ms = self._gestures.due_ms
        # A moment later, or rounding might wake it a moment too early.
        self._timer = (
            None if due_ms is None else self._loop.call_at(due_ms / 1000 + 0.001, self._on_time)
        )


def _requested(chip: str, line: int) -> tuple[Any, Any]:
    """Return the line as libgpiod hands it out, and what it calls a rising edge."""
    try:
        import gpiod
    except ImportError as error:
        raise ConfigError(
            'board.gpio needs libgpiod: pip install "xtalk-edge[gpio]", or set board.gpio = ""'
        ) from error
    settings = gpiod.LineSettings(
        edge_detection=gpiod.line.Edge.BOTH,
        bias=gpiod.line.Bias.PULL_UP,
        active_low=True,
        debounce_period=DEBOUNCE,
    )
    try:
        request = gpiod.request_lines(
            f"/dev/{chip}", consumer="xtalk-edge", config={line: settings}
        )
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"line {line} of /dev/{chip} cannot be had ({error}); see board.gpio, and whether this "
            "user is in the group gpio"
        ) from error
    return request, gpiod.EdgeEvent.Type.RISING_EDGE
