"""What an engine of each slot promises.

Method names and meanings are X-Talk's, so that a model class written for X-Talk plugs in
unchanged: audio is PCM s16le mono 16 kHz bytes unless said otherwise. What the device needs
beyond X-Talk (word timing, far-end audio, heard text) has a default here.
Every method may block; the caller runs it on the engine's own worker.
"""

from xtalk_edge.engines.interfaces.engine import Engine
from xtalk_edge.engines.interfaces.hearing import (
    ASR,
    VAD,
    EchoCanceller,
    SpeakerEncoder,
    SpeechEnhancer,
    TurnDetector,
    WakeWord,
)
from xtalk_edge.engines.interfaces.meaning import Embeddings
from xtalk_edge.engines.interfaces.speaking import TTS, SpeechChunk, WordMark
from xtalk_edge.engines.interfaces.thinking import (
    Agent,
    AgentContext,
    AnswerTaker,
    Prepared,
    ToolCall,
    ToolResult,
    ToolRunner,
)

__all__ = [
    "ASR",
    "TTS",
    "VAD",
    "Agent",
    "AgentContext",
    "AnswerTaker",
    "EchoCanceller",
    "Embeddings",
    "Engine",
    "Prepared",
    "SpeakerEncoder",
    "SpeechChunk",
    "SpeechEnhancer",
    "ToolCall",
    "ToolResult",
    "ToolRunner",
    "TurnDetector",
    "WakeWord",
    "WordMark",
]
