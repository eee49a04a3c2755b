"""Every setting: its name, unit, default and limits.

A section is one frozen dataclass; `load` fills it, `configs/starter.toml` explains it to owners.
Sections of engines keep keys they do not know in `params`, for the engine's own constructor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xtalk_edge.config.board import BoardConfig
from xtalk_edge.config.engine import EngineConfig as EngineConfig
from xtalk_edge.config.fields import number
from xtalk_edge.config.governor import GovernorConfig
from xtalk_edge.config.health import HealthConfig
from xtalk_edge.config.interpret import InterpretConfig
from xtalk_edge.config.mqtt import MqttConfig
from xtalk_edge.config.page import PageConfig
from xtalk_edge.config.places import DocsConfig, ModelsConfig, StoreConfig
from xtalk_edge.config.recorder import RecorderConfig
from xtalk_edge.config.surroundings import (
    CaptionerConfig,
    CaptionRewriterConfig,
    ThoughtRewriterConfig,
)
from xtalk_edge.config.tools import ToolsConfig
from xtalk_edge.config.uplink import UplinkConfig


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """The sound card and the rings behind it."""

    card: Literal["portaudio", "wav", "page"] = "portaudio"
    """Real devices, sound files named on the command line, or a browser that shows the page."""
    input_device: str = ""
    """Part of the microphone's name, or its number; "" is the system's choice."""
    output_device: str = ""
    """Part of the loudspeaker's name, or its number; "" is the system's choice."""
    rate_hz: int = number(48_000, 8_000, 192_000)
    """The card's own rate; most run at 48 kHz inside whatever they are asked."""
    block_ms: int = number(10, 5, 40)
    """Sound handled at a time; the echo canceller works on 10 ms."""
    latency_ms: int = number(0, 0, 1_000)
    """Buffering asked of the device; 0 is the least that the device itself proposes."""
    ring_s: float = number(30.0, 5.0, 600.0)
    """Sound kept in memory: a longest turn and a margin. 32 kB a second and ring."""
    wait_s: float = number(30.0, 0.0, 3_600.0)
    """How long to wait for a sound device that went away before the program ends."""
    dead_after_s: float = number(20.0, 0.0, 3_600.0)
    """How long the microphone may give nothing at all, not even noise, before the device says so; 0
    never says so."""
    output_gain_db: float = number(0.0, -60.0, 0.0)
    """Volume of everything that is played."""


@dataclass(frozen=True, slots=True)
class EchoConfig(EngineConfig):
    """What removes the loudspeaker from the microphone."""

    type: str = "cascade"
    chirp: bool = False
    """Play a short sound at the start, by which the canceller learns the room; without it the first
    answer teaches it."""


@dataclass(frozen=True, slots=True)
class EnhancerConfig(EngineConfig):
    """What removes noise."""

    type: str = "webrtc-ns"


@dataclass(frozen=True, slots=True)
class VadConfig(EngineConfig):
    """What tells speech from silence."""

    type: str = "silero"
    threshold: float = number(0.5, 0.0, 1.0)
    """Probability from which sound counts as speech."""
    release_threshold: float = number(0.35, 0.0, 1.0)
    """Probability below which speech counts as over; lower than `threshold`, against flutter."""
    min_speech_ms: int = number(96, 0, 2_000)
    """Shorter sounds are no speech; three frames of Silero's 32 ms."""
    min_speech_over_voice_ms: int = number(32, 0, 2_000)
    """The same while the device speaks: it lowers its voice at the first frame, which costs nothing
    if that was no speech."""
    threshold_over_voice: float = number(0.3, 0.0, 1.0)
    """`threshold` while the device speaks; of its own voice 0.25 is left at most."""
    min_silence_ms: int = number(160, 0, 5_000)
    """Shorter pauses do not end speech; stop consonants are silent for up to 150 ms."""
    own_voice_db: float = number(12.0, 0.0, 120.0)
    """While the loudspeaker sounds, what echo cancellation made so much quieter is no speech."""


