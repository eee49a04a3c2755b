"""A device whose voice is too slow speaks with a lighter one, and says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.events import (
    GovernorStepped,
    LatencyMetricsUpdated,
    ModelSwitched,
    TTSPlaybackFinished,
)
from xtalk_edge.managers.governor import GovernorManager


def with_quick_voice() -> Config:
    config = settings(governor={"voice": "quick"}, texts=["hello"], replies=["Hello."])
    quick = EngineConfig("espeak", params={"voice": "en-gb"})
    return replace(config, alternatives={"tts": {"quick": quick}})


@on_virtual_clock
async def test_a_slow_voice_makes_way_for_a_lighter_one() -> None:
    async with conversation(with_quick_voice()) as talk:
        for _ in range(5):
            talk.appliance.bus.publish(
                LatencyMetricsUpdated(tts_first_chunk_ms=2_500.0, at_s=now_s())
            )
        step = await talk.until(GovernorStepped, within_s=60)
        assert (step.rung, step.eased) == ("voice", True)
        assert step.reason == "answers take 2.5 s, of which the voice 2.5 s"
        await talk.until(ModelSwitched, slot="tts", name="quick")
        await talk.until(TTSPlaybackFinished, text="Quick is ready.")
        assert 'xtalk_edge_governor_eased{rung="voice"} 1.0' in talk.appliance.metrics.text()


@on_virtual_clock
async def test_a_device_that_has_nothing_to_give_up_has_no_governor() -> None:
    async with conversation(settings(texts=["hello"], replies=["Hello."])) as talk:
        managers = [type(manager) for manager in talk.appliance._managers]
        assert GovernorManager not in managers
        await talk.ask("what time is it")
        await talk.until(TTSPlaybackFinished)
        await asyncio.sleep(1)
        page = talk.appliance.metrics.text()
        assert 'xtalk_edge_turns_total{result="understood"} 1.0' in page
        assert "xtalk_edge_answers_total 1.0" in page
        assert 'stage_seconds_count{stage="voice_to_voice"} 1.0' in page


@on_virtual_clock
async def test_an_owner_may_forbid_it() -> None:
    config = replace(with_quick_voice(), governor=replace(with_quick_voice().governor, on=False))
    async with conversation(config) as talk:
        assert GovernorManager not in [type(manager) for manager in talk.appliance._managers]
