"""What an engine of each slot promises.

Method names and meanings are X-Talk's, so that a model class written for X-Talk plugs in
unchanged: audio is PCM s16le mono 16 kHz bytes unless said otherwise. What the device needs
beyond X-Talk (word timing, far-end audio, heard text) has a default here.
Every method may block; the caller runs it on the engine's own worker.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    # An engine's child process is to be small.
    from xtalk_edge.audio.format import Sound


class Engine(ABC):  # noqa: B024 - the slots below are what is abstract
    """What every engine is."""

    def close(self) -> None:  # noqa: B027 - most engines hold nothing that needs closing
        """Release what the engine holds."""


class ASR(Engine):
    """Speech recogniser."""

    @abstractmethod
    def recognize(self, audio: bytes) -> str:
        """Return the text of one whole utterance; "" when nothing was understood."""

    @abstractmethod
    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece of audio; return the whole text since `reset`."""

    def stream_chunk_bytes_hint(self) -> int | None:
        """Return the best size of a piece in bytes; None when any will do."""
        return None

    def confidence(self) -> float:
        """Return how sure the last text is, 0.0 to 1.0; 1.0 from engines that cannot tell."""
        return 1.0

    def semantic_tag(self) -> str:
        """Return "<incomplete>" when the last final text sounds cut off, else "<complete>"."""
        return "<complete>"

    @abstractmethod
    def reset(self) -> None:
        """Forget the utterance."""

    @abstractmethod
    def clone(self) -> ASR:
        """Return an independent recogniser that shares what can be shared."""


@dataclass(frozen=True, slots=True)
class WordMark:
    """Where a word of the text begins in the audio."""

    text_start: int
    """Index of the word's first character in the text given to the engine."""
    text_end: int
    """Index after the word's last character."""
    at_frame: int
    """First frame of the word, at the engine's sample rate, from the start of this text."""


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of synthesised speech."""

    pcm: bytes
    """s16le mono at the engine's `sample_rate`."""
    marks: tuple[WordMark, ...] = ()
    """Words known to begin in or before this piece; empty when the engine has no timing."""


