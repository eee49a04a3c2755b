"""Events by their documented names and fields, of either age."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any, Literal

Age = Literal["early", "later"]

_BOTH: dict[str, dict[str, Any]] = {
    "WebSocketMessageReceived": {"message": ""},
    "ASRResultFinal": {"text": "", "display_text": "", "turn_id": 0},
    "LLMAgentResponseUpdate": {"text": ""},
    "LLMAgentResponseFinish": {"text": ""},
    "TTSStarted": {},
    "TTSStopped": {},
    "TTSFinished": {},
    "TTSChunkGenerated": {"audio_chunk": b""},
    "ErrorOccurred": {"error_message": ""},
    "TurnLLMAgentStartRequested": {"text": ""},
    "TurnLLMAgentStopRequested": {"reason": ""},
    "TurnTTSStartRequested": {},
    "TurnTTSTextAppendRequested": {"text": ""},
    "TurnTTSFlushRequested": {},
    "TurnTTSStopRequested": {"reason": ""},
}
_EARLY: dict[str, dict[str, Any]] = {
    "ASRResultFinal": {"confidence": 0.0, "is_final": True},
    "TurnTTSTextAppendRequested": {"reason": "asr_partial"},
}
_LATER: dict[str, dict[str, Any]] = {
    "ASRResultFinal": {"origin": "asr"},
    "TurnTTSStartRequested": {"response_id": ""},
    "TurnTTSTextAppendRequested": {"response_id": ""},
    "TurnTTSFlushRequested": {"response_id": ""},
}


@dataclasses.dataclass
class Event:
    """What all events have."""

    session_id: str

    @property
    def event_type(self) -> str:
        """What handlers are found by."""
        return type(self).__name__


def create_event_class(
    *, name: str, fields: dict[str, Any] | None = None, type_name: str | None = None
) -> type[Event]:
    """Return a new kind of event; the defaults say what types its fields have."""
    made = [
        (key, type(default), dataclasses.field(default=default))
        for key, default in (fields or {}).items()
    ]
    return dataclasses.make_dataclass(name, made, bases=(Event,))


def module_of_events(age: Age) -> Any:
    """Return what `xtalk.serving.events` is at an age."""
    module = ModuleType("stand_in_events")
    own = _EARLY if age == "early" else _LATER
    for name, fields in _BOTH.items():
        module.__dict__[name] = create_event_class(name=name, fields=fields | own.get(name, {}))
    module.__dict__["create_event_class"] = create_event_class
    return module
