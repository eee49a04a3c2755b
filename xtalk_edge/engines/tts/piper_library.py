"""What voices need of Piper's library, which makes phonemes, without its trap: it ends the process
where its data are missing."""

from __future__ import annotations

import importlib.util

from xtalk_edge.errors import EngineError


def check_installed(engine: str, need: str) -> None:
    """Return if the library is there; raises EngineError that says who needs it for what."""
    if importlib.util.find_spec("piper") is None:
        raise EngineError(f"tts {engine!r} needs {need}: pip install piper-tts")


def check_phonemizer() -> None:
    """Return if the library may be asked for phonemes; raises EngineError."""
    from piper.phonemize_espeak import ESPEAK_DATA_DIR

    if not ESPEAK_DATA_DIR.is_dir():
        raise EngineError(f"{ESPEAK_DATA_DIR} is missing; install piper-tts again")