class TTS(Engine):
    """Speech synthesiser."""

    sample_rate: int = 48000
    """Hertz; X-Talk's rate when an engine does not say."""

    @abstractmethod
    def synthesize(self, text: str) -> bytes:
        """Return the whole text as speech."""

    def synthesize_stream(self, text: str, **_kwargs: Any) -> Iterable[bytes]:
        """Yield the speech in pieces as they are made."""
        yield self.synthesize(text)

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield the speech in pieces with the engine's own word timing, where it has any."""
        for pcm in self.synthesize_stream(text):
            yield SpeechChunk(pcm)

    def set_voice(self, voice_names: list[str]) -> None:
        """Choose the voice; the first name the engine knows wins.

        Raises:
            ValueError: none of the names is known.
        """
        raise ValueError(f"this voice engine has one voice only, not {', '.join(voice_names)}")

    def voices(self) -> dict[str, str]:
        """Return the names `set_voice` takes, by what an owner calls the voice; the one in use
        first. Empty when there is only this one.
        """
        return {}

    def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as configured; False from engines that cannot."""
        return False

    def set_emotion(self, emotion: str | list[float]) -> None:
        """Choose the emotion; engines without emotions ignore it."""

    @abstractmethod
    def clone(self) -> TTS:
        """Return an independent synthesiser that shares what can be shared."""


class VAD(Engine):
    """Voice activity detector, one frame of fixed size at a time."""

    frame_samples: int = 512
    """Samples of one frame at 16 kHz."""

    @abstractmethod
    def probability(self, frame: bytes) -> float:
        """Return the chance that the frame is speech, 0.0 to 1.0; remembers earlier frames."""

    def is_speech(self, frame: bytes) -> bool:
        """Tell whether the frame is more likely speech than not (X-Talk's call)."""
        return self.probability(frame) >= 0.5

    @abstractmethod
    def reset(self) -> None:
        """Forget earlier frames."""


class SpeechEnhancer(Engine):
    """Noise suppressor. Output lags input by `latency_samples`, and is as long in the long run."""

    latency_samples: int = 0
    """Samples at 16 kHz by which the output is late; declared so that indices stay exact."""

    @abstractmethod
    def enhance(self, audio: bytes) -> bytes:
        """Return the next piece of cleaned audio; any input length, possibly empty output."""

    def flush(self) -> bytes:
        """Return what is still held back."""
        return b""

    @abstractmethod
    def reset(self) -> None:
        """Forget earlier audio."""

    @abstractmethod
    def clone(self) -> SpeechEnhancer:
        """Return an independent enhancer."""


class EchoCanceller(Engine):
    """Removes what the loudspeaker plays from what the microphone hears."""

    frame_samples: int = 160
    """Samples of one frame at 16 kHz (10 ms)."""
    latency_samples: int = 0
    """Samples at 16 kHz by which the output is late."""

    @abstractmethod
    def cancel(self, near: bytes, far: bytes) -> bytes:
        """Return the frame without echo; `near` and `far` are one frame each, time-aligned."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the echo path."""


class WakeWord(Engine):
    """Spots a fixed phrase."""

    phrase: str
    """What the owner says, in words."""

    @abstractmethod
    def detect(self, audio: bytes) -> float | None:
        """Take any length of audio; return the probability when the phrase was just spoken."""

    def ended_ago(self) -> tuple[int, int]:
        """Return how many samples ago the phrase ended that was detected last: most and least.

        Counted back from the end of the audio taken. Without a better one it ends there.
        """
        return 0, 0

    @abstractmethod
    def reset(self) -> None:
        """Forget earlier audio."""


class TurnDetector(Engine):
    """Tells at a pause whether somebody has finished."""

    @abstractmethod
    def finished(self, text: str, audio: bytes) -> float | None:
        """Return the chance that nothing is missing, 0.0 to 1.0; None when it cannot tell.

        Args:
            text: what was recognised of the turn; "" when nothing was.
            audio: the turn's last seconds, up to the pause.
        """


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent asks for a tool."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered."""

    name: str
    content: str
    """Text for the model, and for the owner when the model does not phrase answers itself."""
    ok: bool = True
    arguments: dict[str, Any] = field(default_factory=dict)
    sound: Sound | None = field(default=None, compare=False)
    """What is to be played behind the text."""


class ToolRunner(Protocol):
    """Runs the tools an agent may call."""

    def schemas(self) -> list[dict[str, Any]]:
        """Return every tool as an OpenAI function schema."""

    async def run(self, call: ToolCall) -> ToolResult:
        """Run one call; errors and time-outs come back as `ok=False` with a sentence."""

    def has_effects(self, name: str) -> bool:
        """Tell whether a tool changes anything; whoever only guesses must not run it."""

    def propose(self, call: ToolCall) -> str:
        """Return a question whether that call was meant; "" for a call that cannot be run.

        The owner's yes to it then runs the call: see `AnswerTaker`.
        """


class AnswerTaker(Protocol):
    """Takes the owner's answer to a question that was asked before a tool is run."""

    @property
    def asking(self) -> bool:
        """Whether a question waits for its answer."""

    async def settle(self, text: str) -> ToolResult | None:
        """Run the call after a yes, drop it after a no; None for anything else, or no question."""


@dataclass(frozen=True, slots=True)
class AgentContext:
    """Why the agent is called, in X-Talk's words."""

    type: Literal["asr_partial", "asr_final", "loop"]
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an agent made of a text that may still change."""

    said: str = ""
    """What it would say, as far as it may go."""
    is_request: bool = False
    """Whether it knows what to do, and misses nothing."""


class Agent(Engine):
    """Decides what to say and do."""

    @abstractmethod
    def async_accept(self, context: AgentContext) -> AsyncIterator[str | ToolCall | ToolResult]:
        """Yield pieces of the reply, tool calls, and tool results as they come.

        Closing the iterator stops the model at once.
        """

    async def prefill(self, text: str) -> None:
        """Read ahead what was heard so far; the rest of it is still to come."""

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change; return what came of it so far.

        Nothing that has effects happens before `commit`. Returns when the answer is as far as it
        may go; cancelling the caller does not end it.
        """
        return Prepared()

    async def discard(self) -> None:
        """Throw away what `speculate` began; it leaves no trace."""

    def commit(self, text: str) -> AsyncIterator[str | ToolCall | ToolResult]:
        """Answer `text`; what was speculated on the same text is ready at once."""
        return self.async_accept(AgentContext("asr_final", text))

    def use_tools(self, tools: ToolRunner) -> None:
        """Take the tools that may be called; before the first `async_accept`."""

    def confidence(self) -> float:
        """Return how sure the last decision was, 0.0 to 1.0."""
        return 1.0

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take into the history an exchange that was settled without the agent.

        `call` is the tool that ran, and `reply` what it answered; None when none ran.
        """

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages (`role`, `content`), oldest first."""
        return []
