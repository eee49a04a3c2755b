"""The recorder writes what the rings hold and the bus carries, and disturbs nobody."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation, conversation, settings
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.recorder import RecorderConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import Event, MicrophoneMuted, TTSPlaybackFinished
from xtalk_edge.managers import recorder
from xtalk_edge.managers.event_log import as_record
from xtalk_edge.recorder.door import ask
from xtalk_edge.recorder.place import CRASHED, DOOR, NOW, Place, kept
from xtalk_edge.recorder.recording import Recording
from xtalk_edge.recorder.ring import LumpRing, read_ring


def with_recorder(**fields: object) -> Config:
    config = settings(texts=["what time is it"], replies=["It is noon."])
    return replace(config, recorder=RecorderConfig(**fields))  # type: ignore[arg-type]


def recorded(folder: Path, seconds: float | None = None) -> Recording:
    (only,) = kept(str(folder))
    recording = read_ring(only.folder, seconds)
    assert recording is not None
    return recording


async def one_turn(talk: Conversation) -> None:
    await talk.ask("what time is it", after_s=0.5)
    await talk.until(TTSPlaybackFinished)


@on_virtual_clock
async def test_it_holds_what_the_rings_held_and_the_bus_carried(tmp_path: Path) -> None:
    async with conversation(with_recorder(folder=str(tmp_path)), RoomScene(noise_db=-60.0)) as talk:
        await one_turn(talk)
        rings = talk.appliance.capture.rings
        end = rings.clean.head
        held = [ring.slice(0, end)[0] for ring in (rings.raw, rings.clean, rings.far)]
        carried = [as_record(event) for event in talk.events]
    found = recorded(tmp_path)
    for ours, theirs in zip((found.raw, found.clean, found.far), held, strict=True):
        assert np.array_equal(ours[:end], theirs)
    assert found.at_sample == found.lost_samples == 0
    assert found.at_s == pytest.approx(talk.room.started_at_s)
    times = [record["at_s"] for record in found.records]
    assert times == sorted(times)
    names = [(record["event"], record["at_s"]) for record in found.records]
    wanted = [(record["event"], record["at_s"]) for record in carried]
    assert [each for each in names if each in wanted] == wanted


@on_virtual_clock
async def test_it_holds_the_last_seconds_only(tmp_path: Path) -> None:
    async with conversation(with_recorder(folder=str(tmp_path), seconds=5.0)) as talk:
        await asyncio.sleep(20.0)
    found = recorded(tmp_path)
    assert 5.0 <= found.seconds <= 5.0 + 2 * recorder.LUMP_S
    assert recorded(tmp_path, 5.0).seconds == 5.0
    assert found.at_sample + len(found.raw) == talk.appliance.capture.head


@on_virtual_clock
async def test_while_muted_it_holds_zeros(tmp_path: Path) -> None:
    scene = RoomScene(noise_db=-30.0)
    session = tmp_path / "session.wav"
    config = with_recorder(folder=str(tmp_path), session=str(session))
    async with conversation(config, scene) as talk:
        await asyncio.sleep(1.0)
        talk.appliance.capture.mute(True, "switch")
        await talk.until(MicrophoneMuted)
        await asyncio.sleep(0.1)
        first = talk.appliance.capture.rings.raw.head
        talk.say("set a timer for five minutes")
        await asyncio.sleep(5.0)
        last = talk.appliance.capture.rings.clean.head
        talk.appliance.capture.mute(False, "switch")
        await asyncio.sleep(1.0)
    found = recorded(tmp_path)
    for sound in (found.raw, found.clean, read_stereo(session)[:, 0]):
        assert not sound[first:last].any()
        assert sound[: first // 2].any()
        assert sound[last + 1_600 :].any()


@pytest.mark.slow
@hypothesis.settings(max_examples=6)
@given(
    rate_hz=st.sampled_from([16_000, 44_100, 48_000]),
    from_s=st.floats(0.1, 0.6),
    for_s=st.floats(0.05, 0.5),
)
def test_of_no_time_while_muted_a_sample_is_held(rate_hz: int, from_s: float, for_s: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = with_recorder(folder=name, session=f"{name}/session.wav")
        scene = RoomScene(rate_hz=rate_hz, noise_db=-20.0, echo_db=-6.0)

        async def hold() -> tuple[int, int]:
            async with conversation(config, scene) as talk:
                await asyncio.sleep(from_s)
                talk.appliance.capture.mute(True, "switch")
                # What came before the first step behind it was captured before.
                first = talk.appliance.capture.rings.raw.head + 2 * RATE_HZ // 100
                await asyncio.sleep(for_s)
                last = int(talk.clock_s * RATE_HZ)
                talk.appliance.capture.mute(False, "switch")
                await asyncio.sleep(0.3)
                return first, last

        first, last = run_virtual(hold())
        found = recorded(folder)
        for sound in (found.raw, found.clean, read_stereo(folder / "session.wav")[:, 0]):
            assert not sound[first:last].any()
            assert sound[:first].any()
            assert sound[last + RATE_HZ // 10 :].any()


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def read_stereo(path: Path) -> np.ndarray:
    content = path.read_bytes()
    return np.frombuffer(content[44:], "<i2").reshape(-1, 2)


@on_virtual_clock
async def test_a_session_has_room_and_voice_side_by_side(tmp_path: Path) -> None:
    config = with_recorder(seconds=0.0, session=str(tmp_path / "sessions"))
    async with conversation(config, RoomScene(noise_db=-60.0)) as talk:
        await one_turn(talk)
        rings = talk.appliance.capture.rings
        end = rings.clean.head
        room, voice = (ring.slice(0, end)[0] for ring in (rings.raw, rings.far))
    (path,) = files_in(tmp_path / "sessions")
    frames = read_stereo(path)
    assert np.array_equal(frames[:end, 0], room)
    assert np.array_equal(frames[:end, 1], voice)
    assert voice.any()
    assert read_sound(path).rate_hz == 16_000


@on_virtual_clock
async def test_on_a_virtual_clock_nothing_is_remembered_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as room:
        monkeypatch.setenv("RUNTIME_DIRECTORY", room)
        async with conversation(with_recorder()):
            await asyncio.sleep(5.0)
        assert files_in(Path(room)) == []


@on_virtual_clock
async def test_without_a_place_the_device_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    async with conversation(with_recorder(folder=str(tmp_path / "file"))) as talk:
        await one_turn(talk)
    assert "what happens is not remembered" in caplog.text
    config = with_recorder(seconds=0.0, session=str(tmp_path / "file" / "sessions"))
    async with conversation(config) as talk:
        await one_turn(talk)
    assert "the session is not recorded" in caplog.text


@on_virtual_clock
async def test_a_named_session_that_cannot_be_is_said_at_the_start(tmp_path: Path) -> None:
    taken = tmp_path / "taken.wav"
    taken.touch()
    with pytest.raises(DeviceError, match="such a file already"):
        async with conversation(with_recorder(seconds=0.0, session=str(taken))):
            pass


@on_virtual_clock
async def test_without_room_it_says_so_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(ring: LumpRing, lump: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LumpRing, "write", full)
    async with conversation(with_recorder(folder=str(tmp_path))) as talk:
        await asyncio.sleep(12.0)
        await one_turn(talk)
    assert caplog.text.count("some seconds are not remembered: No space left on device") == 1


@on_virtual_clock
async def test_a_storm_of_events_does_not_fill_the_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with conversation(with_recorder(folder=str(tmp_path))) as talk:
        gust: Any = talk.appliance.create_event_class("Gust", text=str)
        for _ in range(3):
            talk.appliance.bus.publish(gust(text="x" * recorder.LONGEST_EVENT_CHARS))
        for _ in range(50):
            talk.appliance.bus.publish(gust(text="y" * (recorder.LONGEST_EVENT_CHARS - 100)))
        await asyncio.sleep(recorder.LUMP_S + 1.0)
        await one_turn(talk)
    gusts = [each for each in recorded(tmp_path).records if each["event"] == "Gust"]
    assert [each for each in gusts if "text" not in each] == gusts[:3]
    assert 0 < sum(len(each.get("text", "")) for each in gusts) <= recorder.MOST_CHARS
    assert caplog.text.count("more events than can be remembered") == 1
    # What came behind the storm is there.
    assert "TTSPlaybackFinished" in [each["event"] for each in recorded(tmp_path).records]


@pytest.mark.slow
def test_in_real_time_who_asks_gets_the_last_moment(tmp_path: Path) -> None:
    """Also while the loop hangs: the recorder has a thread of its own."""

    async def scene() -> tuple[int, Recording]:
        async with conversation(with_recorder(folder=str(tmp_path)), RoomScene()) as talk:
            for _ in range(20):
                await talk.appliance.capture.advance()
            at = talk.appliance.capture.head
            # Not awaited: the loop stands still meanwhile.
            assert ask(tmp_path / "recorder" / NOW / DOOR)
            return at, recorded(tmp_path)

    at, found = asyncio.run(scene())
    assert at > 0
    assert len(found.raw) >= at
    assert "CardOpened" in [record["event"] for record in found.records]
    assert not found.virtual
    (only,) = kept(str(tmp_path))
    assert not only.crashed
    assert not (only.folder / DOOR).exists()


@pytest.mark.slow
def test_a_second_device_records_nothing_and_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Place(tmp_path)

    async def scene() -> None:
        async with conversation(with_recorder(folder=str(tmp_path)), RoomScene()) as talk:
            await talk.appliance.capture.advance()

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    assert "another program records there" in caplog.text
    assert not (tmp_path / "recorder" / CRASHED).exists()
    other.close()


@on_virtual_clock
async def test_its_events_are_those_of_any_class(tmp_path: Path) -> None:
    async with conversation(with_recorder(folder=str(tmp_path))) as talk:
        doorbell: Any = talk.appliance.create_event_class("DoorbellRang", notes=(object, None))
        talk.appliance.bus.publish(doorbell(notes={(1, 2): {3}}))
        await asyncio.sleep(1.0)
        assert [e for e in talk.events if type(e).__name__ == "DoorbellRang"]
        assert all(isinstance(each, Event) for each in talk.events)
    assert "DoorbellRang" in [record["event"] for record in recorded(tmp_path).records]
