"""What came of each line of a scene, read from the events of the bus. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtalk_edge.events import (
    ASRResultFinal,
    Event,
    LatencyMetricsUpdated,
    ToolCallOccurred,
    TTSHeld,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
)
from xtalk_edge.scenes.script import Line

EARLY_S, LATE_S = 0.2, 1.5
"""What the device does from a little before somebody is heard until so long after it may be about
them: a room rings on, and a recogniser takes its time."""


@dataclass(slots=True)
class Exchange:
    """One line and its consequences. Times are monotonic seconds."""

    line: Line
    begins_s: float
    """When its sound begins at the microphone."""
    ends_s: float
    first_event: int
    """How many events there were before it."""
    next_line_event: int | None = None
    """How many there were when the next line began; None while none has."""
    over_turn: int = 0
    """The turn whose answer it was spoken over; 0 for none."""
    wanted: str = ""
    """The pattern its answer must match, made when the answer was there: time goes on."""

    turn_id: int = 0
    """The turn it became; 0 when nothing was understood."""
    understood: str = ""
    tools: tuple[str, ...] = ()
    answer: str = ""
    """As heard."""
    cut: bool = False
    """Whether the answer was ended before its end."""
    latency: LatencyMetricsUpdated | None = None
    ducked_ms: float | None = None
    """From its beginning until the answer before was lowered."""
    silent_ms: float | None = None
    """From its beginning until the answer before stood still or was cut."""
    stopped: bool = False
    """Whether the answer before was cut, and not only made to wait."""
    problem: str = ""


def turn_of(exchange: Exchange, events: Sequence[Event]) -> int:
    """Return the turn that a line has become so far; 0 while there is none."""
    for event in events[exchange.first_event : exchange.next_line_event]:
        if isinstance(event, ASRResultFinal) and event.text:
            return event.turn_id
    return 0


def take_in(exchange: Exchange, events: Sequence[Event]) -> None:
    """Fill in what came of a line."""
    exchange.turn_id = turn_of(exchange, events)
    for event in events[exchange.first_event :]:
        if event.turn_id == exchange.turn_id != 0:
            _take_own(exchange, event)
        elif event.turn_id == exchange.over_turn != 0:
            _take_of_answer_before(exchange, event)


def _take_own(exchange: Exchange, event: Event) -> None:
    match event:
        case ASRResultFinal(text=text):
            exchange.understood = text
        case ToolCallOccurred(name=name):
            exchange.tools += (name,)
        case LatencyMetricsUpdated():
            exchange.latency = event
        case TTSPlaybackFinished(text=text):
            exchange.answer = text
        case TTSStopped(text=text):
            exchange.answer, exchange.cut = text, True


def _take_of_answer_before(exchange: Exchange, event: Event) -> None:
    since_ms = round(1000 * (event.at_s - exchange.begins_s), 1)
    if isinstance(event, TTSPaused) and exchange.ducked_ms is None:
        exchange.ducked_ms = since_ms
    elif isinstance(event, (TTSHeld, TTSStopped)):
        exchange.silent_ms = since_ms if exchange.silent_ms is None else exchange.silent_ms
        exchange.stopped = isinstance(event, TTSStopped)


def own_voice(exchanges: Sequence[Exchange], events: Sequence[Event]) -> tuple[int, int]:
    """Return how often the device lowered its voice, and cut itself, while nobody spoke."""
    ducks = cuts = 0
    for event in events:
        somebody = any(
            each.begins_s - EARLY_S <= event.at_s <= each.ends_s + LATE_S for each in exchanges
        )
        if not somebody:
            ducks += isinstance(event, TTSPaused)
            cuts += isinstance(event, TTSStopped) and event.reason in ("interrupted", "stop word")
    return ducks, cuts


def spoken_turns(events: Sequence[Event]) -> list[int]:
    """Return the turns that became audible, in order."""
    return [event.turn_id for event in events if isinstance(event, TTSPlaybackStarted)]
