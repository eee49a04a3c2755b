"""What the tests of the link share: a listener that remembers, and the firmware behind a pty."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from firmware_bridge.errors import BridgeError
from firmware_bridge.faults import Faults
from firmware_bridge.link import Link
from firmware_bridge.messages import Beat, Button, Hello, Knob, Mute
from firmware_bridge.simulator import SimulatedLine

M = TypeVar("M", Beat, Button, Mute, Knob)

PATIENCE_S = 20.0


class Heard:
    """Remembers what a link tells."""

    def __init__(self) -> None:
        self.hellos: list[tuple[Hello, str]] = []
        self.messages: list[Beat | Button | Mute | Knob] = []
        self.errors: list[BridgeError] = []
        self.at_s: list[float] = []
        self._news = asyncio.Event()

    def on_ready(self, hello: Hello, port: str, round_trip_s: float) -> None:
        assert 0.0 <= round_trip_s < PATIENCE_S
        self.hellos.append((hello, port))
        self._news.set()

    def on_message(self, message: Beat | Button | Mute | Knob, at_s: float) -> None:
        self.messages.append(message)
        self.at_s.append(at_s)
        self._news.set()

    def on_lost(self, error: BridgeError) -> None:
        self.errors.append(error)
        self._news.set()

    def all_of(self, kind: type[M]) -> list[M]:
        return [message for message in self.messages if isinstance(message, kind)]

    async def until(self, fact: Callable[[], object]) -> None:
        """Wait for a fact; looked at whenever something is told, and now and then."""
        async with asyncio.timeout(PATIENCE_S):
            while not fact():
                self._news.clear()
                # What a board does is told by nobody.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.005)


@contextlib.asynccontextmanager
async def linked(port: str, heard: Heard, **link: object) -> AsyncIterator[Link]:
    """Keep a link to the port."""
    made = Link(port, heard, **link)  # type: ignore[arg-type]
    running = asyncio.ensure_future(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled(), running


class FirmwareBoard:
    """The compiled firmware as a process, its serial line on a pty; `async with` it."""

    def __init__(self, program: Path, faults: Faults | None = None, seed: int = 0) -> None:
        self._program = program
        self._faults = faults
        self._seed = seed
        self.deeds: list[str] = []
        """What it did to the world: "light 2", "output 1 1"."""

    async def __aenter__(self) -> FirmwareBoard:
        self._loop = asyncio.get_running_loop()
        self._ours, theirs = socket.socketpair()
        world, self._world = os.pipe()
        self._deeds, deeds = os.pipe()
        self._process = subprocess.Popen(  # noqa: ASYNC220 - a start is all there is to it
            [str(self._program), "serve", str(world), str(deeds)],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.PIPE,
            pass_fds=(world, deeds),
        )
        theirs.close()
        os.close(world)
        os.close(deeds)
        self._ours.setblocking(False)
        os.set_blocking(self._deeds, False)
        self._line = SimulatedLine(self._to_firmware, self._faults, self._seed)
        self.path = self._line.path
        self._loop.add_reader(self._ours, self._from_firmware)
        self._loop.add_reader(self._deeds, self._read_deeds)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._loop.remove_reader(self._ours)
        self._loop.remove_reader(self._deeds)
        self._line.close()
        self._ours.close()
        os.close(self._world)
        _, complaint = await asyncio.to_thread(self._process.communicate)
        os.close(self._deeds)
        # A sanitiser that has something to say ends it with another code.
        assert self._process.returncode == 0, complaint.decode()

    def change(self, line: str) -> None:
        """Change the world around it: "contacts 1", "mute 1", "reset"."""
        os.write(self._world, f"{line}\n".encode())

    def _to_firmware(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ours.send(data)

    def _from_firmware(self) -> None:
        data = self._ours.recv(4096)
        if data:
            self._line.say(data)
        else:
            self._loop.remove_reader(self._ours)

    def _read_deeds(self) -> None:
        text = os.read(self._deeds, 65536).decode()
        if text:
            self.deeds += text.splitlines()
        else:
            self._loop.remove_reader(self._deeds)
