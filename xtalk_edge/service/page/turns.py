"""The last turns as a page shows them: what was heard, said and done, and when (pure)."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.events import (
    AnnouncementStarted,
    ASRResultPartial,
    ErrorOccurred,
    Event,
    LatencyMetricsUpdated,
    LLMAgentResponseUpdate,
    SpeakerRecognized,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
    TurnLLMAgentStartRequested,
    TurnTTSTextAppendRequested,
    UplinkSideChosen,
    VerificationResult,
)
from xtalk_edge.service.page.plain import in_words, plain, text

MOST_TURNS = 20
"""What somebody scrolls back to."""

MOST_TOOLS = 8
"""Of one turn; an agent that calls more is in a loop."""

LONGEST_ARGS_CHARS = 200
"""Of what a tool was called with."""

LONGEST_CHARS = 1_500
"""Of what is heard or said in one turn: a minute and a half of speech."""


@dataclass(slots=True)
class Turn:
    """One turn; instants are monotonic seconds, None while it has not come to that."""

    id: int
    kind: str = "heard"
    """ "heard", "typed" or "announced"."""
    began: float | None = None
    ended: float | None = None
    """When it was known that the owner had finished."""
    audible: float | None = None
    over: float | None = None
    heard: str = ""
    sure: bool = False
    """Whether the text is no longer about to change."""
    ignored: bool = False
    """Whether it was nothing said to the device."""
    who: str = ""
    said: str = ""
    """What is being said, or was heard of it."""
    end: str = ""
    """How it ended: "said", or by what it was cut."""
    side: str = ""
    """Who answered where a server may: "device" or "server"."""
    trouble: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    stages: dict[str, float | None] = field(default_factory=dict)
    """Where the time went, as `LatencyMetricsUpdated` names it; milliseconds."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.heard or self.sure or self.said or self.tools or self.trouble)


class Turns:
    """Follows the turns on the bus."""

    def __init__(self) -> None:
        self._turns: OrderedDict[int, Turn] = OrderedDict()
        self._changed: set[int] = set()
        self._gone: deque[int] = deque(maxlen=MOST_TURNS)
        """What was taken back since the last look; pages forget the oldest by themselves."""

    def take(self, event: Event) -> None:
        """Take what may be news of a turn."""
        if isinstance(event, TurnASRResetRequested):
            self._forget(event.turn_id)
            return
        turn = self._turns.get(event.turn_id) or self._begun(event)
        if turn is None:
            return
        _hear(turn, event)
        _answer(turn, event)
        _say(turn, event)
        self._changed.add(turn.id)

    def all(self) -> list[dict[str, Any]]:
        """Return every turn that is remembered, the oldest first."""
        return [_record(turn) for turn in self._turns.values()]

    def news(self) -> tuple[list[dict[str, Any]], list[int]]:
        """Return the turns that changed since the last call, and those that were none."""
        changed = [_record(turn) for turn in self._turns.values() if turn.id in self._changed]
        gone = list(self._gone)
        self._changed.clear()
        self._gone.clear()
        return changed, gone

    def _begun(self, event: Event) -> Turn | None:
        kind = _BEGIN.get(type(event))
        if kind is None:
            return None
        # Who is listened to anew is not listened to any more; nothing will come of it.
        for each in [turn for turn in self._turns.values() if turn.is_empty]:
            self._forget(each.id)
        turn = self._turns[event.turn_id] = Turn(event.turn_id, kind, began=event.at_s)
        if len(self._turns) > MOST_TURNS:
            self._forget(next(iter(self._turns)))
        return turn

    def _forget(self, turn_id: int) -> None:
        if self._turns.pop(turn_id, None) is not None:
            self._changed.discard(turn_id)
            self._gone.append(turn_id)


_BEGIN: Mapping[type[Event], str] = {
    TurnASRStartRequested: "heard",
    # One that was not heard was typed, or is a piece of what is being interpreted.
    TurnLLMAgentStartRequested: "typed",
    AnnouncementStarted: "announced",
}


def _hear(turn: Turn, event: Event) -> None:
    match event:
        case ASRResultPartial():
            turn.heard = text(event.text, LONGEST_CHARS)
        case TurnASREndRequested():
            turn.ended = event.at_s
        case VerificationResult():
            turn.heard, turn.sure = text(event.text, LONGEST_CHARS), True
            turn.ignored = not event.is_valid
        case SpeakerRecognized():
            turn.who = text(event.name, 60)


def _answer(turn: Turn, event: Event) -> None:
    match event:
        case TurnLLMAgentStartRequested():
            turn.heard, turn.sure = text(event.text, LONGEST_CHARS), True
        case LLMAgentResponseUpdate() if not turn.end:
            turn.said = text(event.text, LONGEST_CHARS)
        case ToolCallOccurred() if len(turn.tools) < MOST_TOOLS:
            args = text(in_words(plain(event.args)), LONGEST_ARGS_CHARS)
            turn.tools.append({"name": text(event.name, 60), "args": args, "ok": None})
        case ToolResultOccurred():
            name = text(event.name, 60)
            for tool in turn.tools:
                if tool["name"] == name:
                    tool["ok"] = bool(event.ok)
        case UplinkSideChosen():
            turn.side = text(event.side, 20)
        case ErrorOccurred():
            turn.trouble = text(event.error_message)


def _say(turn: Turn, event: Event) -> None:
    match event:
        case TurnTTSTextAppendRequested() if event.text not in turn.said:
            turn.said = text(f"{turn.said} {event.text}".strip(), LONGEST_CHARS)
        case TTSPlaybackStarted():
            turn.audible = event.at_s
        case TTSPlaybackFinished():
            turn.over, turn.said, turn.end = event.at_s, text(event.text, LONGEST_CHARS), "said"
        case TTSStopped():
            turn.over, turn.said = event.at_s, text(event.text, LONGEST_CHARS)
            turn.end = text(event.reason, 40) or "stopped"
        case LatencyMetricsUpdated():
            turn.stages = {
                each.name: plain(getattr(event, each.name))
                for each in dataclasses.fields(event)
                if each.name.endswith("_ms")
            }


def _record(turn: Turn) -> dict[str, Any]:
    # Not `asdict`, which copies everything over again.
    return {each.name: _rounded(getattr(turn, each.name)) for each in dataclasses.fields(turn)}


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
