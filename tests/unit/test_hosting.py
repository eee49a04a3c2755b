from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from tests.scripted import ScriptedAgent
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import (
    AgentConfig,
    AsrConfig,
    Config,
    EchoConfig,
    EngineConfig,
    TtsConfig,
    WakeConfig,
)
from xtalk_edge.engines.hosting import check, create, hosted, params_of
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.errors import ConfigError, EngineError

AGENT = AgentConfig("tests.scripted:ScriptedAgent", params={"replies": ["Hello."]})


@pytest.mark.parametrize("run", [run_virtual, asyncio.run], ids=["virtual", "real"])
def test_an_engine_is_closed_with_its_worker(run):
    async def scene():
        async with hosted("agent", AGENT) as home:
            assert isinstance(home.engine, ScriptedAgent)
            assert not home.engine.closed
            assert await home.worker.run(home.engine.history) == []
        assert home.engine.closed
        with pytest.raises(EngineError, match="closed"):
            await home.worker.run(home.engine.history)

    run(scene())


def test_an_engine_is_closed_after_a_failure_too():
    async def scene():
        with pytest.raises(RuntimeError, match="mine"):
            async with hosted("agent", AGENT) as home:
                raise RuntimeError("mine")
        assert home.engine.closed

    run_virtual(scene())


class ThreadTellingAgent(ScriptedAgent):
    """Tells on which thread it was made and closed."""

    def __init__(self) -> None:
        super().__init__([])
        self.made_on = threading.current_thread().name
        self.closed_on = ""

    def close(self) -> None:
        self.closed_on = threading.current_thread().name


def test_in_real_time_an_engine_lives_on_a_thread_of_its_own():
    async def scene():
        async with hosted("agent", AgentConfig(f"{__name__}:ThreadTellingAgent")) as home:
            pass
        assert home.engine.made_on.startswith("agent")
        assert home.engine.closed_on == home.engine.made_on

    asyncio.run(scene())


@pytest.mark.slow
def test_an_engine_may_live_in_a_process_of_its_own():
    async def scene():
        config = AsrConfig(
            "tests.scripted:ScriptedASR", isolation="process", params={"texts": ["hello"]}
        )
        async with hosted("asr", config) as home:
            assert isinstance(home.engine, IsolatedEngine)
            loud = b"\x00\x40" * 1600
            assert await home.worker.run(home.engine.recognize, loud) == "hello"

    asyncio.run(scene())


def test_an_engine_is_given_the_settings_of_the_slot_that_it_takes(tmp_path):
    config = WakeConfig(phrase="hey you", threshold=0.4, params={"model": "m.onnx"})
    microwakeword = {"phrase": "hey you", "threshold": 0.4, "refractory_s": 1.0}
    assert params_of("wake", config) == microwakeword | {"model": "m.onnx"}
    plain = tmp_path / "plain.py"
    plain.write_text(
        "class Plain:\n"
        "    phrase = ''\n"
        "    def __init__(self, phrase): self.phrase = phrase\n"
        "    def detect(self, audio): return None\n"
        "    def reset(self): pass\n"
    )
    config = replace(config, type=f"{plain}:Plain", params={})
    assert params_of("wake", config) == {"phrase": "hey you"}
    assert create("wake", config).phrase == "hey you"
    own = replace(config, params={"phrase": "mine"})
    assert params_of("wake", own) == {"phrase": "mine"}
    assert params_of("agent", AgentConfig("scripted", params={"word_s": 2.0})) == {"word_s": 2.0}


def test_a_wrong_setting_is_named_with_its_place():
    config = TtsConfig(
        "espeak", params={"speed_wpm": 9}, places={"speed_wpm": "edge.toml:12: tts.speed_wpm"}
    )
    with pytest.raises(ConfigError) as caught:
        create("tts", config)
    assert str(caught.value) == "edge.toml:12: tts.speed_wpm: must be from 80 to 450, got 9"


@pytest.mark.parametrize("isolation", ["thread", "process"])
@pytest.mark.slow
def test_an_unknown_setting_is_named_with_its_place(isolation):
    config = TtsConfig(
        "espeak",
        isolation=isolation,
        params={"sped_wpm": 9},
        places={"voice": "edge.toml:11: tts.voice", "sped_wpm": "edge.toml:12: tts.sped_wpm"},
    )
    with pytest.raises(ConfigError, match=r"^edge\.toml:12: tts\.sped_wpm: .*speed_wpm"):
        create("tts", config)


def test_a_problem_without_a_place_stays_as_it_is():
    with pytest.raises(ConfigError, match=r"^agent\.type: unknown type 'lama'"):
        create("agent", AgentConfig("lama"))


def test_engines_can_be_checked_without_loading_them():
    check(Config(agent=AGENT, echo=EchoConfig("none")))
    with pytest.raises(ConfigError, match="unknown type"):
        check(Config(echo=EchoConfig("nun")))
    wrong = EngineConfig("espeak", params={"x": 1}, places={"x": "edge.toml:3: tts.x"})
    with pytest.raises(ConfigError, match=r"^edge\.toml:3: tts\.x:"):
        check(Config(tts=TtsConfig("espeak", params=wrong.params, places=wrong.places)))
