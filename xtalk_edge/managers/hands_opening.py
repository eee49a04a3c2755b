"""Opens what the owner touches: the button, and the board or line it hangs on."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.bus import EventBus
from xtalk_edge.clock import is_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.board import BoardManager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.gpio import GpioButtonManager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.managers.ringing import RingingManager
from xtalk_edge.tools.home.outputs import WiredOutputs


@dataclass(frozen=True, slots=True)
class Hands:
    """What may be touched."""

    button: ButtonManager
    line: GpioButtonManager | None = None
    board: BoardManager | None = None

    @property
    def managers(self) -> list[Manager]:
        """All of it, in the order in which it starts."""
        return [each for each in (self.button, self.line, self.board) if each is not None]

    @property
    def outputs(self) -> WiredOutputs | None:
        """What the board can switch; None where there is none."""
        return self.board.outputs if self.board else None


def open_hands(
    config: Config,
    bus: EventBus,
    capture: CaptureManager,
    playback: PlaybackManager,
    ringing: RingingManager,
) -> Hands:
    """Return it, not connected yet."""
    button = ButtonManager(event_bus=bus, config=config, capture=capture, ringing=ringing)
    if is_virtual():
        # Nobody has hands that fast.
        return Hands(button)
    line = board = None
    if config.board.gpio:
        line = GpioButtonManager(event_bus=bus, config=config, button=button)
    if config.board.port:
        board = BoardManager(
            event_bus=bus, config=config, capture=capture, button=button, volume=playback
        )
    return Hands(button, line, board)
