"""Engines on a graphics processor, and what is done where there is none."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.unit.manager_parts import Log
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import AgentConfig, AsrConfig, Config, TtsConfig
from xtalk_edge.engines import graphics, hosting
from xtalk_edge.engines.graphics import checked_provider, is_there
from xtalk_edge.errors import ConfigError
from xtalk_edge.events import SpeechRequested
from xtalk_edge.managers.notice import NO_GRAPHICS, NoticeManager

LIBRARIES = ("sherpa-onnx", "onnxruntime", "llama.cpp")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a graphics card into the device."""
    monkeypatch.setattr(graphics, "_has_device", lambda: True)


@pytest.mark.parametrize("library", [*LIBRARIES, ""])
def test_the_usual_packages_compute_on_the_processor(library: str, card: None) -> None:
    assert not is_there(library)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_build_for_cuda_needs_a_device_too(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(graphics._BUILT, library, lambda: True)
    monkeypatch.setattr(graphics, "_has_device", lambda: False)
    assert not is_there(library)
    monkeypatch.setattr(graphics, "_has_device", lambda: True)
    assert is_there(library)
    assert checked_provider("asr", "cuda", library) == "cuda"


def test_sherpas_build_for_cuda_is_known_by_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: None
) -> None:
    (tmp_path / "sherpa_onnx/lib").mkdir(parents=True)
    (tmp_path / "sherpa_onnx/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "sherpa_onnx", raising=False)
    assert not is_there("sherpa-onnx")
    (tmp_path / "sherpa_onnx/lib/libonnxruntime_providers_cuda.so").touch()
    assert is_there("sherpa-onnx")


def test_what_cannot_be_had_is_told_and_done_otherwise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert checked_provider("tts", "cuda", "onnxruntime") == "cpu"
    assert "tts computes on the processor: onnxruntime cannot use" in caplog.text
    assert checked_provider("tts", "cpu", "onnxruntime") == "cpu"
    with pytest.raises(ConfigError, match=r'tts\.provider: must be "cpu" or "cuda"'):
        checked_provider("tts", "tpu", "onnxruntime")


WANTED = Config(
    asr=AsrConfig("sherpa", params={"model": "any", "provider": "cuda"}),
    tts=TtsConfig("piper", params={"model": "any", "provider": "cuda"}),
    agent=AgentConfig("llama", params={"gpu_layers": 20}),
)


@pytest.mark.parametrize(
    ("config", "slots"),
    [
        (Config(), []),
        (Config(agent=AgentConfig("llama", params={"gpu_layers": -1})), []),
        (WANTED, ["asr", "tts", "agent"]),
    ],
)
def test_the_owner_hears_of_it_once(config: Config, slots: list[str]) -> None:
    assert hosting.without_graphics(config) == slots

    async def scene() -> None:
        bus = EventBus()
        log = Log(bus)
        manager = NoticeManager(event_bus=bus, config=config)
        await manager.start()
        await bus.aclose()
        said = [each.text for each in log.all_of(SpeechRequested)]
        assert said == ([NO_GRAPHICS] if slots else [])

    run_virtual(scene())


def test_with_one_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch, card: None) -> None:
    for library in LIBRARIES:
        monkeypatch.setitem(graphics._BUILT, library, lambda: True)
    assert hosting.without_graphics(WANTED) == []
