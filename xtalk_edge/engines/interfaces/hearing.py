"""What is made of sound: text, speech or not, silence, phrases, ends of turns, who speaks, what
else is heard.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from xtalk_edge.engines.interfaces.engine import Engine

if TYPE_CHECKING:
    # An engine's child process is to be small.
    import numpy as np
    from numpy.typing import NDArray


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
    is_costly: ClassVar[bool] = False
    """Whether a hot processor is helped by leaving it out."""

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


class SpeakerEncoder(Engine):
    """Tells voices apart."""

    @abstractmethod
    def extract(self, audio: bytes) -> NDArray[np.float32] | None:
        """Return what is particular about the voice as a vector; None of too little speech.

        Vectors of one person point the same way, whatever is said; their length says nothing.
        """


class Captioner(Engine):
    """Says what is heard around the device."""

    @abstractmethod
    def caption(self, audio: bytes) -> str:
        """Return a description of the sound in a sentence; "" where it knows nothing in it."""

    def caption_stream(self, audio: bytes) -> Iterable[str]:
        """Yield the description in pieces as they are made."""
        yield self.caption(audio)
