"""xAI's streaming recogniser: sound goes to their servers, text comes back while somebody speaks.

Sound is handed over without waiting; only the end of an utterance waits for its text, and never
longer than it is set to. What has been heard up to a pause is not sent again when speech goes on.
"""

from __future__ import annotations

import concurrent.futures
import copy

from xtalk_edge.engines.asr.repetition import Repetition
from xtalk_edge.engines.asr.xai_turn import KEPT_BYTES, XAITurn
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.loop_thread import LoopThread
from xtalk_edge.engines.pcm import check_whole_samples
from xtalk_edge.engines.xai.access import KEY, access_of
from xtalk_edge.engines.xai.transcript import MOST_ENDPOINTING_MS
from xtalk_edge.errors import ConfigError, EngineError, UplinkLostError

URL = "wss://api.x.ai/v1/stt"

LEAST_PATIENCE_S, MOST_PATIENCE_S = 1.0, 30.0


class XAIASR(ASR):
    """A recogniser that is elsewhere.

    Args:
        url: where it is.
        key: where the key is kept: "env:NAME", "file:PATH" or "credential:NAME".
        language: in which numbers and amounts are to be written, as "en"; "" writes them out. Any
            language is understood.
        endpointing_ms: the silence after which it takes a text for finished, 0 to 5000.
        patience_s: how long the text may take once an utterance is over, 1 to 30.
        allow_plain: whether ws:// may lead out of this machine: anybody on the way can listen.
        ca_file: certificates of authorities that are believed in place of the system's.
        pinned_sha256: SHA-256 of the only certificate that is believed; "" is any that is valid.

    Raises:
        ConfigError: a setting is out of range, or there is no key.
    """

    thread_only = "what leaves the device is counted where the device itself runs"

    def __init__(
        self,
        url: str = URL,
        key: str = KEY,
        language: str = "en",
        endpointing_ms: int = 50,
        patience_s: float = 8.0,
        allow_plain: bool = False,
        ca_file: str = "",
        pinned_sha256: str = "",
    ) -> None:
        if not 0 <= endpointing_ms <= MOST_ENDPOINTING_MS:
            raise ConfigError(
                f"asr.endpointing_ms: must be from 0 to {MOST_ENDPOINTING_MS}, got {endpointing_ms}"
            )
        if not LEAST_PATIENCE_S <= patience_s <= MOST_PATIENCE_S:
            raise ConfigError(
                f"asr.patience_s: must be from {LEAST_PATIENCE_S:g} to {MOST_PATIENCE_S:g}, got "
                f"{patience_s}"
            )
        self._access = access_of(
            "asr", url, key,
            allow_plain=allow_plain, ca_file=ca_file, pinned_sha256=pinned_sha256,
        )  # fmt: skip
        self._language = language
        self._endpointing_ms, self._patience_s = endpointing_ms, patience_s
        self._begin()

    def _begin(self) -> None:
        """Have heard nothing yet."""
        self._loop = LoopThread("xai recogniser")
        self._repetition = Repetition()
        self._sound = bytearray()
        """What was sent of this utterance."""
        self._turn: XAITurn | None = None
        self._running: concurrent.futures.Future[str] | None = None
        self._concluded: str | None = None
        """The whole text, once it is known."""

    def recognize(self, audio: bytes) -> str:
        """Return the text of one whole utterance; "" when nothing was understood."""
        self.reset()
        self.recognize_stream(audio)
        return self.recognize_stream(b"", is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece; return the whole text since `reset`, as far as it is there.

        Only `is_final` waits, and only it fails: an utterance that is given up in its midst would
        cut off whoever is speaking, and at its next pause another try may succeed. Sound after it
        begins anew.

        Raises:
            UplinkError: the service refused, was lost twice, or took longer than `patience_s`.
        """
        check_whole_samples(audio)
        if self._concluded is not None and audio:
            self.reset()
        unknown = self._repetition.unknown(audio)
        if is_final:
            unknown += self._repetition.held_back()
        if unknown:
            self._send(unknown)
        if is_final and self._concluded is None:
            self._concluded = self._conclude()
        return self._text if self._concluded is None else self._concluded

    def reset(self) -> None:
        """Forget the utterance; what is under way is stopped."""
        if self._running is not None:
            self._running.cancel()
        self._running = self._turn = self._concluded = None
        self._sound.clear()
        self._repetition.begin()

    def clone(self) -> XAIASR:
        """Return an independent recogniser with the same settings."""
        other = copy.copy(self)
        other._begin()
        return other

    def close(self) -> None:
        """Stop what is under way, and say goodbye."""
        self._loop.close()

    @property
    def _text(self) -> str:
        fresh = self._turn.text if self._turn is not None else ""
        return " ".join(filter(None, (self._repetition.text, fresh)))

    def _send(self, audio: bytes) -> None:
        if self._turn is None:
            self._turn = XAITurn(
                self._access, self._language, self._endpointing_ms, self._loop.tasks
            )
            self._running = self._loop.start(self._turn.run())
        self._sound += audio
        self._loop.soon(self._turn.add, audio)

    def _conclude(self) -> str:
        """Return the whole text, and remember what it is of."""
        sound = self._repetition.sound + bytes(self._sound)
        before = self._repetition.text
        self._repetition.learn(b"", "")
        fresh = ""
        if self._turn is not None:
            self._loop.soon(self._turn.end)
            fresh = self._result(self._patience_s)
        text = " ".join(filter(None, (before, fresh)))
        if len(sound) <= KEPT_BYTES:
            self._repetition.learn(sound, text)
        return text

    def _result(self, within_s: float) -> str:
        assert self._running is not None
        try:
            return self._running.result(within_s)
        except TimeoutError:
            self._running.cancel()
            raise UplinkLostError(
                f"xAI's recogniser took longer than asr.patience_s, {within_s:g} s"
            ) from None
        except concurrent.futures.CancelledError:
            raise EngineError("xAI's recogniser was stopped; begin another utterance") from None
