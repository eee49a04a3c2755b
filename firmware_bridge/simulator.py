"""A board without hardware: on a pseudo-terminal, with seeded faults. `Link` opens its `path`."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Self

from firmware_bridge.board_session import BoardSession
from firmware_bridge.faults import Faults, FaultyLine
from firmware_bridge.gestures import Gestures
from firmware_bridge.messages import (
    PROTOCOL,
    Action,
    Button,
    Feature,
    Hello,
    Knob,
    Light,
    Mute,
    SetLevel,
    SetLight,
    encode,
)
from firmware_bridge.wire import frame

STEP_S = 0.002
"""How often the simulated board looks, as the firmware's loop does."""

FLOOD = b"\xa5" * 512
"""What a board that floods sends at every step: a hundred times what is allowed."""

SIMULATED = Hello(
    session=0,
    firmware=(1, 0, 0),
    buttons=2,
    outputs=4,
    features=sum(Feature),
    name="simulated",
)


class SimulatedLine:
    """A pseudo-terminal with faults in both directions; one end is a board in this program.

    Args:
        hears: given what arrives at the board's end.
        faults: of the line.
        seed: of all chance.
        link: name of a link to the pseudo-terminal, which stays the same if another one is made.
    """

    def __init__(
        self,
        hears: Callable[[bytes], None],
        faults: Faults | None = None,
        seed: int = 0,
        link: Path | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._hears = hears
        self._to_host = FaultyLine(faults or Faults(), 2 * seed)
        self._to_board = FaultyLine(faults or Faults(), 2 * seed + 1)
        self._ours, self._theirs = os.openpty()
        # Kept open, or the end of one user of the port would look like a hang-up to the board.
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._link = link
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.path)
            self.path = str(link)
        self._open = True
        self._loop.add_reader(self._ours, self._on_readable)

    def say(self, data: bytes) -> None:
        """Send bytes from the board's end."""
        for at_s, arriving in self._to_host.carry(data, self._loop.time()):
            self._loop.call_at(at_s, self.say_raw, arriving)

    def say_raw(self, data: bytes) -> None:
        """Send bytes from the board's end, past all faults; dropped if nobody reads."""
        if not self._open:
            return
        try:
            os.write(self._ours, data)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Unplug it."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._ours)
            os.close(self._ours)
            os.close(self._theirs)
            if self._link is not None:
                self._link.unlink(missing_ok=True)

    def _on_readable(self) -> None:
        data = os.read(self._ours, 4096)
        for at_s, arriving in self._to_board.carry(data, self._loop.time()):
            self._loop.call_at(at_s, self._arrive, arriving)

    def _arrive(self, data: bytes) -> None:
        if self._open:
            self._hears(data)


class BoardSimulator:
    """A board with two buttons, four outputs, lights, a knob and a mute switch.

    `async with` it; then press its buttons by its methods, and see what the host wants.
    """

    def __init__(
        self,
        faults: Faults | None = None,
        seed: int = 0,
        *,
        silent: bool = False,
        floods: bool = False,
        protocol: int = PROTOCOL,
        link: Path | None = None,
    ) -> None:
        self._faults = faults
        self._seed = seed
        self._link = link
        self.silent = silent
        """Whether it says nothing."""
        self.floods = floods
        """Whether it sends rubbish as fast as it can."""
        self._protocol = protocol
        self._gestures = [Gestures() for _ in range(SIMULATED.buttons)]
        self._timer: asyncio.TimerHandle | None = None
        self.lights: list[Light] = []
        """All that were asked for, in order."""
        self.level = 0
        self.outputs: dict[int, bool] = {}

    async def __aenter__(self) -> Self:
        """Plug it in."""
        self._loop = asyncio.get_running_loop()
        self._line = SimulatedLine(self._hear, self._faults, self._seed, self._link)
        self.path = self._line.path
        self.reset()
        self._step()
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Unplug it."""
        assert self._timer is not None
        self._timer.cancel()
        self._line.close()

    @property
    def in_session(self) -> bool:
        """Whether a host is there."""
        return self._session.in_session

    @property
    def repeated(self) -> int:
        """How many messages had to be sent again since the reset."""
        return self._session.repeated

    @property
    def muted(self) -> bool:
        """How the mute switch stands."""
        return self._session.muted

    def reset(self) -> None:
        """Do what the reset button does."""
        self._session = BoardSession(SIMULATED, self._loop.time())
        self.outputs = {}

    def press(self, button: int = 0) -> None:
        """Press a button down."""
        self._move(button, down=True)

    def release(self, button: int = 0) -> None:
        """Let a button go."""
        self._move(button, down=False)

    def mute(self, muted: bool) -> None:
        """Put the mute switch so."""
        self._session.muted = muted
        self._session.tell(Mute(muted), self._loop.time())

    def turn_knob(self, percent: int) -> None:
        """Turn the knob."""
        self._session.knob = percent
        self._session.tell(Knob(percent), self._loop.time())

    def set_supply(self, millivolts: int) -> None:
        """Change the supply's voltage."""
        self._session.supply_mv = millivolts

    def _move(self, button: int, *, down: bool) -> None:
        bit = 1 << button
        self._session.pressed = self._session.pressed & ~bit | (bit if down else 0)
        at_ms = round(self._loop.time() * 1000)
        self._tell(button, self._gestures[button].move(down, at_ms))
        self._flush()

    def _tell(self, button: int, told: list[tuple[Action, int]]) -> None:
        now_s = self._loop.time()
        for action, at_ms in told:
            age_ms = max(0, round(now_s * 1000) - at_ms)
            self._session.tell(Button(button, action, age_ms), now_s)

    def _step(self) -> None:
        at_ms = round(self._loop.time() * 1000)
        for button, gestures in enumerate(self._gestures):
            self._tell(button, gestures.tick(at_ms))
        self._flush()
        self._timer = self._loop.call_later(STEP_S, self._step)

    def _hear(self, data: bytes) -> None:
        self._session.received(data, self._loop.time())
        self._flush()

    def _flush(self) -> None:
        said = self._session.due(self._loop.time())
        for wish in self._session.wishes:
            if isinstance(wish, SetLight):
                self.lights.append(wish.light)
            elif isinstance(wish, SetLevel):
                self.level = wish.level
            else:
                self.outputs[wish.output] = wish.on
        self._session.wishes.clear()
        if self.floods:
            self._line.say_raw(FLOOD)
        elif self._protocol != PROTOCOL:
            self._line.say(_hello_of(self._protocol) if said else b"")
        elif not self.silent:
            self._line.say(said)


def _hello_of(protocol: int) -> bytes:
    """Return the greeting of a board with another version, of which the rest may be anything."""
    fields = bytes((protocol,)) + encode(SIMULATED)[3:]
    return frame(bytes((Hello.TYPE, 0)) + fields)
