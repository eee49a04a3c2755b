"""The voice tools' way to the speech engine, on the engine's own worker."""

from __future__ import annotations

from xtalk_edge.engines.interfaces import TTS
from xtalk_edge.engines.worker import Worker


class EngineVoice:
    """A `VoiceControl` of one engine; the engine is told before the answer is spoken."""

    def __init__(self, engine: TTS, worker: Worker, voices: dict[str, str]) -> None:
        self._engine = engine
        self._worker = worker
        self._voices = voices
        self.current = next(iter(voices), "")
        self.speed = 1.0

    @classmethod
    async def of(cls, engine: TTS, worker: Worker) -> EngineVoice:
        """Return the control of a loaded engine whose voice was not changed yet."""
        return cls(engine, worker, await worker.run(engine.voices))

    def names(self) -> list[str]:
        """Return every voice as the owner calls it, the usual one first."""
        return list(self._voices)

    async def choose(self, name: str) -> None:
        """Speak with that voice from the next sentence on."""
        await self._worker.run(self._engine.set_voice, [self._voices[name]])
        self.current = name

    async def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as usual; False when this voice has one speed only."""
        if await self._worker.run(self._engine.set_speed, factor):
            self.speed = factor
            return True
        return False