@dataclass(frozen=True, slots=True)
class WakeConfig(EngineConfig):
    """What opens a turn."""

    type: str = "microwakeword"
    mode: Literal["wake-word", "button", "always"] = "wake-word"
    """A phrase, the button alone, or any speech."""
    phrase: str = "okay nabu"
    """What the owner says; one of the phrases the engine knows."""
    threshold: float = number(0.0, 0.0, 1.0)
    """Probability from which the phrase counts; 0 is the model's own figure."""
    neighbours: str = ""
    """Multicast group and port, "239.255.42.99:40411", by which devices in earshot agree which of
    them answers; "" is none."""
    refractory_s: float = number(1.0, 0.0, 60.0)
    """The phrase counts once in this time."""


@dataclass(frozen=True, slots=True)
class StopWordConfig(EngineConfig):
    """What hears "stop" while the device speaks, and silences it at once."""

    type: str = "embedding"
    threshold: float = number(0.0, 0.0, 1.0)
    """Probability from which the word counts; 0 is the model's own figure."""


@dataclass(frozen=True, slots=True)
class AsrConfig(EngineConfig):
    """What turns speech into text."""

    type: str = "pocketsphinx"


@dataclass(frozen=True, slots=True)
class PunctuationConfig(EngineConfig):
    """What adds marks and capitals to text."""

    type: str = "none"


@dataclass(frozen=True, slots=True)
class TurnDetectorConfig(EngineConfig):
    """What tells at a pause whether the owner has finished."""

    type: str = "endings"


@dataclass(frozen=True, slots=True)
class SpeakerConfig(EngineConfig):
    """What tells who is speaking."""

    type: str = "none"
    likeness: float = number(0.5, 0.0, 1.0)
    """From which likeness on (cosine) a voice is taken for that of somebody who was enrolled."""
    greet_after_h: float = number(4.0, 0.0, 1_000.0)
    """Hours without a word from somebody after which they are greeted; 0 greets each time."""


@dataclass(frozen=True, slots=True)
class EmbeddingsConfig(EngineConfig):
    """What tells which passages of documents are near a question in meaning."""

    type: str = "none"


@dataclass(frozen=True, slots=True)
class TtsConfig(EngineConfig):
    """What turns text into speech."""

    type: str = "espeak"
    lost_voice: str = "I lost my voice for a moment."
    """What is said when the voice's own process died over a clause, before the clause is said
    again; "" says nothing."""


@dataclass(frozen=True, slots=True)
class SpeedConfig(EngineConfig):
    """What makes a voice faster or slower that has one speed only."""

    type: str = "none"
    usual: float = number(1.0, 0.5, 2.0)
    """How fast the device speaks, times the voice's own speed; also of voices that need no help."""


@dataclass(frozen=True, slots=True)
class AgentConfig(EngineConfig):
    """What decides what to say and do."""

    type: str = "llama"
    lost_thread: str = "I lost my thread for a moment."
    """What is said when the agent's own process died over an answer that had begun, before it
    begins again; "" says nothing."""


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """Who speaks when."""

    button: Literal["tap", "hold"] = "tap"
    """Press and speak, and press again to end at once; or hold it down while speaking."""
    silence_ms: int = number(500, 100, 10_000)
    """Pause that ends the owner's turn."""
    request_silence_ms: int = number(250, 100, 10_000)
    """The same after a request that is whole; never more than `silence_ms`."""
    unfinished_silence_ms: int = number(900, 100, 10_000)
    """The same while something seems to be missing; never less than `silence_ms`."""
    think_ahead: bool = True
    """Begin to answer while it is not certain yet that the owner has finished."""
    pre_roll_ms: int = number(300, 0, 5_000)
    """Sound from before the detected start that is still recognised."""
    no_speech_s: float = number(6.0, 0.5, 60.0)
    """After the wake phrase: silence after which the device stops listening."""
    max_turn_s: float = number(20.0, 1.0, 300.0)
    """Longest turn; then the device answers what it has."""
    follow_up_s: float = number(6.0, 0.0, 60.0)
    """After a reply: time in which the owner may go on without the wake phrase."""
    barge_in: Literal["interrupt", "duck-only", "off"] = "interrupt"
    """Speech during a reply: stop the reply, only lower it, or ignore it."""
    verify_ms: int = number(350, 0, 5_000)
    """Speech needed before a lowered reply is stopped, once a word of it is known."""
    hold_ms: int = number(400, 0, 5_000)
    """Speech, while no word of it is known, that lets a lowered reply stand still. It goes on from
    there if nothing was said."""
    verify_wordless_ms: int = number(2_500, 0, 10_000)
    """The same that stops it; nobody shows for so long that they listen."""
    duck_db: float = number(-15.0, -60.0, 0.0)
    """Volume of a lowered reply."""
    duck_ramp_ms: int = number(20, 1, 1_000)
    """Time in which the volume changes; shorter clicks."""
    cut_fade_ms: int = number(5, 1, 1_000)
    """Time in which a stopped reply fades out; shorter clicks."""
    ask_again: str = "Sorry, I didn't catch that."
    """What is said when nothing was understood; "" says nothing."""


