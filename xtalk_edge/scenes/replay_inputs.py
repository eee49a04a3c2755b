"""What came to the device by other ways than sound, and comes again at the same moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from xtalk_edge.appliance import Appliance
from xtalk_edge.events import (
    ButtonPressed,
    ButtonReleased,
    StopWordDetected,
    WakeWordDetected,
)
from xtalk_edge.managers.button import PHRASE
from xtalk_edge.recorder.recording import Record

BEHIND_S = 2e-6
"""Times are written to the microsecond. What followed from a block must not come before it."""


def repeat_inputs(appliance: Appliance, records: Iterable[Record], origin_s: float) -> None:
    """Let every input of a recording happen again on the running loop.

    Args:
        appliance: which runs.
        records: the events recorded, with times and places counted from the first sample.
        origin_s: when the first sample is at the microphone.
    """
    loop = asyncio.get_running_loop()
    for record in records:
        deed = _deed(appliance, record)
        if deed is not None:
            loop.call_at(origin_s + record["at_s"] + BEHIND_S, deed)


def _deed(appliance: Appliance, record: Record) -> Callable[[], None] | None:
    """Return what has to be done for an event to happen; None where it follows from the sound."""
    publish = appliance.bus.publish
    at_sample = record.get("at_sample", 0)
    by_button = record.get("phrase") == PHRASE
    match record["event"]:
        case "ButtonPressed":
            return lambda: publish(ButtonPressed(at_sample=at_sample))
        case "ButtonReleased":
            return lambda: publish(ButtonReleased(at_sample=at_sample))
        case "MicrophoneMuted":
            muted, by = record.get("muted") is True, str(record.get("by"))
            return lambda: appliance.capture.mute(muted, by)
        case "WakeWordDetected" if by_button:
            return lambda: publish(
                WakeWordDetected(phrase=PHRASE, at_sample=at_sample, probability=1.0)
            )
        case "StopWordDetected" if by_button:
            return lambda: publish(
                StopWordDetected(phrase=PHRASE, at_sample=at_sample, probability=1.0)
            )
    return None
