"""A device that has stopped listening, speaking or thinking notices, and helps itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation, conversation, settings
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.clock import now_s
from xtalk_edge.engines.child_process import ChildProcess
from xtalk_edge.errors import DeviceError, UnwellError
from xtalk_edge.events import (
    CardEnded,
    CardLost,
    CardOpened,
    HealthChanged,
    RecoveryStepTaken,
    SpeechRequested,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
)
from xtalk_edge.managers import health
from xtalk_edge.managers.health import DONE, LOOK_EVERY_S, WRONG
from xtalk_edge.service import storage
from xtalk_edge.service.recovery import Step
from xtalk_edge.service.storage import Surroundings
from xtalk_edge.service.vital_signs import Check

QUIET_ROOM = RoomScene(noise_db=-66.0)
"""One without any noise sounds the same again and again."""

LIMIT_S = 3.0
"""From a fault that the device can mend until it is mended."""

LONG_REPLY = "The river comes down from the mountains, where nobody lives at all these days."


def steps(talk: Conversation) -> list[tuple[str, str, int]]:
    return [(each.step, each.check, each.count) for each in talk.all_of(RecoveryStepTaken)]


async def answers(talk: Conversation) -> None:
    """Fail unless a question is answered."""
    await talk.ask("what time is it")
    await talk.until(TTSPlaybackFinished, text="Noon.")


@pytest.mark.parametrize("fault", ["stall", "freeze"])
@on_virtual_clock
async def test_a_microphone_that_gives_nothing_new_is_opened_anew(fault: str) -> None:
    config = settings(texts=["the time"], replies=["Noon."])
    async with conversation(config, QUIET_ROOM) as talk:
        await asyncio.sleep(3)
        began_s = now_s()
        getattr(talk.room, fault)()
        ill = await talk.until(HealthChanged, check="capture", healthy=False)
        assert ill.detail
        assert talk.appliance.health.verdict()["capture"].detail == ill.detail
        assert not talk.appliance.health.fresh
        await talk.until(HealthChanged, check="capture", healthy=True)
        assert now_s() - began_s <= LIMIT_S
        assert steps(talk) == [("reopen", "capture", 1)]
        assert talk.appliance.health.fresh
        await talk.until(TTSPlaybackFinished, text=DONE[Step.REOPEN])
        await answers(talk)
        # Nothing is told of a card that was there all the time.
        assert not talk.all_of(CardLost)


@on_virtual_clock
async def test_an_answer_that_stands_still_goes_on_after_the_card_was_opened_anew() -> None:
    config = settings(texts=["go on"], replies=[LONG_REPLY])
    async with conversation(config, QUIET_ROOM) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        talk.room.stall_loudspeaker()
        await talk.until(HealthChanged, check="playback", healthy=False)
        await talk.until(HealthChanged, check="playback", healthy=True, within_s=LIMIT_S)
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == LONG_REPLY
        assert steps(talk) == [("reopen", "playback", 1)]


@on_virtual_clock
async def test_a_step_is_spoken_once_and_counted_each_time() -> None:
    async with conversation(settings(), QUIET_ROOM) as talk:
        for _ in range(3):
            await asyncio.sleep(15)
            talk.room.stall()
        await asyncio.sleep(15)
        assert steps(talk) == [("reopen", "capture", count) for count in (1, 2, 3)]
        assert [each.text for each in talk.all_of(SpeechRequested)] == [DONE[Step.REOPEN]]


@on_virtual_clock
async def test_it_can_be_told_to_say_nothing_of_it() -> None:
    async with conversation(settings(health={"speak": False}), QUIET_ROOM) as talk:
        await asyncio.sleep(5)
        talk.room.stall()
        await talk.until(RecoveryStepTaken)
        await asyncio.sleep(10)
        assert not talk.all_of(SpeechRequested)


@on_virtual_clock
async def test_a_card_that_no_step_mends_ends_the_program_to_be_started_afresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with conversation(settings(), QUIET_ROOM) as talk:
        life = asyncio.ensure_future(talk.appliance.run())
        await asyncio.sleep(3)
        talk.room.stall()
        # It opens, and gives nothing all the same.
        monkeypatch.setattr(talk.room, "start", lambda _now_s: None)
        with pytest.raises(UnwellError, match="no sound has come for") as error:
            await asyncio.wait_for(life, 60)
        assert error.value.exit_code not in (0, 2, 3, 4)
        assert [step for step, _, _ in steps(talk)] == ["reopen", "reopen", "re-enumerate", "exit"]


@on_virtual_clock
async def test_a_card_that_cannot_be_opened_anew_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = settings(texts=["the time"], replies=["Noon."])
    async with conversation(config, QUIET_ROOM) as talk:
        await asyncio.sleep(3)
        talk.room.stall()
        monkeypatch.setattr(talk.room, "renew", _not_there)
        lost = await talk.until(CardLost)
        assert lost.reason == "room: somebody else has it"
        await talk.until(CardOpened, within_s=1.5)
        await answers(talk)
        assert not talk.all_of(CardEnded)


def _not_there(now_s: float) -> None:
    raise DeviceError("room: somebody else has it")


@on_virtual_clock
async def test_a_device_that_is_unplugged_is_ill_and_nothing_is_done_beside_waiting() -> None:
    async with conversation(settings(), QUIET_ROOM) as talk:
        await asyncio.sleep(3)
        talk.room.unplug()
        ill = await talk.until(HealthChanged, check="capture", healthy=False)
        assert ill.detail == "the device was unplugged"
        await asyncio.sleep(20)
        assert talk.appliance.health.fresh
        talk.room.replug()
        await talk.until(HealthChanged, check="capture", healthy=True, within_s=2)
        assert not steps(talk)


@on_virtual_clock
async def test_an_engine_that_died_is_there_again_before_it_is_needed() -> None:
    config = settings(texts=["the time"], replies=["Noon."], tts={"isolation": "process"})
    async with conversation(config, QUIET_ROOM) as talk:
        await asyncio.sleep(1)
        [voice] = [each for each in ChildProcess.running if each.is_alive and each.slot == "tts"]
        os.kill(voice.pid, signal.SIGKILL)
        voice.wait_for_end()
        await talk.until(RecoveryStepTaken, step="restart engine", within_s=2 * LOOK_EVERY_S)
        well = await talk.until(HealthChanged, check="engines", healthy=True)
        assert well.at_s < 1 + LIMIT_S
        await answers(talk)


@contextlib.contextmanager
def watchdog(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(str(folder / "notify"))
        wire.setblocking(False)
        yield wire


def fed(wire: socket.socket) -> int:
    """Return how often the watchdog was fed since it was asked last."""
    times = 0
    with contextlib.suppress(BlockingIOError):
        while wire.recv(100) == b"WATCHDOG=1":
            times += 1
    return times


def test_the_watchdog_is_fed_while_all_goes_on_and_never_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "8000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)

    @on_virtual_clock
    async def scene(wire: socket.socket) -> None:
        async with conversation(settings(), QUIET_ROOM) as talk:
            await asyncio.sleep(10)
            # Four times in the eight seconds that it waits.
            assert 4 <= fed(wire) <= 6
            talk.room.stall()
            await talk.until(HealthChanged, healthy=False)
            fed(wire)
            monkeypatch.setattr(talk.room, "start", lambda _now_s: None)
            await asyncio.sleep(10)
            assert fed(wire) == 0

    with watchdog(tmp_path) as wire:
        scene(wire)


@pytest.mark.parametrize(
    ("found", "check"),
    [
        (Surroundings(disk="the disk has become read-only"), Check.DISK),
        (Surroundings(disk_free_mb=3), Check.DISK),
        (Surroundings(store="edge.sqlite3 cannot be used: disk full"), Check.STORE),
    ],
)
def test_a_disk_that_is_full_or_broken_is_told_and_the_watchdog_fed_all_the_same(
    found: Surroundings, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {"now": found}
    monkeypatch.setattr(storage, "look", lambda _folder, write: state["now"])
    monkeypatch.setattr(health, "SURROUNDINGS_EVERY_S", 1.0)

    @on_virtual_clock
    async def scene() -> None:
        async with conversation(settings(), QUIET_ROOM) as talk:
            ill = await talk.until(HealthChanged, within_s=90)
            assert (ill.check, ill.healthy) == (check, False)
            await talk.until(TTSPlaybackFinished, text=WRONG[check])
            assert talk.appliance.health.fresh
            state["now"] = Surroundings(disk_free_mb=10_000)
            await talk.until(HealthChanged, check=check, healthy=True, within_s=90)
            assert not steps(talk)

    scene()
