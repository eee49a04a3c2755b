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
    Captioner,
    EchoCanceller,
    SpeakerEncoder,
    SpeechEnhancer,
    TurnDetector,
    WakeWord,
)
from xtalk_edge.engines.interfaces.meaning import Embeddings
from xtalk_edge.engines.interfaces.rewriting import Rewriter
from xtalk_edge.engines.interfaces.speaking import (
    TTS,
    Speaking,
    SpeechChunk,
    SpeechSpeedController,
    WordMark,
)
from xtalk_edge.engines.interfaces.thinking import (
    Agent,
    AgentContext,
    AnswerTaker,
    NoAnswer,
    OrderTaker,
    Prepared,
    ToolCall,
    ToolResult,
    ToolRunner,
)
from xtalk_edge.engines.interfaces.writing import PunctuationRestorer

__all__ = [
    "ASR",
    "TTS",
    "VAD",
    "Agent",
    "AgentContext",
    "AnswerTaker",
    "Captioner",
    "EchoCanceller",
    "Embeddings",
    "Engine",
    "NoAnswer",
    "OrderTaker",
    "Prepared",
    "PunctuationRestorer",
    "Rewriter",
    "SpeakerEncoder",
    "Speaking",
    "SpeechChunk",
    "SpeechEnhancer",
    "SpeechSpeedController",
    "ToolCall",
    "ToolResult",
    "ToolRunner",
    "TurnDetector",
    "WakeWord",
    "WordMark",
]
