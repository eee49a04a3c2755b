from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    conversation,
    settings,
    state_folder,
)
from tests.scripted import ScriptedAgent
from xtalk_edge import appliance as appliance_module
from xtalk_edge.appliance import SETTLE_S, Appliance
from xtalk_edge.audio import portaudio
from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import AudioConfig, ManagerConfig
from xtalk_edge.engines.echo.none import NoEchoCanceller
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.errors import ConfigError, DeviceError, EngineError
from xtalk_edge.events import (
    CardEnded,
    ErrorOccurred,
    SpeechRequested,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TurnStateChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.tools.household import open_agent, open_bell


class Doorman(Manager):
    """A manager of an owner's own: asks for a greeting when somebody gets the floor."""

    def __init__(self, *, greeting: str, life: list[str] | None = None, **appliance: Any) -> None:
        super().__init__(**appliance)
        self.appliance: Appliance = appliance["appliance"]
        self._greeting = greeting
        self.life = life if life is not None else []

    async def start(self) -> None:
        self.life.append(f"start {self._greeting}")
        self.tasks.start(self._greet(), "greeting")

    async def shutdown(self) -> None:
        await super().shutdown()
        self.life.append(f"stop {self._greeting}")

    async def _greet(self) -> None:
        await asyncio.sleep(1)
        self.bus.publish(SpeechRequested(text=self._greeting))

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        self.life.append(event.state)


class FailingManager(Manager):
    """Fails when it starts, or a second later."""

    def __init__(self, *, at_once: bool = False, **appliance: Any) -> None:
        super().__init__(**appliance)
        self._at_once = at_once

    async def start(self) -> None:
        if self._at_once:
            raise RuntimeError("cannot start")
        self.tasks.start(self._fail(), "failure")

    async def _fail(self) -> None:
        await asyncio.sleep(1)
        raise RuntimeError("failed later")


class FailingEcho(NoEchoCanceller):
    """Works for a second."""

    def __init__(self) -> None:
        self._frames = 0

    def cancel(self, near: bytes, far: bytes) -> bytes:
        self._frames += 1
        if self._frames > 100:
            raise RuntimeError("the canceller broke")
        return near


CLOSED: list[str] = []


class ClosingAgent(ScriptedAgent):
    """Tells when it is closed; its settings may be wrong."""

    def close(self) -> None:
        CLOSED.append("agent")


class WatchedCard(RoomCard):
    """Tells how it was left."""

    left = ""

    def close(self) -> None:
        super().close()
        self.left = self.left or "closed"

    def abort(self) -> None:
        self.left = "aborted"
        super().abort()


@on_virtual_clock
@pytest.mark.slow
async def test_owners_add_managers_and_events():
    with state_folder(settings()) as config:
        device = Appliance(config, card=RoomCard(RoomScene()))
        life: list[str] = []
        device.register_manager(Doorman, greeting="Hello.", life=life)
        doorbell: Any = Appliance.create_event_class("DoorbellRang", floor=int)
        rang: list[Any] = []
        subscription = device.subscribe_event(doorbell, rang.append)
        spoken: list[str] = []
        device.subscribe_event(TTSPlaybackFinished, lambda event: spoken.append(event.text))
        async with device:
            device.bus.publish(doorbell(floor=2))
            await asyncio.sleep(4)
            device.unsubscribe_event(subscription)
            device.bus.publish(doorbell(floor=3))
            await device.bus.drained()
        assert [event.floor for event in rang] == [2]
        assert spoken == ["Hello."]
        assert life[0] == "start Hello."
        assert life[-1] == "stop Hello."
        assert "speaking" in life


@on_virtual_clock
@pytest.mark.slow
async def test_settings_add_managers_too():
    own = ManagerConfig(f"{__name__}:Doorman", params={"greeting": "Good day."})
    async with conversation(replace(settings(), managers=(own,))) as talk:
        await talk.until(TTSPlaybackFinished, text="Good day.")


@pytest.mark.parametrize(
    ("spec", "params", "problem"),
    [
        ("tests.scripted:ScriptedAgent", {}, "must be derived from"),
        (f"{__name__}:Doorman", {}, "missing a required argument: 'greeting'"),
    ],
)
@on_virtual_clock
async def test_a_manager_that_does_not_fit_is_a_sentence(spec, params, problem):
    own = ManagerConfig(spec, params=params, places={"spec": "edge.toml:7: managers.spec"})
    with pytest.raises(ConfigError, match=problem) as caught:
        async with conversation(replace(settings(), managers=(own,))):
            pass
    assert str(caught.value).startswith(f"edge.toml:7: managers.spec: {spec} ")


@on_virtual_clock
@pytest.mark.slow
async def test_progress_is_told_and_everything_closed():
    steps: list[str] = []
    CLOSED.clear()
    config = settings(agent={"type": f"{__name__}:ClosingAgent", "replies": []})
    with state_folder(config) as own:
        card = WatchedCard(RoomScene())
        async with Appliance(own, card=card, progress=steps.append):
            assert steps[0] == "opening the sound card"
            assert steps[-1] == "loading the agent"
            assert not CLOSED
        assert (card.left, CLOSED) == ("closed", ["agent"])


@on_virtual_clock
async def test_what_was_opened_is_closed_when_a_later_part_cannot_be_had(tmp_path):
    config = settings(tts={"type": "espeak", "voice": "nobody"})
    with state_folder(config) as own:
        card = WatchedCard(RoomScene())
        with pytest.raises(ConfigError, match="nobody"):
            async with Appliance(own, card=card, events_path=tmp_path / "log.jsonl"):
                pass
        assert card.left == "aborted"


@on_virtual_clock
async def test_managers_that_started_are_stopped_when_a_later_one_cannot_start():
    with state_folder(settings()) as config:
        device = Appliance(config, card=RoomCard(RoomScene()))
        life: list[str] = []
        device.register_manager(Doorman, greeting="1", life=life)
        device.register_manager(Doorman, greeting="2", life=life)
        device.register_manager(FailingManager, at_once=True)
        device.register_manager(Doorman, greeting="3", life=life)
        with pytest.raises(RuntimeError, match="cannot start"):
            async with device:
                pass
        assert life == ["start 1", "start 2", "stop 2", "stop 1"]


@on_virtual_clock
@pytest.mark.slow
async def test_the_appliance_ends_with_the_failure_of_any_part():
    own = ManagerConfig(f"{__name__}:FailingManager")
    with pytest.raises(RuntimeError, match="failed later"):
        async with conversation(replace(settings(), managers=(own,))) as talk:
            await talk.appliance.run()
    assert now_s() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("waits_for", ["run", "settled"])
@on_virtual_clock
@pytest.mark.slow
async def test_the_appliance_ends_with_its_ear(waits_for):
    config = settings(
        texts=["go on"], replies=["It is noon."], echo={"type": f"{__name__}:FailingEcho"}
    )
    with pytest.raises(RuntimeError, match="the canceller broke"):
        async with conversation(config) as talk:
            talk.say("what time is it")
            await asyncio.wait_for(getattr(talk.appliance, waits_for)(), 60)
    assert [event.reason for event in talk.all_of(CardEnded)] == [
        "the ear failed: the canceller broke"
    ]


@on_virtual_clock
@pytest.mark.slow
async def test_a_lost_sound_card_is_an_error(monkeypatch):
    monkeypatch.setattr(appliance_module, "PortAudioCard", RoomCard)
    with pytest.raises(DeviceError, match="room: the device was unplugged"):
        async with conversation(settings()) as talk:
            asyncio.get_running_loop().call_later(1, talk.room.unplug)
            await asyncio.wait_for(talk.appliance.run(), 60)


@on_virtual_clock
@pytest.mark.slow
async def test_settled_waits_for_the_answer_to_what_was_said():
    config = settings(texts=["the time"], replies=["It is noon, and it is Monday."])
    async with conversation(config) as talk:
        await talk.appliance.settled()
        waits_ms = config.turn.silence_ms + config.vad.min_silence_ms
        assert now_s() == pytest.approx(SETTLE_S + waits_ms / 1000, abs=0.05)
        talk.say("what time is it")
        await talk.appliance.settled()
        assert len(talk.all_of(TTSPlaybackFinished)) == 1


@on_virtual_clock
@pytest.mark.slow
async def test_the_event_log_goes_on_to_the_last_event(tmp_path, caplog):
    path = tmp_path / "events.jsonl"
    async with conversation(settings(), events_path=path) as talk:
        await asyncio.sleep(1)
        talk.appliance.bus.publish(
            ErrorOccurred(error_type="last", error_message="words", component="test")
        )
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["event"] == "TurnStateChanged"
    assert "last" in [line.get("error_type") for line in lines]
    assert not caplog.records


@on_virtual_clock
@pytest.mark.slow
async def test_leaving_in_mid_reply_is_quiet(caplog):
    config = settings(texts=["go on"], replies=["It is noon, and it will soon be one."])
    async with conversation(config) as talk:
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        talk.say("what did you say")
        await asyncio.sleep(0.4)
    assert not caplog.records


@on_virtual_clock
@pytest.mark.slow
async def test_cancelling_run_leaves_in_good_order():
    async with conversation(settings()) as talk:
        life = asyncio.ensure_future(talk.appliance.run())
        await asyncio.sleep(1)
        life.cancel()
        with pytest.raises(asyncio.CancelledError):
            await life


class ToolUsingAgent(ScriptedAgent):
    """Keeps the tools it is given."""

    def use_tools(self, runner: Any) -> None:
        self.tools = runner


@on_virtual_clock
@pytest.mark.slow
async def test_the_agent_sets_timers_that_ring_once_somebody_runs_them():
    config = settings(agent={"type": f"{__name__}:ToolUsingAgent", "replies": []})
    with state_folder(config) as own:
        with open_bell(own) as bell:
            opened = open_agent(own, bell, volume=Volume(), last_reply=lambda: "")
            async with opened as equipped:
                assert isinstance(equipped.agent.engine, ToolUsingAgent)
                result = await equipped.tools.run(ToolCall("set_timer", {"seconds": 5}))
                assert result.ok
        await asyncio.sleep(60)
        async with conversation(own) as talk:
            announced = await talk.until(SpeechRequested)
            assert "timer" in announced.text


@on_virtual_clock
async def test_disabled_tools_are_not_offered():
    config = settings(
        agent={"type": f"{__name__}:ToolUsingAgent", "replies": []},
        tools={"disabled": ("set_timer",)},
    )
    with state_folder(config) as own, open_bell(own) as bell:
        opened = open_agent(own, bell, volume=Volume(), last_reply=lambda: "", dry_run=True)
        async with opened as equipped:
            assert isinstance(equipped.agent.engine, ToolUsingAgent)
            names = [schema["function"]["name"] for schema in equipped.tools.schemas()]
            assert "set_timer" not in names
            assert "get_time" in names


class Volume:
    """A knob."""

    def get_percent(self) -> int:
        return 100

    def set_percent(self, percent: int) -> None:
        pass


def test_the_card_is_opened_as_the_settings_say(monkeypatch):
    opened: dict[str, Any] = {}
    monkeypatch.setattr(portaudio, "PortAudioCard", opened.update)
    with contextlib.suppress(TypeError):
        open_card(AudioConfig())
    assert opened == {
        "input_device": None,
        "output_device": None,
        "rate_hz": 48_000,
        "block_ms": 10,
        "latency": "low",
    }
    open_card(AudioConfig(input_device="USB", output_device="HDMI", latency_ms=40))
    assert (opened["input_device"], opened["output_device"]) == ("USB", "HDMI")
    assert opened["latency"] == 0.04


@on_virtual_clock
async def test_without_a_card_it_opens_the_real_one(monkeypatch):
    def no_card(**_settings: Any) -> None:
        raise DeviceError("there is no sound card; plug one in")

    monkeypatch.setattr(portaudio, "PortAudioCard", no_card)
    with state_folder(settings()) as config, pytest.raises(DeviceError, match="no sound card"):
        async with Appliance(config):
            pass


@on_virtual_clock
async def test_an_engine_that_does_not_fit_is_said_before_anything_is_opened():
    steps: list[str] = []
    config = settings(asr={"type": "tests.scripted:SteadyTTS"})
    with state_folder(config) as own, pytest.raises(EngineError, match="does not fit"):
        async with Appliance(own, card=RoomCard(RoomScene()), progress=steps.append):
            pass
    assert steps == []
