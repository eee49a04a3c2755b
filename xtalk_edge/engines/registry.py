"""From a slot and a `type` in the settings to a running engine.

A `type` is a built-in name, one that an installed package brings, `"module:Class"` or
`"path/to/file.py:Class"`. Nothing is imported before it is asked for, so an engine nobody chose
costs nothing, not even its package.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from xtalk_edge.engines.foreign import SLOTS, completed, lacking
from xtalk_edge.engines.parameters import check_parameters, nearest, takes
from xtalk_edge.engines.plugins import installed
from xtalk_edge.errors import ConfigError, EdgeError, EngineError

_ENGINES = "xtalk_edge.engines"

_SPECS: dict[str, dict[str, str]] = {
    "asr": {
        "pocketsphinx": f"{_ENGINES}.asr.pocketsphinx:PocketSphinxASR",
        "sherpa": f"{_ENGINES}.asr.sherpa:SherpaASR",
        "sherpa-offline": f"{_ENGINES}.asr.sherpa_offline:SherpaOfflineASR",
        "sherpa-streaming": f"{_ENGINES}.asr.sherpa_streaming:SherpaStreamingASR",
        "xai": f"{_ENGINES}.asr.xai:XAIASR",
    },
    "tts": {
        "espeak": f"{_ENGINES}.tts.espeak:EspeakTTS",
        "piper": f"{_ENGINES}.tts.piper:PiperTTS",
        "sherpa": f"{_ENGINES}.tts.sherpa:SherpaTTS",
        "xai": f"{_ENGINES}.tts.xai:XAITTS",
    },
    "vad": {
        "silero": f"{_ENGINES}.vad.silero:SileroVAD",
        "pysilero": f"{_ENGINES}.vad.pysilero:PysileroVAD",
        "sherpa": f"{_ENGINES}.vad.sherpa:SherpaVAD",
    },
    "enhancer": {
        "fastenhancer": f"{_ENGINES}.enhancer.fastenhancer:FastEnhancer",
        "gtcrn": f"{_ENGINES}.enhancer.gtcrn:GTCRN",
        "sherpa": f"{_ENGINES}.enhancer.sherpa:SherpaEnhancer",
        "webrtc-ns": f"{_ENGINES}.enhancer.webrtc_ns:WebRTCNoiseSuppressor",
        "none": f"{_ENGINES}.enhancer.none:NoEnhancer",
    },
    "echo": {
        "webrtc": f"{_ENGINES}.echo.webrtc:WebRTCEchoCanceller",
        "speex": f"{_ENGINES}.echo.speex:SpeexEchoCanceller",
        "cascade": f"{_ENGINES}.echo.cascade:CascadeEchoCanceller",
        "none": f"{_ENGINES}.echo.none:NoEchoCanceller",
    },
    "stop_word": {
        "embedding": f"{_ENGINES}.stop_word.embedding:EmbeddingStopWord",
        "none": f"{_ENGINES}.stop_word.none:NoStopWord",
    },
    "wake": {
        "microwakeword": f"{_ENGINES}.wake.microwakeword:MicroWakeWordSpotter",
        "sherpa": f"{_ENGINES}.wake.sherpa:SherpaWakeWord",
    },
    "turn_detector": {
        "endings": f"{_ENGINES}.turn_detector.endings:EndingsTurnDetector",
        "none": f"{_ENGINES}.turn_detector.none:NoTurnDetector",
        "smart-turn": f"{_ENGINES}.turn_detector.smart_turn:SmartTurnDetector",
    },
    "punctuation": {
        "none": f"{_ENGINES}.punctuation.none:NoPunctuation",
        "sherpa": f"{_ENGINES}.punctuation.sherpa:SherpaPunctuation",
    },
    "speaker": {
        "none": f"{_ENGINES}.speaker.none:NoSpeakerEncoder",
        "sherpa": f"{_ENGINES}.speaker.sherpa:SherpaSpeakerEncoder",
    },
    "captioner": {
        "none": f"{_ENGINES}.captioner.none:NoCaptioner",
        "sherpa": f"{_ENGINES}.captioner.sherpa:SherpaCaptioner",
    },
    "caption_rewriter": {
        "llama": f"{_ENGINES}.rewriter.llama:LlamaCaptionRewriter",
        "none": f"{_ENGINES}.rewriter.none:NoRewriter",
    },
    "thought_rewriter": {
        "llama": f"{_ENGINES}.rewriter.llama:LlamaThoughtRewriter",
        "none": f"{_ENGINES}.rewriter.none:NoRewriter",
    },
    "speed": {
        "none": f"{_ENGINES}.speed.none:NoSpeedController",
        "sonic": f"{_ENGINES}.speed.sonic:SonicSpeedController",
    },
    "embeddings": {
        "llama": f"{_ENGINES}.embeddings.llama:LlamaEmbeddings",
        "none": f"{_ENGINES}.embeddings.none:NoEmbeddings",
    },
    "agent": {
        "llama": f"{_ENGINES}.agent.llama:LlamaAgent",
        "scripted": f"{_ENGINES}.agent.scripted:ScriptedAgent",
    },
}

_SEARCHED: dict[str, list[str]] = {}
"""Modules and files with classes that may be named without them, by slot."""

_PIP_NAMES = {"llama_cpp": "llama-cpp-python", "sherpa_onnx": "sherpa-onnx", "piper": "piper-tts",
              "pyopen_wakeword": "pyopen-wakeword"}  # fmt: skip
"""Packages whose import name does not tell what to install."""

_LONERS = frozenset({("asr", "pocketsphinx"), ("captioner", "sherpa"), ("vad", "pysilero")})
"""PocketSphinx keeps the interpreter for more than 5 ms at a time, and so does sherpa-onnx while it
takes in some seconds of sound at once (18 ms of five); pysilero's libraries and those of llama.cpp
have the same names and do not fit one another."""


def register(slot: str, name: str, spec: str) -> None:
    """Make `name` mean `spec` ("module:Class" or "file.py:Class") in the slot.

    Raises:
        ConfigError: there is no such slot.
    """
    _named(slot)[name] = spec


def register_search(slot: str, place: str, *, prepend: bool = True) -> None:
    """Look in a module, or a .py file, for classes that a `type` of the slot names.

    Args:
        slot: which.
        place: "package.module" or "path/to/file.py".
        prepend: whether it comes before what was registered earlier; all come before what is
            built in.

    Raises:
        ConfigError: there is no such slot.
    """
    _named(slot)
    places = _SEARCHED.setdefault(slot, [])
    places.insert(0 if prepend else len(places), place)


def slots() -> list[str]:
    """Return the slots an appliance has."""
    return list(_SPECS)


def names(slot: str) -> list[str]:
    """Return the names known for the slot, sorted.

    Raises:
        ConfigError: there is no such slot.
    """
    return sorted(_named(slot))


def of_packages(slot: str) -> dict[str, str]:
    """Return the engines of the slot that installed packages bring: "module:Class" by name."""
    return {name: spec for (of_slot, name), spec in installed().items() if of_slot == slot}


def default_isolation(slot: str, type: str) -> Literal["thread", "process"]:
    """Return where the engine should run unless the owner says otherwise."""
    return "process" if (slot, type) in _LONERS else "thread"


def create(slot: str, type: str, params: Mapping[str, Any]) -> Any:
    """Return a new engine of the slot; blocks while its model loads.

    Raises:
        ConfigError: the slot, type or a parameter is unknown, missing or not acceptable.
        EngineError: the class does not fit the slot, its package is missing, or it cannot start.
        ModelError: its model is missing or damaged.
    """
    cls = check(slot, type, params)
    try:
        return completed(slot, cls)(**params)
    except EdgeError:
        raise
    except ImportError as exc:
        raise _package_missing(f"{slot}: {type}", exc) from exc
    except Exception as exc:
        raise EngineError(
            f"{slot}: {type} could not start: {exc.__class__.__name__}: {exc}; "
            "check its settings and its model files"
        ) from exc


def check(slot: str, type: str, params: Mapping[str, Any]) -> type[Any]:
    """Return the class that fills the slot, once it and the settings' names are known to fit.

    Raises:
        ConfigError: the slot, type or a parameter is unknown, missing or not acceptable.
        EngineError: the class does not fit the slot, or its package is missing.
    """
    cls = _class(slot, type)
    missing = lacking(slot, cls)
    if missing:
        raise EngineError(
            f"{slot}: {type} does not fit this slot: it lacks {', '.join(missing)}; "
            f"derive it from xtalk_edge.engines.interfaces.{SLOTS[slot].base.__name__}"
        )
    check_parameters(slot, type, cls, params)
    return cls


def taken(slot: str, type: str, offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some settings that an engine takes; raises as `check`."""
    if not offered:
        return {}
    accepted = takes(_class(slot, type))
    return {name: value for name, value in offered.items() if accepted is None or name in accepted}


