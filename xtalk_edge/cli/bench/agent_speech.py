"""An ear and a voice at work: the starter's recogniser and synthesiser at the pace of talk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.resample import convert
from xtalk_edge.config.load import load
from xtalk_edge.engines.hosting import create

from .percentiles import Percentiles, percentiles

HEARD = "Set a timer for twenty five minutes, please. What time is it in New York?"
SPOKEN = (
    "Your timer is set for twenty five minutes. It is ten past four in New York, and the sun "
    "is shining there."
)

CHUNK_BYTES = RATE_HZ // 10 * 2
"""100 ms, as the starter's recogniser likes it."""


class SpeechLoad:
    """Recognises and synthesises without pause while open; use it as a context manager."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        """How long after its end a piece of speech was recognised."""

        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._engines: list[Any] = []

    def __enter__(self) -> SpeechLoad:
        config = load(None)
        try:
            voice = self._keep(create("tts", config.tts))
            ear = self._keep(create("asr", config.asr))
        except BaseException:
            self._close()
            raise
        spoken = pcm_to_samples(voice.synthesize(HEARD))
        heard = samples_to_pcm(convert(spoken, voice.sample_rate, RATE_HZ))
        for name, work in (
            ("bench-ear", lambda: self._listen(ear, heard)),
            ("bench-voice", lambda: self._speak(voice)),
        ):
            self._threads.append(threading.Thread(target=work, name=name))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._close()

    def lateness_ms(self) -> Percentiles | None:
        """Return how late the ear was; None when it heard nothing yet."""
        return percentiles(self.late_ms) if self.late_ms else None

    def _keep(self, engine: Any) -> Any:
        self._engines.append(engine)
        return engine

    def _close(self) -> None:
        for engine in self._engines:
            engine.close()

    def _listen(self, ear: Any, pcm: bytes) -> None:
        def pieces() -> None:
            ear.reset()
            due_s = time.monotonic()
            for start in range(0, len(pcm), CHUNK_BYTES):
                due_s += 0.1
                if self._stop.wait(max(0.0, due_s - time.monotonic())):
                    return
                last = start + CHUNK_BYTES >= len(pcm)
                ear.recognize_stream(pcm[start : start + CHUNK_BYTES], is_final=last)
                self.late_ms.append((time.monotonic() - due_s) * 1000)

        self._repeat(pieces)

    def _speak(self, voice: Any) -> None:
        def pieces() -> None:
            due_s = time.monotonic()
            for pcm in voice.synthesize_stream(SPOKEN):
                due_s += len(pcm) / 2 / voice.sample_rate
                if self._stop.wait(max(0.0, due_s - time.monotonic())):
                    return

        self._repeat(pieces)

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stop.is_set():
            work()
