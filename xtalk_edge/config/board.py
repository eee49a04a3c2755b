"""Settings for a board with button, lights and outputs, or a button on a GPIO line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xtalk_edge.config.fields import number

Deed = Literal["none", "mute", "stop"]


@dataclass(frozen=True, slots=True)
class BoardConfig:
    """The serial board, and what its parts mean."""

    port: str = ""
    """"/dev/serial/by-id/...", or "auto" for the only board; "" is none."""
    gpio: str = ""
    """A button between ground and a line of this machine, "gpiochip0:17"; "" is none."""
    button: Literal["talk", "wake"] = "talk"
    """The first button does what `turn.button` says, or is the same as saying the wake phrase."""
    double_tap: Deed = "none"
    """Two taps in a row: nothing more, mute the microphone and back, or stop what is being said."""
    long_press: Deed = "none"
    """The same of a button held down."""
    knob: bool = True
    """Whether the board's knob is the volume."""
    wait_s: float = number(2.0, 0.0, 30.0)
    """How long to wait for the board at the start, so that its mute switch holds from the first
    sample on."""

    @property
    def gpio_line(self) -> tuple[str, int]:
        """Chip and line of `gpio`, which must not be ""."""
        chip, _, line = self.gpio.partition(":")
        return chip, int(line)