def load_class(spec: str) -> type[Any]:
    """Return the class named by "module:Class" or "path/to/file.py:Class".

    Raises:
        ConfigError: the module, file or class does not exist, or the file cannot be read.
        EngineError: a package it imports is missing, or it fails while being imported.
    """
    place, name, module = _load(spec)
    found = getattr(module, name, None)
    if not inspect.isclass(found):
        classes = [n for n, value in vars(module).items() if inspect.isclass(value)]
        raise ConfigError(f"{place} has no class {name}{nearest(name, classes)}")
    return found


def load_named(spec: str) -> Any:
    """Return whatever "module:name" or "path/to/file.py:name" names; raises as `load_class`."""
    place, name, module = _load(spec)
    if not hasattr(module, name):
        known = [each for each in vars(module) if not each.startswith("_")]
        raise ConfigError(f"{place} has no {name}{nearest(name, known)}")
    return getattr(module, name)


def _load(spec: str) -> tuple[str, str, ModuleType]:
    """Return what a spec says: the place, the name in it, and the module that is there."""
    place, _, name = spec.rpartition(":")
    if not place or not name:
        raise ConfigError(f"{spec!r} must look like 'module:Class' or 'path/to/file.py:Class'")
    return place, name, _load_place(place)


def _load_place(place: str) -> ModuleType:
    return _load_file(Path(place)) if place.endswith(".py") else _load_module(place)


