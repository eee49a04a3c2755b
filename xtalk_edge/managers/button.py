"""The button, wherever it is: a key, a line of this machine, a board on a cable."""

from __future__ import annotations

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.board import Deed
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    BoardButtonUsed,
    ButtonPressed,
    ButtonReleased,
    SpeechRequested,
    StopWordDetected,
    TurnStateChanged,
    WakeWordDetected,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.ringing import RingingManager
from xtalk_edge.turn.actions import RESTING, State

PHRASE = "button"
"""In place of what was spoken, where the button counts as that."""

MUTED = "My microphone is muted."


class ButtonManager(Manager):
    """Makes of what fingers do what the settings say it means.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        capture: whose clock counts, and what can be muted.
        ringing: what a press ends also while nobody would be heard.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        ringing: RingingManager,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._ringing = ringing
        self._state = State.ASLEEP
        self._down = False
        """Whether a press was told whose end must be told as well."""

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Remember who has the floor."""
        self._state = State(event.state)

    def press(self, at_s: float) -> None:
        """Take that the first button went down at that monotonic time."""
        at_sample = self._capture.sample_at(at_s)
        if self._capture.muted and self._state in RESTING and not self._ringing.heard:
            # Listening for six seconds to nothing would look like deafness.
            self.bus.publish(SpeechRequested(text=MUTED))
        elif self.config.board.button == "wake":
            self.bus.publish(WakeWordDetected(phrase=PHRASE, at_sample=at_sample, probability=1.0))
        else:
            self._down = True
            self.bus.publish(ButtonPressed(at_sample=at_sample))

    def release(self, at_s: float) -> None:
        """Take that it was let go."""
        if self._down:
            self._down = False
            self.bus.publish(ButtonReleased(at_sample=self._capture.sample_at(at_s)))

    def used(self, button: int, action: str, at_s: float) -> None:
        """Take anything that was done to any button.

        Args:
            button: from 0.
            action: "press", "release", "tap", "double" or "long".
            at_s: monotonic time.
        """
        at_sample = self._capture.sample_at(at_s)
        self.bus.publish(BoardButtonUsed(button=button, action=action, at_sample=at_sample))
        if button != 0:
            return
        match action:
            case "press":
                self.press(at_s)
            case "release":
                self.release(at_s)
            case "double":
                self._do(self.config.board.double_tap, at_s)
            case "long":
                self._do(self.config.board.long_press, at_s)

    def stop(self, at_s: float) -> None:
        """Take that whatever is being said is to stop."""
        at_sample = self._capture.sample_at(at_s)
        self.bus.publish(StopWordDetected(phrase=PHRASE, at_sample=at_sample, probability=1.0))

    def _do(self, deed: Deed, at_s: float) -> None:
        if deed == "mute":
            self._capture.mute(not self._capture.muted)
        elif deed == "stop":
            self.stop(at_s)