@dataclass(frozen=True, slots=True)
class ManagerConfig:
    """One manager of the owner's own."""

    spec: str
    """"file.py:Class" or "module:Class"."""
    params: dict[str, Any] = field(default_factory=dict)
    """All other keys of the entry, as TOML gave them."""
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each of `params` stands, for error messages; "spec" is included."""


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is written to the log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    """Least important message written; only DEBUG may contain spoken words."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one appliance."""

    audio: AudioConfig = field(default_factory=AudioConfig)
    echo: EchoConfig = field(default_factory=EchoConfig)
    enhancer: EnhancerConfig = field(default_factory=EnhancerConfig)
    vad: VadConfig = field(default_factory=VadConfig)
    wake: WakeConfig = field(default_factory=WakeConfig)
    stop_word: StopWordConfig = field(default_factory=StopWordConfig)
    asr: AsrConfig = field(default_factory=AsrConfig)
    punctuation: PunctuationConfig = field(default_factory=PunctuationConfig)
    turn_detector: TurnDetectorConfig = field(default_factory=TurnDetectorConfig)
    speaker: SpeakerConfig = field(default_factory=SpeakerConfig)
    captioner: CaptionerConfig = field(default_factory=CaptionerConfig)
    caption_rewriter: CaptionRewriterConfig = field(default_factory=CaptionRewriterConfig)
    thought_rewriter: ThoughtRewriterConfig = field(default_factory=ThoughtRewriterConfig)
    embeddings: EmbeddingsConfig = field(default_factory=EmbeddingsConfig)
    tts: TtsConfig = field(default_factory=TtsConfig)
    speed: SpeedConfig = field(default_factory=SpeedConfig)
    agent: AgentConfig = field(default_factory=AgentConfig)
    turn: TurnConfig = field(default_factory=TurnConfig)
    interpret: InterpretConfig = field(default_factory=InterpretConfig)
    board: BoardConfig = field(default_factory=BoardConfig)
    page: PageConfig = field(default_factory=PageConfig)
    health: HealthConfig = field(default_factory=HealthConfig)
    tools: ToolsConfig = field(default_factory=ToolsConfig)
    uplink: UplinkConfig = field(default_factory=UplinkConfig)
    mqtt: MqttConfig = field(default_factory=MqttConfig)
    governor: GovernorConfig = field(default_factory=GovernorConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    docs: DocsConfig = field(default_factory=DocsConfig)
    models: ModelsConfig = field(default_factory=ModelsConfig)
    recorder: RecorderConfig = field(default_factory=RecorderConfig)
    log: LogConfig = field(default_factory=LogConfig)
    managers: tuple[ManagerConfig, ...] = ()
    alternatives: Mapping[str, Mapping[str, EngineConfig]] = field(default_factory=dict)
    """Engines that may take another's place while the device runs, by slot and name."""
    path: Path | None = field(default=None, compare=False)
    """The file the settings came from, as a full name; None for the starter kit."""
