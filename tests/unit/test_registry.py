"""Finding engines by name, module or file."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from xtalk_edge.engines import plugins, registry
from xtalk_edge.engines.enhancer.none import NoEnhancer
from xtalk_edge.errors import ConfigError, EngineError

NOT_XTALK_EDGE = """
class Offline:
    def __init__(self, word: str = "lamp", loudness: float = 1.0, count: int = 1, on: bool = True):
        self.word = word
        self.heard = []
    def recognize(self, audio):
        self.heard.append(len(audio))
        return self.word if audio else ""
    def reset(self): pass
    def clone(self): return Offline(self.word)

class Loud:
    def is_speech(self, frame): return frame != bytes(len(frame))

class Ears:
    def caption(self, audio): return "Rain."

class Pen:
    def rewrite(self, input): return input.upper()

class Half:
    def recognize(self, audio): return ""

class Broken:
    def __init__(self): raise RuntimeError("out of luck")
    def is_speech(self, frame): return False

class NeedsPackage:
    def __init__(self): import surely_not_installed_package.deep
    def is_speech(self, frame): return False

class Anything:
    def __init__(self, model, **others): self.others = others
    def is_speech(self, frame): return False

number = 3
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "plugin.py"
    path.write_text(NOT_XTALK_EDGE, encoding="utf-8")
    return str(path)


def refused(kind: type[Exception], slot: str, spec: str, **params: Any) -> str:
    with pytest.raises(kind) as caught:
        registry.create(slot, spec, params)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_every_built_in_name_is_listed() -> None:
    assert registry.names("vad") == ["pysilero", "sherpa", "silero"]
    assert registry.names("enhancer") == ["fastenhancer", "gtcrn", "none", "sherpa", "webrtc-ns"]
    assert "espeak" in registry.names("tts")
    assert "llama" in registry.names("agent")


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    sys.modules.pop("xtalk_edge.engines.echo.none", None)
    registry.names("echo")
    assert "xtalk_edge.engines.echo.none" not in sys.modules
    registry.create("echo", "none", {})
    assert "xtalk_edge.engines.echo.none" in sys.modules


def test_a_built_in_name_makes_an_engine() -> None:
    assert isinstance(registry.create("enhancer", "none", {}), NoEnhancer)


def test_an_unknown_slot_or_name_lists_what_there_is() -> None:
    assert "did you mean 'tts'" in refused(ConfigError, "ttss", "espeak")
    with pytest.raises(ConfigError, match="known are"):
        registry.names("nose")
    message = refused(ConfigError, "tts", "espek")
    assert "did you mean 'espeak'" in message
    assert "file.py:Class" in message
    assert "did you mean" not in refused(ConfigError, "tts", "qqq")


def test_an_unknown_setting_names_the_nearest() -> None:
    message = refused(ConfigError, "wake", "microwakeword", threshhold=0.5)
    assert message.startswith("wake.threshhold:")
    assert "did you mean 'threshold'" in message
    assert "no settings" in refused(ConfigError, "enhancer", "none", strength=1)


def test_a_setting_of_the_wrong_type_is_refused(plugin: str) -> None:
    spec = f"{plugin}:Offline"
    assert "text in quotes" in refused(ConfigError, "asr", spec, word=3)
    assert "a number" in refused(ConfigError, "asr", spec, loudness="high")
    assert "a number" in refused(ConfigError, "asr", spec, loudness=True)
    assert "a whole number" in refused(ConfigError, "asr", spec, count=1.5)
    assert "true or false" in refused(ConfigError, "asr", spec, on=1)
    registry.create("asr", spec, {"word": "x", "loudness": 1, "count": 2, "on": False})


def test_a_missing_setting_is_named_and_extra_ones_may_be_allowed(plugin: str) -> None:
    assert refused(ConfigError, "vad", f"{plugin}:Anything").startswith("vad.model:")
    engine = registry.create("vad", f"{plugin}:Anything", {"model": 1, "colour": 2})
    assert engine.others == {"colour": 2}


