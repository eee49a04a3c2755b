"""A sound card is tried in simulated rooms."""

from __future__ import annotations

import asyncio

import pytest

from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.audio.sound_check import SoundCheck, check_sound
from xtalk_edge.clock import VirtualTimeLoop, run_virtual


def tried(scene: RoomScene) -> SoundCheck:
    return tried_card(RoomCard(scene))


def tried_card(card: RoomCard) -> SoundCheck:
    async def check() -> SoundCheck:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        return check_sound(card, pause=loop.jump)

    return run_virtual(check())


@pytest.mark.parametrize("delay_ms", [2.0, 80.0])
@pytest.mark.slow
def test_the_chirp_is_heard_and_measured(delay_ms: float) -> None:
    card = RoomCard(RoomScene(noise_db=-60.0, echo_db=-12.0, echo_delay_ms=delay_ms))
    found = tried_card(card)
    assert found.noise_db == pytest.approx(-60.0, abs=1.0)
    assert found.delay_ms == pytest.approx(1000 * card.echo_delay_frames / card.rate_hz, abs=1.0)
    assert found.echo_db == pytest.approx(-12.0, abs=2.0)
    assert (found.lost_frames, found.underflows) == (0, 0)


def test_a_loudspeaker_that_is_not_heard_is_told_from_noise() -> None:
    found = tried(RoomScene(noise_db=-40.0))
    assert (found.delay_ms, found.echo_db) == (None, None)
    assert found.noise_db == pytest.approx(-40.0, abs=1.0)


def test_a_muted_microphone_is_very_quiet() -> None:
    assert tried(RoomScene()).noise_db < -90


@pytest.mark.parametrize("drift_ppm", [0.0, 40.0, -150.0])
@pytest.mark.slow
def test_clocks_that_drift_apart_are_noticed(drift_ppm: float) -> None:
    found = tried(RoomScene(noise_db=-60.0, echo_db=-12.0, echo_delay_ms=50.0, drift_ppm=drift_ppm))
    assert found.drift_ppm == pytest.approx(drift_ppm, abs=6.0)


@pytest.mark.slow
def test_without_an_echo_or_the_time_nothing_is_known_of_the_clocks() -> None:
    assert tried(RoomScene(noise_db=-40.0)).drift_ppm is None
    scene = RoomScene(noise_db=-60.0, echo_db=-12.0)

    async def hurried() -> SoundCheck:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        return check_sound(RoomCard(scene), pause=loop.jump, drift_s=0.0)

    assert run_virtual(hurried()).drift_ppm is None
