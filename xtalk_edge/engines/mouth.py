"""The voice in use and how it is to speak; what speaks may be exchanged while the device runs.

A speed is the engine's own where it has one, for it knows which sounds may be shortened; else it is
the speed slot's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field

from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.speed.stretch import stretched
from xtalk_edge.errors import ConfigError

SLOWEST, FASTEST = 0.5, 2.0
"""Times the usual speed; beyond, nobody follows."""


@dataclass(slots=True)
class Voice:
    """A voice engine, and how it speaks."""

    home: Hosted
    names: dict[str, str] = field(default_factory=dict)
    """What it can sound like, by what an owner calls it; the usual one first."""
    emotions: tuple[str, ...] = ()
    current: str = ""
    emotion: str = ""
    speed: float = 1.0
    """Times the usual."""
    stretch: float = 1.0
    """What of the speed is left to the speed slot, times the engine's own."""


class Mouth:
    """Speaks with one voice engine, and passes on what it is told about voice, speed and emotion.

    Args:
        voice: what to begin with; see `open`.
        controller: what changes the speed of engines that cannot.
        usual_speed: what counts as 1, times the engine's own speed.
    """

    def __init__(self, voice: Voice, controller: Hosted, usual_speed: float = 1.0) -> None:
        self._voice = voice
        self._controller = controller.engine
        self._usual_speed = usual_speed
        self._asked_speed = 1.0
        """As the owner wants it; a voice with one speed only does not."""
        self._there = asyncio.Event()
        self._there.set()
        self._stretching = asyncio.Lock()
        """The controller takes one clause at a time."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when it is to speak otherwise than before."""

    @classmethod
    async def open(cls, home: Hosted, controller: Hosted, usual_speed: float = 1.0) -> Mouth:
        """Return the mouth of a loaded engine whose voice was not changed yet.

        Raises:
            ConfigError: it has one speed only, and that is not the one wanted.
        """
        mouth = cls(Voice(home), controller, usual_speed)
        if not await mouth.set_speed(1.0):
            raise ConfigError(
                'speed.usual: this voice has one speed only; set [speed] type = "sonic", or take 1'
            )
        mouth.exchange(await mouth.fitted(home))
        return mouth

    # -- speaking --------------------------------------------------------------------------

    @property
    def sample_rate(self) -> int:
        """Hertz of what is spoken."""
        return int(self._voice.home.engine.sample_rate)

    async def speech_of(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Yield the speech in pieces, with the words that begin in each; raises as the engine."""
        await self._there.wait()
        engine, stretch, rate_hz = self._voice.home.engine, self._voice.stretch, self.sample_rate

        def speech() -> Iterable[SpeechChunk]:
            whole: Iterable[SpeechChunk] = engine.synthesize_marked(text)
            if stretch == 1.0:
                return whole
            return stretched(whole, self._controller, stretch, rate_hz)

        async with self._stretching if stretch != 1.0 else contextlib.nullcontext():
            chunks = self._voice.home.worker.stream(speech)
            async with contextlib.aclosing(chunks) as made:  # type: ignore[type-var]
                async for chunk in made:
                    yield chunk

    # -- how -------------------------------------------------------------------------------

    @property
    def current(self) -> str:
        """The voice in use, one of `names`; "" of an engine with only one."""
        return self._voice.current

    @property
    def speed(self) -> float:
        """Times the usual speed."""
        return self._voice.speed

    @property
    def emotion(self) -> str:
        """One of `emotions`; "" while none was chosen."""
        return self._voice.emotion

    def names(self) -> list[str]:
        """Return every voice as the owner calls it, the usual one first."""
        return list(self._voice.names)

    def emotions(self) -> list[str]:
        """Return the emotions it can speak with; none of most engines."""
        return list(self._voice.emotions)

    async def choose(self, name: str) -> None:
        """Speak with that voice from the next sentence on.

        Args:
            name: one of `names`, or what the engine itself calls a voice.

        Raises:
            ValueError: it has no such voice.
        """
        voice = await self._present()
        await voice.home.worker.run(voice.home.engine.set_voice, [voice.names.get(name, name)])
        voice.current = name
        self.on_change()

    async def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as usual, 0.5 to 2; False when there is one speed only."""
        factor = min(FASTEST, max(SLOWEST, factor))
        if not await self._hurry(await self._present(), factor):
            return False
        self._asked_speed = factor
        self.on_change()
        return True

    async def set_emotion(self, emotion: str | list[float]) -> None:
        """Speak so from the next sentence on; engines without emotions take no notice.

        Args:
            emotion: one of `emotions`, or the engine's own figures.

        Raises:
            ValueError: the engine does not know it.
        """
        voice = await self._present()
        await voice.home.worker.run(voice.home.engine.set_emotion, emotion)
        voice.emotion = emotion if isinstance(emotion, str) and voice.emotions else ""
        self.on_change()

    async def _present(self) -> Voice:
        await self._there.wait()
        return self._voice

    async def _hurry(self, voice: Voice, factor: float) -> bool:
        wanted = factor * self._usual_speed
        slowest, fastest = self._controller.speeds
        if await voice.home.worker.run(voice.home.engine.set_speed, wanted):
            stretch = 1.0
        elif slowest < fastest or wanted == 1.0:
            stretch = min(fastest, max(slowest, wanted))
        else:
            return False
        voice.speed, voice.stretch = factor, stretch
        return True

    # -- exchange --------------------------------------------------------------------------

    async def fitted(self, home: Hosted) -> Voice:
        """Return an engine that speaks as fast, and with the same emotion, if it can."""
        engine, worker = home.engine, home.worker
        names = await worker.run(engine.voices)
        emotions = tuple(await worker.run(engine.emotions))
        voice = Voice(home, names, emotions, next(iter(names), ""))
        await self._hurry(voice, self._asked_speed)
        if self.emotion in emotions:
            await worker.run(engine.set_emotion, self.emotion)
            voice.emotion = self.emotion
        return voice

    def vacate(self) -> Hosted:
        """Say nothing until `exchange`; return the engine, which may be closed."""
        self._there.clear()
        return self._voice.home

    def exchange(self, voice: Voice) -> Hosted:
        """Speak with another engine from the next clause on; return the one before."""
        before, self._voice = self._voice, voice
        self._there.set()
        self.on_change()
        return before.home

    async def settle_in(self) -> None:
        """Speak as fast as was asked for while the engine was made ready."""
        if self.speed != self._asked_speed:
            await self._hurry(self._voice, self._asked_speed)

    async def aclose(self) -> None:
        """Close the engine in use."""
        await self._voice.home.aclose()