def _class(slot: str, type: str) -> type[Any]:
    known = _named(slot)
    for place in _SEARCHED.get(slot, ()):
        found = getattr(_load_place(place), type, None)
        if inspect.isclass(found):
            return found
    if type not in known and ":" not in type:
        known = known | of_packages(slot)
    if type not in known and ":" not in type:
        raise ConfigError(
            f"{slot}.type: unknown type {type!r}{nearest(type, known)}; known are "
            f"{', '.join(sorted(known))}, or give your own as 'file.py:Class'"
        )
    return load_class(known.get(type, type))


def _named(slot: str) -> dict[str, str]:
    if slot not in _SPECS:
        raise ConfigError(
            f"unknown slot {slot!r}{nearest(slot, _SPECS)}; known are {', '.join(sorted(_SPECS))}"
        )
    return _SPECS[slot]


def _load_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is not None and (name == exc.name or name.startswith(exc.name + ".")):
            raise ConfigError(
                f"there is no module {name}; check its spelling, or install its package"
            ) from exc
        raise _package_missing(name, exc) from exc
    except Exception as exc:
        raise EngineError(f"{name} cannot be imported: {exc.__class__.__name__}: {exc}") from exc


def _load_file(path: Path) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise ConfigError(f"there is no file {path}; give the path of a Python file")
    # Two files of the same name in different folders must not replace one another.
    name = f"xtalk_edge_file_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as exc:
        del sys.modules[name]
        if isinstance(exc, SyntaxError):
            raise ConfigError(f"{exc.filename}:{exc.lineno}: {exc.msg}") from exc
        if isinstance(exc, ModuleNotFoundError):
            raise _package_missing(str(path), exc) from exc
        if isinstance(exc, Exception):
            raise EngineError(
                f"{path} cannot be imported: {exc.__class__.__name__}: {exc}"
            ) from exc
        raise
    return module


def _package_missing(what: str, exc: ImportError) -> EngineError:
    top = (exc.name or "").partition(".")[0]
    if not top or not isinstance(exc, ModuleNotFoundError):
        return EngineError(f"{what} cannot be imported: {exc}; reinstall its package")
    package = _PIP_NAMES.get(top, top.replace("_", "-"))
    return EngineError(f"{what} needs a package that is not installed: pip install {package}")
