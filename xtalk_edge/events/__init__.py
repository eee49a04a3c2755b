"""Every fact that travels on the bus.

Names are X-Talk's where X-Talk has the event. Events are frozen, carry no audio, and say where
in the sound they happened (`at_sample`: absolute index at 16 kHz, shared by all rings).
`at_s` is the loop's monotonic time in seconds; `turn_id` 0 means "outside any turn".
"""

from xtalk_edge.events.answering import (
    LLMAgentResponseFinish,
    LLMAgentResponseUpdate,
    LLMFirstChunk,
    LLMFirstSentence,
    ToolCallOccurred,
    ToolResultOccurred,
)
from xtalk_edge.events.event import (
    Event,
)
from xtalk_edge.events.health import (
    ErrorOccurred,
    LatencyMetricsUpdated,
)
from xtalk_edge.events.hearing import (
    ASRResultConcluded,
    ASRResultFinal,
    ASRResultPartial,
    ButtonPressed,
    VADSpeechEnd,
    VADSpeechStart,
    WakeWordDetected,
)
from xtalk_edge.events.sound import (
    AudioGap,
    CardEnded,
    CardOpened,
    LoopLagged,
)
from xtalk_edge.events.speaking import (
    TTSChunkGenerated,
    TTSFinished,
    TTSHeld,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSResumed,
    TTSStarted,
    TTSStopped,
)
from xtalk_edge.events.turn import (
    AnnouncementDropped,
    AnnouncementStarted,
    SpeechRequested,
    SpeechWithdrawn,
    TurnASRConclusionRequested,
    TurnASRContinueRequested,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
    TurnLLMAgentStartRequested,
    TurnLLMAgentStopRequested,
    TurnPreparationRequested,
    TurnPrepared,
    TurnStateChanged,
    TurnTTSFlushRequested,
    TurnTTSHoldRequested,
    TurnTTSPauseRequested,
    TurnTTSResumeRequested,
    TurnTTSSoundAppendRequested,
    TurnTTSStopRequested,
    TurnTTSTextAppendRequested,
)

__all__ = [
    "ASRResultConcluded",
    "ASRResultFinal",
    "ASRResultPartial",
    "AnnouncementDropped",
    "AnnouncementStarted",
    "AudioGap",
    "ButtonPressed",
    "CardEnded",
    "CardOpened",
    "ErrorOccurred",
    "Event",
    "LLMAgentResponseFinish",
    "LLMAgentResponseUpdate",
    "LLMFirstChunk",
    "LLMFirstSentence",
    "LatencyMetricsUpdated",
    "LoopLagged",
    "SpeechRequested",
    "SpeechWithdrawn",
    "TTSChunkGenerated",
    "TTSFinished",
    "TTSHeld",
    "TTSPaused",
    "TTSPlaybackFinished",
    "TTSPlaybackStarted",
    "TTSResumed",
    "TTSStarted",
    "TTSStopped",
    "ToolCallOccurred",
    "ToolResultOccurred",
    "TurnASRConclusionRequested",
    "TurnASRContinueRequested",
    "TurnASREndRequested",
    "TurnASRResetRequested",
    "TurnASRStartRequested",
    "TurnLLMAgentStartRequested",
    "TurnLLMAgentStopRequested",
    "TurnPreparationRequested",
    "TurnPrepared",
    "TurnStateChanged",
    "TurnTTSFlushRequested",
    "TurnTTSHoldRequested",
    "TurnTTSPauseRequested",
    "TurnTTSResumeRequested",
    "TurnTTSSoundAppendRequested",
    "TurnTTSStopRequested",
    "TurnTTSTextAppendRequested",
    "VADSpeechEnd",
    "VADSpeechStart",
    "WakeWordDetected",
]