def test_a_registered_name_means_its_spec(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = {slot: dict(known) for slot, known in registry._SPECS.items()}
    monkeypatch.setattr(registry, "_SPECS", specs)
    registry.register("vad", "loud", f"{plugin}:Loud")
    assert "loud" in registry.names("vad")
    assert registry.create("vad", "loud", {}).is_speech(b"11")
    with pytest.raises(ConfigError, match="unknown slot"):
        registry.register("nose", "x", "a:B")


def test_a_detector_that_only_decides_gets_a_probability(plugin: str) -> None:
    detector = registry.create("vad", f"{plugin}:Loud", {})
    assert [detector.probability(b"\1\0"), detector.probability(b"\0\0")] == [1.0, 0.0]
    assert detector.frame_samples == 512
    detector.reset()


def test_an_offline_recogniser_becomes_a_streaming_one(plugin: str) -> None:
    recogniser = registry.create("asr", f"{plugin}:Offline", {"word": "lamp"})
    second = bytes(32_000)
    assert recogniser.recognize_stream(second[:-2]) == ""
    assert recogniser.recognize_stream(second) == "lamp"
    assert recogniser.recognize_stream(b"\0\0") == "lamp"
    assert recogniser.recognize_stream(b"", is_final=True) == "lamp"
    assert recogniser.heard == [63_998, 64_000]
    assert recogniser.recognize_stream(b"", is_final=True) == "lamp"
    assert recogniser.recognize_stream(bytes(320)) == ""
    assert recogniser.confidence() == 1.0
    assert recogniser.stream_chunk_bytes_hint() is None
    recogniser.close()


def test_reset_forgets_what_an_offline_recogniser_collected(plugin: str) -> None:
    recogniser = registry.create("asr", f"{plugin}:Offline", {})
    recogniser.recognize_stream(bytes(320))
    recogniser.reset()
    assert recogniser.recognize_stream(b"", is_final=True) == ""


def test_a_captioner_and_a_rewriter_fit_with_one_method_each(plugin: str) -> None:
    captioner = registry.create("captioner", f"{plugin}:Ears", {})
    assert list(captioner.caption_stream(b"")) == ["Rain."]
    captioner.close()
    rewriter = registry.create("thought_rewriter", f"{plugin}:Pen", {})
    rewriter.abort()
    assert rewriter.rewrite("rain") == "RAIN"


def test_the_same_file_is_loaded_once(plugin: str) -> None:
    assert registry.load_class(f"{plugin}:Loud") is registry.load_class(f"{plugin}:Loud")


def test_a_class_that_does_not_fit_says_what_it_lacks(plugin: str) -> None:
    assert "lacks reset, clone" in refused(EngineError, "asr", f"{plugin}:Half")
    spec = "xtalk_edge.engines.interfaces:TTS"
    assert "lacks clone, synthesize" in refused(EngineError, "tts", spec)


def test_an_engine_that_fails_to_start_says_why(plugin: str) -> None:
    assert "out of luck" in refused(EngineError, "vad", f"{plugin}:Broken")
    assert "wake.phrase" in refused(ConfigError, "wake", "microwakeword", phrase="open sesame")
    message = refused(EngineError, "vad", f"{plugin}:NeedsPackage")
    assert "pip install surely-not-installed-package" in message


def test_specs_that_lead_nowhere(plugin: str, tmp_path: Path) -> None:
    assert "must look like" in refused(ConfigError, "vad", "x:")
    assert "no file" in refused(ConfigError, "vad", f"{tmp_path}/none.py:X")
    assert "no module" in refused(ConfigError, "vad", "surely_not_there:X")
    assert "no module" in refused(ConfigError, "vad", "xtalk_edge.nothing:X")
    assert "did you mean 'Loud'" in refused(ConfigError, "vad", f"{plugin}:Laud")
    assert "no class number" in refused(ConfigError, "vad", f"{plugin}:number")


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        ("def f(:\n", ConfigError, r"bad\.py:1: "),
        ("import llama_cpp_missing.x\n", EngineError, "pip install llama-cpp-missing"),
        ("from sys import nonsense\n", EngineError, "nonsense"),
        ("1 / 0\n", EngineError, "ZeroDivisionError"),
    ],
)
def test_files_that_cannot_be_imported(
    tmp_path: Path, content: str, kind: type[Exception], message: str
) -> None:
    path = tmp_path / "bad.py"
    path.write_text(content, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(kind, match=message):
            registry.load_class(f"{path}:X")
    with pytest.raises(SystemExit):
        path.write_text("raise SystemExit(3)\n", encoding="utf-8")
        registry.load_class(f"{path}:X")


def test_modules_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "needs_llama_here.py").write_text("import piper_missing\n", encoding="utf-8")
    (tmp_path / "fails_here.py").write_text("1 / 0\n", encoding="utf-8")
    (tmp_path / "half_here.py").write_text("from sys import nonsense\n", encoding="utf-8")
    assert "pip install piper-missing" in refused(EngineError, "vad", "needs_llama_here:X")
    assert "ZeroDivisionError" in refused(EngineError, "vad", "fails_here:X")
    assert "nonsense" in refused(EngineError, "vad", "half_here:X")


def test_a_broken_package_asks_for_reinstallation(
    plugin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ImportError("libfoo.so.2: cannot open shared object file", name="foo")

    monkeypatch.setattr(registry.load_class(f"{plugin}:Loud"), "__init__", lambda self: fail())
    message = refused(EngineError, "vad", f"{plugin}:Loud")
    assert "libfoo.so.2" in message
    assert "reinstall" in message


def test_classes_without_a_signature_judge_for_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("hidden_signature_here")

    class Hidden(NoEnhancer):
        __signature__ = "none"

    vars(module)["Hidden"] = Hidden
    monkeypatch.setitem(sys.modules, "hidden_signature_here", module)
    monkeypatch.setattr("inspect.signature", lambda cls: _raise(ValueError("hidden")))
    assert isinstance(registry.create("enhancer", "hidden_signature_here:Hidden", {}), Hidden)
    assert "TypeError" in refused(EngineError, "enhancer", "hidden_signature_here:Hidden", x=1)


def _raise(error: Exception) -> None:
    raise error


def test_only_engines_that_hold_the_interpreter_get_a_process_by_default() -> None:
    assert registry.default_isolation("asr", "pocketsphinx") == "process"
    assert registry.default_isolation("captioner", "sherpa") == "process"
    assert registry.default_isolation("tts", "espeak") == "thread"


def test_installed_packages_bring_engines(monkeypatch: pytest.MonkeyPatch, plugin: str) -> None:
    points = [
        EntryPoint("vad.loud", f"{plugin}:Loud", plugins.GROUP),
        EntryPoint("nameless", "somewhere:Else", plugins.GROUP),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    plugins.installed.cache_clear()
    try:
        assert registry.of_packages("vad") == {"loud": f"{plugin}:Loud"}
        assert registry.create("vad", "loud", {}).probability(b"\1") == 1.0
        assert "did you mean 'loud'" in refused(ConfigError, "vad", "lout")
        assert registry.of_packages("asr") == {}
    finally:
        plugins.installed.cache_clear()
