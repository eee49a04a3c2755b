"""The voice in use: how it is told to speak, and that another takes its place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import numpy as np
import pytest

from tests.scripted import SteadyTTS
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import SpeedConfig, TtsConfig
from xtalk_edge.engines import hosting
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import ConfigError

TEXT = "What a fine day it is today, and how the birds sing."


class Moody(SteadyTTS):
    """Speaks louder when it is angry; knows other names than X-Talk's."""

    def __init__(self) -> None:
        self.told: list[str | list[float]] = []

    def emotions(self) -> list[str]:
        return ["calm", "angry"]

    def set_emotion(self, emotion: str | list[float]) -> None:
        if isinstance(emotion, str) and emotion not in self.emotions():
            raise ValueError(f"no emotion {emotion}")
        self.told.append(emotion)


class OneSpeed(EspeakTTS):
    """Knows its words, and no other speed."""

    def set_speed(self, factor: float) -> bool:
        return False


class XTalkMoody:
    """A voice written for X-Talk."""

    sample_rate = 16000

    def synthesize(self, text: str) -> bytes:
        return b"\1\0" * 8000

    def set_emotion(self, emotion: str | list[float]) -> None:
        pass

    def clone(self) -> XTalkMoody:
        return self


class XTalkSpeed:
    """A speed controller written for X-Talk: each piece by itself, and no more than that."""

    pieces: list[int] = []  # noqa: RUF012 - what the test reads

    def process(self, audio_bytes: bytes, speed: float = 1.0) -> bytes:
        self.pieces.append(len(audio_bytes) // 2)
        samples = np.frombuffer(audio_bytes, "<i2")
        kept = np.arange(0, len(samples), speed).astype(int)
        return bytes(samples[kept[kept < len(samples)]].tobytes())


@contextlib.asynccontextmanager
async def opened(voice: str, speed: str = "none", usual: float = 1.0) -> AsyncIterator[Mouth]:
    async with (
        hosting.hosted("speed", SpeedConfig(speed)) as controller,
        hosting.hosted("tts", TtsConfig(voice)) as home,
    ):
        yield await Mouth.open(home, controller, usual)


def with_mouth(
    story: Callable[[Mouth], Awaitable[None]], voice: str, speed: str = "none", usual: float = 1.0
) -> None:
    async def go() -> None:
        async with opened(voice, speed, usual) as mouth:
            await story(mouth)

    run_virtual(go())


async def spoken(mouth: Mouth, text: str = TEXT) -> list[SpeechChunk]:
    return [chunk async for chunk in mouth.speech_of(text)]


async def length_s(mouth: Mouth, text: str = TEXT) -> float:
    return sum(len(chunk.pcm) for chunk in await spoken(mouth, text)) / 2 / mouth.sample_rate


def test_an_engine_with_a_speed_of_its_own_is_told() -> None:
    async def story(mouth: Mouth) -> None:
        before = await length_s(mouth)
        assert mouth.current == mouth.names()[0] == "American man"
        await mouth.choose("British woman")
        assert await mouth.set_speed(1.7)
        assert (mouth.current, mouth.speed) == ("British woman", 1.7)
        assert await length_s(mouth) < 0.8 * before

    with_mouth(story, "espeak", "sonic")


def test_an_engine_with_one_speed_is_helped_by_the_slot() -> None:
    async def story(mouth: Mouth) -> None:
        before = await length_s(mouth)
        assert await mouth.set_speed(1.6)
        assert await length_s(mouth) == pytest.approx(before / 1.6, abs=0.001)
        assert await mouth.set_speed(9.0)
        assert mouth.speed == 2.0

    with_mouth(story, "tests.scripted:SteadyTTS", "sonic")


def test_without_the_slot_it_has_one_speed_and_says_so() -> None:
    async def story(mouth: Mouth) -> None:
        assert not await mouth.set_speed(1.2)
        assert (mouth.names(), mouth.current, mouth.speed) == ([], "", 1.0)

    with_mouth(story, "tests.scripted:SteadyTTS")


def test_a_usual_speed_that_the_voice_has_not_is_refused() -> None:
    async def never(_mouth: Mouth) -> None:
        raise AssertionError

    with pytest.raises(ConfigError, match=r"speed\.usual: this voice has one speed only"):
        with_mouth(never, "tests.scripted:SteadyTTS", usual=0.8)


@pytest.mark.parametrize("voice", ["espeak", "tests.scripted:SteadyTTS"])
def test_the_owners_usual_speed_counts_as_one(voice: str) -> None:
    lengths = []

    async def story(mouth: Mouth) -> None:
        assert mouth.speed == 1.0
        lengths.append(await length_s(mouth))

    with_mouth(story, voice, "sonic")
    with_mouth(story, voice, "sonic", usual=0.6)
    assert lengths[1] > 1.4 * lengths[0]


def test_a_class_written_for_x_talk_gets_half_a_second_at_a_time() -> None:
    XTalkSpeed.pieces.clear()

    async def story(mouth: Mouth) -> None:
        before = await length_s(mouth)
        assert await mouth.set_speed(1.25)
        assert await length_s(mouth) == pytest.approx(before / 1.25, abs=0.01)

    with_mouth(story, "tests.scripted:SteadyTTS", f"{__name__}:XTalkSpeed")
    assert min(XTalkSpeed.pieces[:-1]) >= 8000


@pytest.mark.parametrize("run", [run_virtual, asyncio.run], ids=["virtual", "real"])
def test_two_clauses_at_once_do_not_mix(run: Callable[[Awaitable[None]], None]) -> None:
    async def story() -> None:
        async with opened("tests.scripted:SteadyTTS", "sonic") as mouth:
            await mouth.set_speed(0.7)
            alone = await length_s(mouth)
            assert await asyncio.gather(*[length_s(mouth) for _ in range(3)]) == [alone] * 3

    run(story())


def test_words_are_marked_where_they_are_after_stretching() -> None:
    async def story(mouth: Mouth) -> None:
        plain = [mark for chunk in await spoken(mouth) for mark in chunk.marks]
        assert await mouth.set_speed(1.4)
        moved = [mark for chunk in await spoken(mouth) for mark in chunk.marks]
        assert len(moved) == len(plain) > 5
        # The voice itself differs by a few milliseconds each time.
        for before, after in zip(plain, moved, strict=True):
            assert abs(after.at_frame - before.at_frame / 1.4) < 0.05 * mouth.sample_rate

    with_mouth(story, f"{__name__}:OneSpeed", "sonic")


def test_emotions_are_those_of_the_engine() -> None:
    async def story(mouth: Mouth) -> None:
        assert mouth.emotions() == ["calm", "angry"]
        await mouth.set_emotion("angry")
        assert mouth.emotion == "angry"
        await mouth.set_emotion([0.1, 0.9])
        assert mouth.emotion == ""
        with pytest.raises(ValueError, match="no emotion"):
            await mouth.set_emotion("hungry")

    with_mouth(story, f"{__name__}:Moody")


def test_engines_without_emotions_have_none_and_x_talks_nine() -> None:
    async def none(mouth: Mouth) -> None:
        assert mouth.emotions() == []

    async def nine(mouth: Mouth) -> None:
        assert len(mouth.emotions()) == 9
        assert "happy" in mouth.emotions()

    with_mouth(none, "espeak")
    with_mouth(nine, f"{__name__}:XTalkMoody")


def test_another_engine_speaks_as_fast_and_with_the_same_emotion() -> None:
    changes = []

    async def story(mouth: Mouth) -> None:
        await mouth.set_speed(1.5)
        await mouth.set_emotion("angry")
        mouth.on_change = lambda: changes.append(mouth.speed)
        async with hosting.hosted("tts", TtsConfig(f"{__name__}:Moody")) as other:
            before = mouth.exchange(await mouth.fitted(other))
            assert isinstance(before.engine, Moody)
            assert before.engine is not other.engine
            assert (mouth.speed, mouth.emotion, other.engine.told) == (1.5, "angry", ["angry"])
        async with hosting.hosted("tts", TtsConfig("espeak")) as other:
            mouth.exchange(await mouth.fitted(other))
            assert (mouth.speed, mouth.emotion, mouth.current) == (1.5, "", "American man")
            assert await length_s(mouth) < 3.0
        assert changes == [1.5, 1.5]

    with_mouth(story, f"{__name__}:Moody", "sonic")


@pytest.mark.slow
def test_the_speed_slot_may_live_in_a_process_of_its_own() -> None:
    async def go() -> None:
        config = SpeedConfig("sonic", isolation="process")
        async with (
            hosting.hosted("speed", config) as controller,
            hosting.hosted("tts", TtsConfig("tests.scripted:SteadyTTS")) as home,
        ):
            mouth = await Mouth.open(home, controller)
            before = await length_s(mouth, "One two.")
            assert await mouth.set_speed(1.6)
            assert await length_s(mouth, "One two.") == pytest.approx(before / 1.6, abs=0.001)

    asyncio.run(go())
