"""What somebody does on the page is done, and the hardware's switch is stronger."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.unit.manager_parts import Log, plain_capture, turns_of_the_loop
from xtalk_edge.audio.format import samples_to_pcm
from xtalk_edge.audio.page_card import PageCard
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.page import PageConfig
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import AudioConfig, Config, TurnConfig
from xtalk_edge.errors import ConfigError
from xtalk_edge.events import (
    AudioGap,
    ButtonPressed,
    ButtonReleased,
    ErrorOccurred,
    MicrophoneMuted,
    ModelSwitched,
    PageOpened,
    SpeechRequested,
    StopWordDetected,
    TextTyped,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.page_lookups import Lookups
from xtalk_edge.managers.page_opening import open_page
from xtalk_edge.managers.ringing import RingingManager
from xtalk_edge.net.border import BORDER
from xtalk_edge.store.alarms import AlarmRule
from xtalk_edge.tools.device.owners_border import OwnersBorder, open_border
from xtalk_edge.tools.household import open_bell
from xtalk_edge.tools.timekeeping.bell import Bell


class Volume:
    percent = 70

    def get_percent(self) -> int:
        return self.percent

    def set_percent(self, percent: int) -> None:
        self.percent = percent


@contextlib.contextmanager
def household(folder: Path) -> Iterator[tuple[Config, Bell, OwnersBorder]]:
    config = Config(store=StoreConfig(state_dir=str(folder)), turn=TurnConfig(button="hold"))
    with open_bell(config) as bell, open_border(config) as border:
        yield config, bell, border


class Bench:
    """A page manager with a page that is open, and what comes of it."""

    def __init__(self, config: Config, bell: Bell, border: OwnersBorder, card: Any) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.volume = Volume()
        self.bell = bell
        self.capture: CaptureManager = plain_capture(self.bus, card, config)
        ringing = RingingManager(event_bus=self.bus, config=config, finished=lambda ring: None)
        button = ButtonManager(
            event_bus=self.bus, config=config, capture=self.capture, ringing=ringing
        )
        self.managers: list[Manager] = open_page(
            config, self.bus, self.capture, button, self.volume, bell, border
        )
        for manager in (button, *self.managers):
            self.bus.register(manager)
        self.known: dict[str, Any] = {}
        self.troubles: list[str] = []
        self.played = b""

    async def start(self) -> None:
        for manager in self.managers:
            await manager.start()
        await self.capture.start()
        await turns_of_the_loop(10)

    async def visit(self) -> ClientConnection:
        (opened,) = self.log.all_of(PageOpened)
        line = await connect(f"{opened.url.replace('http', 'ws')}ws", compression=None)
        await line.send('{"do": "hello"}')
        return line

    async def shows(self, line: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Take in what the page is told until it shows something."""
        async with asyncio.timeout(20):
            while not wanted(self.known):
                await self.take_in(line)

    async def take_in(self, line: ClientConnection) -> None:
        message = await line.recv()
        if isinstance(message, bytes):
            self.played += message
            return
        told = json.loads(message)
        self.troubles += [told["trouble"]] if "trouble" in told else []
        self.known.update(told)

    async def happens(self, kind: Any, count: int = 1) -> Any:
        """Return the event once it happened so often."""
        async with asyncio.timeout(20):
            while len(self.log.all_of(kind)) < count:
                await self.capture.advance()
        return self.log.all_of(kind)[count - 1]

    async def aclose(self) -> None:
        for manager in (self.capture, *self.managers):
            await manager.shutdown()
        await self.bus.aclose()


@contextlib.asynccontextmanager
async def bench(folder: Path, *, card: Any = None, **page: Any) -> AsyncIterator[Bench]:
    with household(folder) as (config, bell, border):
        settings = {"listen": "127.0.0.1:0", **page}
        made = Bench(replace(config, page=PageConfig(**settings)), bell, border, card)
        await made.start()
        try:
            yield made
        finally:
            await made.aclose()


def test_what_is_asked_on_the_page_is_done(tmp_path: Path) -> None:
    async def run() -> None:
        async with bench(tmp_path) as made:
            line = await made.visit()
            await made.shows(line, lambda known: known.get("volume") == 70)
            for message in (
                '{"do": "ask", "text": "what time is it"}',
                '{"do": "say", "text": "Dinner is ready."}',
                '{"do": "stop"}',
                '{"do": "press"}',
                '{"do": "release"}',
                '{"do": "volume", "percent": 30}',
            ):
                await line.send(message)
            await made.shows(line, lambda known: known.get("volume") == 30)
            assert (await made.happens(TextTyped)).text == "what time is it"
            assert (await made.happens(SpeechRequested)).text == "Dinner is ready."
            await made.happens(StopWordDetected)
            await made.happens(ButtonPressed)
            await made.happens(ButtonReleased)
            assert made.volume.percent == 30
            assert made.troubles == []
            await line.close()

    asyncio.run(run())


