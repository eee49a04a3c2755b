"""The link to a board: opens its port, holds the conversation, and comes back after a loss."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import serial

from firmware_bridge.errors import BoardLostError, BridgeError
from firmware_bridge.messages import Beat, Button, Hello, Knob, Message, Mute
from firmware_bridge.ports import BY_ID, chosen_port, open_port
from firmware_bridge.session import (
    LAST_SESSION,
    HostSession,
    Lost,
    Ready,
    Received,
    Send,
    SessionAction,
)

FIRST_WAIT_S = 0.25
"""Before the first try to come back; doubled with each try in vain."""

LONGEST_WAIT_S = 2.0
"""Looking whether a port is there costs nothing; a board that is plugged in should not be waited
for."""

READ_BYTES = 4096


class LinkListener(Protocol):
    """Whoever is told of a board; on the loop."""

    def on_ready(self, hello: Hello, port: str, round_trip_s: float) -> None:
        """Take that a board is there; it knows nothing of what was sent before."""

    def on_message(self, message: Beat | Button | Mute | Knob, at_s: float) -> None:
        """Take what the board says, and the loop's time at which it came."""

    def on_lost(self, error: BridgeError) -> None:
        """Take why there is no board; told at every try in vain."""


class Link:
    """A board that may come and go.

    Args:
        port: path of the port, or "auto" for the only one.
        listener: whoever is told.
        folder: where "auto" looks.
        chance: jitters the tries to come back, and numbers sessions.
    """

    def __init__(
        self,
        port: str,
        listener: LinkListener,
        *,
        folder: Path = BY_ID,
        chance: random.Random | None = None,
    ) -> None:
        self._port = port
        self._listener = listener
        self._folder = folder
        self._chance = chance or random.Random()
        self._line: _Line | None = None

    @property
    def ready(self) -> bool:
        """Whether a board is there."""
        return self._line is not None and self._line.session.ready

    @property
    def repeated(self) -> int:
        """How many messages to this board had to be sent again."""
        return 0 if self._line is None else self._line.session.repeated

    @property
    def unreadable(self) -> int:
        """How many of this board's frames could not be read."""
        return 0 if self._line is None else self._line.session.unreadable

    def send(self, message: Message) -> bool:
        """Send a wish to the board; tell whether there is one."""
        if self._line is None or not self._line.session.ready:
            return False
        self._line.send(message)
        return True

    async def run(self) -> None:
        """Look for the board, again and again, until cancelled."""
        wait_s = FIRST_WAIT_S
        while True:
            was_ready, error = await self._hold()
            self._listener.on_lost(error)
            wait_s = FIRST_WAIT_S if was_ready else min(LONGEST_WAIT_S, 2 * wait_s)
            await asyncio.sleep(wait_s * self._chance.uniform(0.5, 1.0))

    async def _hold(self) -> tuple[bool, BridgeError]:
        """Hold one conversation; return whether there was one, and why it ended."""
        was_ready = False

        def on_ready(ready: Ready) -> None:
            nonlocal was_ready
            was_ready = True
            self._listener.on_ready(ready.hello, path, ready.round_trip_s)

        try:
            path = chosen_port(self._port, self._folder)
            # A port of a device that is going away may take its time.
            opened = await _opened(path)
        except BridgeError as error:
            return False, error
        number = self._chance.randint(1, LAST_SESSION)
        self._line = _Line(opened, number, on_ready, self._listener.on_message)
        try:
            return was_ready, await self._line.ended
        finally:
            self._line.close()
            self._line = None


async def _opened(path: str) -> serial.Serial:
    opening = asyncio.ensure_future(asyncio.to_thread(open_port, path))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unwanted)
        raise


def _close_unwanted(opening: asyncio.Future[serial.Serial]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


class _Line:
    """An open port and the conversation on it."""

    def __init__(
        self,
        port: serial.Serial,
        session: int,
        on_ready: Callable[[Ready], None],
        on_message: Callable[[Beat | Button | Mute | Knob, float], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._port = port
        self._fd: int = port.fileno()
        self._on_ready = on_ready
        self._on_message = on_message
        self._timer: asyncio.TimerHandle | None = None
        self.session = HostSession(session, self._loop.time())
        self.ended: asyncio.Future[BridgeError] = self._loop.create_future()
        self._loop.add_reader(self._fd, self._on_readable)
        self._tick()

    def send(self, message: Message) -> None:
        """Send a wish."""
        self._perform(self.session.send(message, self._loop.time()))

    def close(self) -> None:
        """Let go of the port."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._fd)
        # The device may be gone; there is nothing more to be lost.
        with contextlib.suppress(OSError):
            self._port.close()

    def _on_readable(self) -> None:
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._perform(self.session.received(data, self._loop.time()))
        else:
            self._unplugged()

    def _tick(self) -> None:
        self._perform(self.session.tick(self._loop.time()))

    def _perform(self, actions: list[SessionAction]) -> None:
        at_s = self._loop.time()
        for action in actions:
            match action:
                case Send(data):
                    self._write(data)
                case Ready():
                    self._on_ready(action)
                case Received(message):
                    self._on_message(message, at_s)
                case Lost(error):
                    self._end(error)
        if self._timer is not None:
            self._timer.cancel()
        if not self.ended.done():
            self._timer = self._loop.call_at(self.session.next_s, self._tick)

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._fd, data)
        except BlockingIOError:
            # The board does not read: as good as lost on the way, and sent again.
            return
        except OSError:
            self._unplugged()

    def _unplugged(self) -> None:
        self._end(BoardLostError("the board was unplugged; plug it in again"))

    def _end(self, error: BridgeError) -> None:
        self._loop.remove_reader(self._fd)
        if not self.ended.done():
            self.ended.set_result(error)
