"""Changed settings are put in force, or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from tests.unit.manager_parts import Log
from xtalk_edge.bus import EventBus
from xtalk_edge.config.engine import EngineConfig
from xtalk_edge.config.load import load_table
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.events import SettingsReloaded
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.reloading import ReloadManager


@dataclass
class Around:
    """What the manager acts upon, and remembers."""

    deeds: list[str] = field(default_factory=list)
    fails: Exception | None = None

    async def put(self, slot: str, engine: EngineConfig) -> None:
        if self.fails is not None:
            raise self.fails
        self.deeds.append(f"put {slot} {engine.params}")

    def rehearse(self, config: Config, changed: tuple[str, ...]) -> None:
        if self.fails is not None:
            raise self.fails
        self.deeds.append(f"rehearse {', '.join(changed)}")

    def restart(self) -> None:
        self.deeds.append("restart")


def reload(
    around: Around, *reads: Callable[[], Config]
) -> tuple[list[SettingsReloaded], list[Config]]:
    """Reload for each of `reads`; return what came of it, and what is in force each time."""

    async def run() -> tuple[list[SettingsReloaded], list[Config]]:
        bus = EventBus()
        log, managers, config = Log(bus), list[Manager](), Config()
        other = Manager(event_bus=bus, config=config)
        manager = ReloadManager(
            event_bus=bus, config=config, managers=managers, switching=around,
            restart=around.restart, rehearse=around.rehearse,
        )  # fmt: skip
        managers += [manager, other]
        told, in_force = [], []
        for read in reads:
            told.append(await manager.reload(read))
            assert manager.config is other.config
            in_force.append(other.config)
        await manager.shutdown()
        await bus.aclose()
        assert log.all_of(SettingsReloaded) == told
        return told, in_force

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    before = logging.getLogger().level
    yield
    logging.getLogger().setLevel(before)


def test_what_can_change_in_place_does_so_for_everybody() -> None:
    new = load_table({"turn": {"silence_ms": 700}, "log": {"level": "ERROR"}})
    [told], [config] = reload(Around(), lambda: new)
    assert config == new
    assert told.sentence == "turn.silence_ms and log.level changed."
    assert told.changed == ("turn.silence_ms", "log.level")
    assert not told.restarts
    assert logging.getLogger().level == logging.ERROR


def test_wrong_settings_change_nothing_and_the_next_ones_count() -> None:
    def wrong() -> Config:
        raise ConfigError("edge.toml:4: audio.rate_hz: must be at least 8000, got 4000")

    good = load_table({"turn": {"silence_ms": 700}})
    (first, second), (kept, config) = reload(Around(), wrong, lambda: good)
    assert kept == Config()
    assert first.problem == "edge.toml:4: audio.rate_hz: must be at least 8000, got 4000"
    assert first.sentence == f"The settings stay as they were: {first.problem}"
    assert config == good
    assert not second.problem


def test_the_same_settings_are_told_so() -> None:
    [told], _ = reload(Around(), Config)
    assert told.sentence == "Nothing changed in the settings."


def test_a_voice_is_exchanged() -> None:
    around, new = Around(), load_table({"tts": {"voice": "en-gb"}})
    [told], [config] = reload(around, lambda: new)
    assert around.deeds == ["put tts {'voice': 'en-gb'}"]
    assert config == new
    assert told.sentence == "The tts engine was exchanged for tts.voice."


def test_a_voice_that_cannot_be_had_stays_and_is_tried_again() -> None:
    around = Around(fails=EngineError("the voice is unknown"))
    new = load_table({"tts": {"voice": "nobody"}, "turn": {"silence_ms": 700}})
    (first, _), (kept, _) = reload(around, lambda: new, lambda: new)
    assert kept.tts == Config().tts
    assert kept.turn == new.turn
    assert first.problem == "the voice is unknown"
    assert first.changed == ("turn.silence_ms",)
    assert "tts.voice stays as it was: the voice is unknown." in first.sentence


def test_what_takes_a_restart_is_tried_before_anything_is_touched() -> None:
    around = Around()
    new = load_table({"audio": {"ring_s": 20.0}, "turn": {"silence_ms": 700}})
    [told], [config] = reload(around, lambda: new)
    assert around.deeds == ["rehearse audio.ring_s", "restart"]
    assert config == replace(Config(), turn=new.turn)
    assert told.restarts
    assert told.sentence == (
        "turn.silence_ms changed. audio.ring_s takes a restart, at the next pause."
    )


def test_a_start_that_would_fail_is_not_tried_for_real() -> None:
    around = Around(fails=ModelError("asr: there is no model x; pull it"))
    new = load_table({"asr": {"type": "sherpa", "model": "x"}, "turn": {"silence_ms": 700}})
    [told], [config] = reload(around, lambda: new)
    assert around.deeds == []
    assert config == Config()
    assert not told.restarts
    assert told.problem == "asr: there is no model x; pull it"


def test_many_settings_are_counted() -> None:
    turn = {"silence_ms": 700, "verify_ms": 1, "hold_ms": 1, "pre_roll_ms": 1, "max_turn_s": 9.0}
    [told], _ = reload(Around(), lambda: load_table({"turn": turn}))
    assert told.sentence.endswith("and 1 more changed.")