def test_muted_levels_are_zero_and_the_switch_cannot_be_undone(tmp_path: Path) -> None:
    async def run() -> None:
        async with bench(tmp_path) as made:
            line = await made.visit()
            await line.send('{"do": "mute", "on": true}')
            await made.shows(line, lambda known: known.get("muted") == ["command"])
            assert made.capture.muted
            loud = np.full(3_200, 9_000, np.int16)
            for ring in (made.capture.rings.raw, made.capture.rings.clean):
                ring.write(loud)
            made.known.pop("levels", None)
            second = await made.visit()
            await made.shows(second, lambda known: "levels" in known)
            assert made.known["levels"]["raw"] == made.known["levels"]["clean"] == -120
            made.capture.mute(True, "switch")
            await line.send('{"do": "mute", "on": false}')
            await made.shows(line, lambda known: known.get("muted") == ["switch"])
            while not made.troubles:
                await made.take_in(line)
            assert "stays muted by the switch" in made.troubles[0]
            assert made.capture.muted
            assert len(made.log.all_of(MicrophoneMuted)) == 1
            made.capture.mute(False, "switch")
            await made.shows(line, lambda known: known.get("muted") == [])
            await line.close()
            await second.close()

    asyncio.run(run())


def test_a_page_can_be_microphone_and_loudspeaker_and_another_can_take_over(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        card = PageCard()
        async with bench(tmp_path, card=card) as made:
            first = await made.visit()
            await made.shows(first, lambda known: known.get("sound") is not None)
            assert made.known["sound"] == {"here": True, "taken": False}
            loud = samples_to_pcm(np.full(320, 9_000, np.int16))
            await first.send(loud)  # nobody asked for it
            await first.send('{"do": "sound", "on": true}')
            await made.shows(first, lambda known: known.get("mine") is True)
            await first.send('{"do": "press"}')
            for _ in range(10):
                await first.send(loud)
            await first.send(b"")
            await first.send('{"do": "release"}')
            released = await made.happens(ButtonReleased)
            raw, _ = made.capture.rings.raw.slice(0, made.capture.head)
            spoken = np.flatnonzero(raw)
            # All that was sent was heard before the button counts as let go.
            assert len(spoken) == 3_200
            assert spoken[-1] <= released.at_sample + 1_600
            card.core.write(np.full(1_600, 5_000, np.int16))
            async with asyncio.timeout(20):
                while np.count_nonzero(np.frombuffer(made.played, np.int16)) < 1_600:
                    await made.take_in(first)
            second = await made.visit()
            await second.send('{"do": "sound", "on": true}')
            await made.shows(first, lambda known: known.get("mine") is False)
            await made.shows(second, lambda known: known.get("mine") is True)
            await second.close()
            await made.shows(first, lambda known: known["sound"]["taken"] is False)
            await first.send('{"do": "sound", "on": true}')
            await made.shows(first, lambda known: known.get("mine") is True)
            await first.send('{"do": "sound", "on": false}')
            await made.shows(first, lambda known: known.get("mine") is False)
            await first.close()

    asyncio.run(run())


def test_sound_that_comes_late_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with bench(tmp_path, card=PageCard()) as made:
            line = await made.visit()
            await line.send('{"do": "sound", "on": true}')
            loud = samples_to_pcm(np.full(1_600, 9_000, np.int16))
            await line.send(loud)
            await made.shows(line, lambda known: known.get("mine") is True)
            async with asyncio.timeout(20):
                while made.capture.card.core.counters().blocks == 0:
                    await made.capture.advance()
                head = made.capture.head
                while made.capture.head < head + 8_000:
                    await made.capture.advance()
            # What is heard of it waits until twice as much as before is there.
            for _ in range(3):
                await line.send(loud)
            gap = await made.happens(AudioGap)
            # A busy machine may have let more time pass than was meant.
            assert gap.reason in ("the page's sound came late", "the page fell silent")
            assert gap.samples > 0
            await line.close()

    asyncio.run(run())


def test_a_page_of_a_device_with_a_card_of_its_own_cannot_be_one(tmp_path: Path) -> None:
    async def run() -> None:
        async with bench(tmp_path) as made:
            line = await made.visit()
            await line.send('{"do": "sound", "on": true}')
            await line.send(b"\1\1")
            async with asyncio.timeout(20):
                while not made.troubles:
                    await made.take_in(line)
            assert "sound card of its own" in made.troubles[0]
            await line.close()

    asyncio.run(run())


def test_timers_engines_load_and_what_left_are_shown(tmp_path: Path) -> None:
    async def run() -> None:
        async with bench(tmp_path) as made:
            made.bell.timers.add(600.0, "pasta")
            rule = AlarmRule(7, 30, "weekdays", made.bell.alarms.now().date())
            made.bell.alarms.add(rule, "work")
            BORDER.send("api.example.org", "text", 1_234)
            line = await made.visit()
            await made.shows(line, lambda known: len(known.get("timers", [])) == 2)
            timer, alarm = made.known["timers"]
            assert (timer["title"], timer["of"]) == ("pasta timer", 600.0)
            assert (alarm["title"], alarm["at"], alarm["repeat"]) == ("work", "07:30", "weekdays")
            await made.shows(line, lambda known: bool(known.get("egress")))
            assert made.known["egress"]["sent"] == [
                {"host": "api.example.org", "kind": "text", "bytes": 1_234}
            ]
            engines = {each["slot"]: each for each in made.known["engines"]}
            assert engines["vad"]["where"] == "ear"
            assert engines["asr"]["runs"] == "process"
            assert "punctuation" not in engines
            switched = ModelSwitched(slot="tts", model_type="piper", name="", load_s=1.0, wait_s=0)
            made.bus.publish(switched)
            await made.shows(
                line,
                lambda known: {"piper"} <= {each["type"] for each in known["engines"]},
            )
            await made.shows(line, lambda known: "load" in known)
            assert made.known["load"]["memory_mb"] > 10
            assert {"loop", "ear"} <= set(made.known["load"]["percent"])
            await line.close()

    asyncio.run(run())


def test_without_a_page_nothing_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    for name in ("levels", "timers", "egress", "load"):
        monkeypatch.setattr(Lookups, name, lambda self, name=name: looked.append(name))

    async def run() -> None:
        async with bench(tmp_path) as made:
            head = made.capture.head
            async with asyncio.timeout(20):
                while made.capture.head < head + 8_000:
                    await made.capture.advance()

    asyncio.run(run())
    assert looked == []


def test_a_taken_port_is_one_sentence_and_the_device_goes_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with bench(tmp_path / "one") as first:
            (opened,) = first.log.all_of(PageOpened)
            where = opened.url.removeprefix("http://").rstrip("/")
            async with bench(tmp_path / "two", listen=where) as second:
                (error,) = second.log.all_of(ErrorOccurred)
                assert "another program has it" in error.error_message
                assert second.log.all_of(PageOpened) == []
                await second.capture.advance()

    asyncio.run(run())


def opened_with(
    tmp_path: Path, *, virtual: bool = False, card: str = "portaudio", **page: Any
) -> int:
    """Return how many managers are opened with these settings."""

    async def run() -> int:
        with household(tmp_path) as (config, bell, border):
            own = replace(config, page=PageConfig(**page), audio=AudioConfig(card=card))  # type: ignore[arg-type]
            bus = EventBus()
            capture = plain_capture(bus)
            button: Any = None
            return len(open_page(own, bus, capture, button, Volume(), bell, border))

    return (run_virtual if virtual else asyncio.run)(run())


def test_there_is_a_page_only_where_one_is_wanted(tmp_path: Path) -> None:
    assert opened_with(tmp_path) == 0
    assert opened_with(tmp_path, listen="127.0.0.1:0") == 1
    assert opened_with(tmp_path, card="page") == 1
    assert opened_with(tmp_path, listen="127.0.0.1:0", virtual=True) == 0


@pytest.mark.parametrize("listen", ["0.0.0.0:8380", "[::]:8380", "192.168.1.7:8380", "kitchen:1"])
def test_others_may_reach_it_only_with_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listen: str
) -> None:
    with pytest.raises(ConfigError, match=r"page\.token: whoever reaches .* say where a token"):
        opened_with(tmp_path, listen=listen)
    monkeypatch.setenv("PAGE_TOKEN", "xyzzy")
    assert opened_with(tmp_path, listen=listen, token="env:PAGE_TOKEN") == 1
    with pytest.raises(ConfigError, match=r"page\.token: say where the secret is kept"):
        opened_with(tmp_path, listen=listen, token="xyzzy")
