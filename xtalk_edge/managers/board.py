"""The serial board: its buttons, switch and knob in; lights and outputs out. It may come and go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from firmware_bridge.errors import BridgeError
from firmware_bridge.link import Link
from firmware_bridge.messages import (
    Beat,
    Button,
    Feature,
    Hello,
    Knob,
    Mute,
    SetLevel,
    SetLight,
    SetOutput,
)
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import LinkError
from xtalk_edge.events import (
    BoardConnected,
    BoardLost,
    BoardSupplyChanged,
    CardLost,
    CardOpened,
    ErrorOccurred,
    MicrophoneMuted,
    TurnStateChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.board_lights import Shown, level_of
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.tools.context import VolumeControl
from xtalk_edge.tools.home.outputs import WiredOutputs
from xtalk_edge.turn.actions import State

log = logging.getLogger(__name__)

SWITCH = "switch"
"""The reason for being muted that no command takes back."""

ERROR_SHOWN_S = 3.0
"""Long enough to be noticed from across a room."""

LEVEL_EVERY_S = 0.1
"""How often the lights follow the sound; finer, nobody sees."""

SUPPLY_STEP_MV = 100
"""Smaller changes of the supply are noise."""


class BoardManager(Manager):
    """Holds the link to the board and translates both ways.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        capture: what the switch mutes, and whose sound the lights follow.
        button: takes what is done to the buttons.
        volume: what the knob turns.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        button: ButtonManager,
        volume: VolumeControl,
        **link: Any,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._button = button
        self._volume = volume
        self._link = Link(config.board.port, self, **link)
        self._shown = Shown()
        self._lively = asyncio.Event()
        self._known = asyncio.Event()
        """Set once it is known how the mute switch stands."""
        self._features = 0
        self._outputs = 0
        """How many the board has."""
        self._trouble = ""
        """What was last told to be wrong."""
        self._supply_mv = 0
        self._errors = 0
        devices = config.tools.devices
        self.outputs = WiredOutputs(
            [device.name for device in devices],
            {device.name: device.output for device in devices if device.output},
            self.put_output,
        )
        """What can be switched by voice."""

    async def start(self) -> None:
        """Look for the board; wait a moment for it, so that its switch holds from the start."""
        self.tasks.start(self._link.run(), "board")
        self.tasks.start(self._show_levels(), "board levels")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.config.board.wait_s):
                await self._known.wait()

    def put_output(self, output: int, on: bool) -> None:
        """Switch an output, from 1.

        Raises:
            LinkError: there is no board, or it has no such output.
        """
        if self._link.ready and output > self._outputs:
            raise LinkError(
                f"the board has {self._outputs} outputs and no output {output}; see tools.devices"
            )
        if not self._link.send(SetOutput(output - 1, on)):
            raise LinkError(f"the board is not there: {self._trouble or 'plug it in'}")

    # -- the board speaks ------------------------------------------------------------------

    def on_ready(self, hello: Hello, port: str, round_trip_s: float) -> None:
        """Take that a board is there, and tell it how things stand."""
        self._trouble = ""
        self._features, self._outputs = hello.features, hello.outputs
        firmware = ".".join(str(part) for part in hello.firmware)
        log.info("board %s, firmware %s, on %s", hello.name, firmware, port)
        self.bus.publish(BoardConnected(name=hello.name, firmware=firmware, port=port))
        self._link.send(SetLight(self._shown.light))
        try:
            self.outputs.restore()
        except LinkError as error:
            log.warning("board: %s", error)
        if not hello.features & Feature.MUTE_SWITCH:
            self._known.set()

    def on_message(self, message: Beat | Button | Mute | Knob, at_s: float) -> None:
        """Take what the board says."""
        match message:
            case Button(button, action, age_ms):
                self._button.used(button, action.name.lower(), at_s - age_ms / 1000)
            case Mute(muted):
                self._switched(muted)
            case Knob(percent):
                if self.config.board.knob:
                    self._volume.set_percent(percent)
            case Beat():
                self._beat(message)

    def on_lost(self, error: BridgeError) -> None:
        """Take why there is no board; what its switch said last holds on."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("board: %s", error)
            self.bus.publish(BoardLost(reason=self._trouble))

    def _beat(self, beat: Beat) -> None:
        if self._features & Feature.MUTE_SWITCH:
            self._switched(beat.muted)
        if abs(beat.supply_mv - self._supply_mv) >= SUPPLY_STEP_MV:
            self._supply_mv = beat.supply_mv
            self.bus.publish(BoardSupplyChanged(volts=beat.supply_mv / 1000))

    def _switched(self, muted: bool) -> None:
        self._capture.mute(muted, SWITCH)
        self._known.set()

    # -- the lights ------------------------------------------------------------------------

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Show who has the floor."""
        self._show(state=State(event.state))

    @handles(MicrophoneMuted)
    def on_muted(self, event: MicrophoneMuted) -> None:
        """Show that nothing is heard."""
        self._show(muted=event.muted)

    @handles(CardLost)
    def on_card_lost(self, event: CardLost) -> None:
        """Show that there is no sound."""
        self._show(deaf=True)

    @handles(CardOpened)
    def on_card(self, event: CardOpened) -> None:
        """Show that there is sound again."""
        self._show(deaf=False)

    @handles(ErrorOccurred)
    def on_error(self, event: ErrorOccurred) -> None:
        """Show for a moment that something failed."""
        self._errors += 1
        self._show(failing=True)
        self.tasks.start(self._forget(self._errors), "board error")

    async def _forget(self, error: int) -> None:
        await asyncio.sleep(ERROR_SHOWN_S)
        if error == self._errors:
            self._show(failing=False)

    def _show(self, **changes: Any) -> None:
        before = self._shown.light
        for name, value in changes.items():
            setattr(self._shown, name, value)
        if self._shown.light != before:
            self._link.send(SetLight(self._shown.light))
        if self._shown.is_lively:
            self._lively.set()
        else:
            self._lively.clear()

    async def _show_levels(self) -> None:
        piece = round(LEVEL_EVERY_S * RATE_HZ)
        while True:
            await self._lively.wait()
            rings = self._capture.rings
            ring = rings.far if self._shown.state is State.SPEAKING else rings.clean
            sound, _ = ring.slice(max(0, ring.head - piece), ring.head)
            self._link.send(SetLevel(level_of(sound)))
            await asyncio.sleep(LEVEL_EVERY_S)
