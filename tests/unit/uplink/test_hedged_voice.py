"""A clause is spoken by one voice, at that voice's rate; one that breaks off is told of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from tests.clocks import on_virtual_clock
from tests.fake_xtalk import FakeXTalk, Fault, Kill, Point, Stall
from tests.scripted import FAILURE, ScriptedError, SteadyTTS
from tests.scripted_cloud import Die, Refuse, ScriptedCloud, Step, Wait
from tests.scripted_cloud import Stall as Silence
from xtalk_edge.clock import now_s
from xtalk_edge.config.uplink import Policy, UplinkConfig
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.mouth import Mouth, Voice
from xtalk_edge.engines.speed.none import NoSpeedController
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EngineLostError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ, Cloud
from xtalk_edge.uplink.hedged_voice import HedgedVoice
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Chosen, Way
from xtalk_edge.uplink.xtalk.client import XTalkClient

TEXT = "Say this."
OWN_RATE = 0
"""What a piece says that has the engine's own rate."""


class CountingTTS(SteadyTTS):
    """Remembers what it was asked to say, and how."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def set_speed(self, factor: float) -> bool:
        return True

    def set_emotion(self, emotion: str | list[float]) -> None:
        pass

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        self.asked.append(text)
        yield from super().synthesize_marked(text)


class Voices:
    """Two voices, and what was chosen."""

    def __init__(self, mode: Policy, cloud: Cloud, own: CountingTTS, mouth: Mouth) -> None:
        self.own, self.mouth = own, mouth
        policy = HedgePolicy(mode, 1.0, lull_s=0.5, device_lead_s=0.2)
        self.way = Way(
            "tts", cloud, policy, BreakerPolicy(opens_after=1, backoff=Backoff(first_s=10.0))
        )
        self.chosen: list[Chosen] = []
        self.way.on_chosen = self.chosen.append
        self.voice = HedgedVoice(mouth, self.way)

    async def rates(self, text: str = TEXT) -> set[int]:
        """Return the rates of all pieces of a clause."""
        return {chunk.rate_hz async for chunk in self.voice.speech_of(text)}

    def who(self) -> list[tuple[str, str]]:
        return [(each.side, each.why.value) for each in self.chosen]


@contextlib.asynccontextmanager
async def voices(mode: Policy, cloud: Cloud) -> AsyncIterator[Voices]:
    own, worker = CountingTTS(), Worker("tts")
    controller = Hosted(NoSpeedController(), worker)
    mouth = Mouth(Voice(Hosted(own, worker), emotions=("sad",)), controller)
    made = Voices(mode, cloud, own, mouth)
    try:
        yield made
    finally:
        await made.way.tasks.aclose()
        worker.close()


def scripted(*script: Step) -> ScriptedCloud:
    cloud = ScriptedCloud(spoken=[script])
    cloud.start()
    return cloud


@on_virtual_clock
async def test_the_server_speaks_and_the_device_does_not_even_begin() -> None:
    async with voices("prefer", scripted("a", "b")) as v:
        assert await v.rates() == {CLOUD_RATE_HZ}
        assert v.own.asked == []
        assert v.who() == [("server", "first")]


@on_virtual_clock
async def test_the_device_begins_before_the_deadline_and_is_ready_at_it() -> None:
    async with voices("prefer", scripted(Wait(5.0), "a")) as v:
        began_s = now_s()
        async with contextlib.aclosing(v.voice.speech_of(TEXT)) as chunks:
            assert (await anext(chunks)).rate_hz == OWN_RATE
            assert now_s() - began_s == pytest.approx(1.0)
        assert v.who() == [("device", "slow")]
        # The rest of the reply is spoken by the same voice.
        assert await v.rates() == {OWN_RATE}
        assert v.who()[-1] == ("device", "resting")


@pytest.mark.parametrize("script", [[Refuse()], [Die()], []])
def test_a_clause_that_is_not_begun_is_the_devices_at_once(script: Sequence[Step]) -> None:
    @on_virtual_clock
    async def scene() -> None:
        async with voices("prefer", scripted(*script)) as v:
            began_s = now_s()
            assert await v.rates() == {OWN_RATE}
            assert now_s() == began_s

    scene()


@pytest.mark.parametrize("end", [Refuse(), Die(), Silence()])
def test_a_clause_that_breaks_off_is_told_of(end: Step) -> None:
    @on_virtual_clock
    async def scene() -> None:
        async with voices("prefer", scripted("a", Wait(0.1), end)) as v:
            with pytest.raises(EngineLostError):
                await v.rates()
            # Whoever says it again gets the device's own voice, from the beginning.
            assert await v.rates() == {OWN_RATE}
            assert v.own.asked == [TEXT]

    scene()


@on_virtual_clock
async def test_a_race_is_won_by_the_first_sound() -> None:
    async with voices("race", scripted(Wait(0.1), "a")) as v:
        assert await v.rates() == {OWN_RATE}
        assert v.who() == [("device", "first")]


@on_virtual_clock
async def test_a_voice_that_fails_is_stood_in_for() -> None:
    for mode in ("fallback", "race", "prefer"):
        async with voices(mode, scripted("a")) as v:
            assert await v.rates(f"Say {FAILURE}") == {CLOUD_RATE_HZ}
    async with voices("fallback", scripted(Refuse())) as v:
        with pytest.raises(ScriptedError):
            await v.rates(f"Say {FAILURE}")
    # One that fails in the middle has begun.
    async with voices("fallback", scripted("a")) as v:
        with pytest.raises(ScriptedError):
            await v.rates("half-failure")


@on_virtual_clock
async def test_a_server_knows_one_way_to_speak() -> None:
    async with voices("prefer", scripted("a")) as v:
        await v.mouth.set_speed(1.2)
        assert await v.rates() == {OWN_RATE}
        await v.mouth.set_speed(1.0)
        await v.mouth.set_emotion("sad")
        assert await v.rates() == {OWN_RATE}
        assert v.who() == []
        assert v.voice.sample_rate == SteadyTTS.sample_rate


@on_virtual_clock
async def test_a_clause_nobody_takes_leaves_nothing_behind() -> None:
    cloud = scripted("a", Silence())
    async with voices("prefer", cloud) as v:
        chunks = v.voice.speech_of(TEXT)
        await anext(chunks)
        await chunks.aclose()
        await asyncio.sleep(0)
        assert cloud.stopped == 1
        assert v.way.breaker.state(now_s()) == "closed"


POINTS = {
    Point.SUBMIT: {OWN_RATE},
    Point.START_TTS: {OWN_RATE},
    Point.FIRST_AUDIO: {OWN_RATE},
    Point.MID_AUDIO: None,
    Point.LAST_AUDIO: None,
}


@pytest.mark.slow
@pytest.mark.parametrize("deed", [Stall(), Kill()])
@pytest.mark.parametrize("point", POINTS)
def test_a_real_server_may_let_go_of_a_clause_anywhere(point: Point, deed: Stall | Kill) -> None:
    async def scene() -> None:
        async with FakeXTalk("G1", plugin=True, chunk_ms=100) as server:
            client = XTalkClient(UplinkConfig(url=server.url, tts="prefer"))
            there = asyncio.Event()
            client.on_change = there.set
            client.start()
            try:
                async with asyncio.timeout(10.0), voices("prefer", client) as v:
                    while "tts" not in client.abilities:
                        await there.wait()
                        there.clear()
                    server.faults.append(Fault(point, deed))
                    if POINTS[point] is None:
                        with pytest.raises(EngineLostError):
                            await v.rates()
                        assert await v.rates() == {OWN_RATE}
                    else:
                        assert await v.rates() == POINTS[point]
                    assert v.own.asked == [TEXT]
            finally:
                await client.aclose()

    asyncio.run(scene())
