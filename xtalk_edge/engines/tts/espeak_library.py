"""espeak-ng as a C library: shared by all voices, because all its state is global.

Whoever speaks holds the lock for one text and sets voice and pace before it. Only `EspeakLibrary`
touches ctypes; its callback copies and never raises.

What the library has said before sways by a few milliseconds how it says the next thing. What is to
be repeated exactly therefore begins with a library of its own: see `begin_anew`.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import espeakng_loader

from xtalk_edge.errors import EngineError

_SYNCHRONOUS = 2
_BUFFER_MS = 60
# Without it, espeak ends the whole process when its data folder is missing.
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_RATE, _VOLUME, _PITCH = 1, 2, 3
_EVENT_END, _EVENT_WORD = 0, 1


class _EventId(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class EspeakStyle:
    """How to speak."""

    voice: str
    """A name that `EspeakLibrary.voice_named` returned."""
    speed_wpm: int
    pitch: int
    """0 to 99."""
    volume: int
    """Percent of espeak's usual loudness, 0 to 200."""


class EspeakLibrary:
    """The library loaded from a file; get the one that all share from `espeak_library()`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._spoken = _Spoken()
        # Kept here because the library calls it long after this method returned.
        self._callback = _Callback(self._spoken.take)
        data = Path(espeakng_loader.get_data_path())
        # CDLL, unlike PyDLL, lets other threads run during a call.
        self._c = _declared(ctypes.CDLL(str(path)))
        folder = str(data.parent).encode()
        self.sample_rate = int(
            self._c.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, folder, _DONT_EXIT)
        )
        """Hertz."""
        if self.sample_rate <= 0:
            raise EngineError(
                f"espeak-ng cannot use its data in {data}; reinstall it: "
                "pip install --force-reinstall espeakng-loader"
            )
        # At the program's end somebody may still be speaking.
        weakref.finalize(self, _unload, self._c).atexit = False
        self._c.espeak_SetSynthCallback(self._callback)
        self._variants = {path.name.lower(): path.name for path in (data / "voices/!v").iterdir()}
        self._voices = self._list_voices()

    def _list_voices(self) -> dict[str, str]:
        """Return the voice file of every language and voice name, in lower case."""
        found: dict[str, str] = {}
        listed = self._c.espeak_ListVoices(None)
        index = 0
        while listed[index]:
            voice = listed[index].contents
            identifier = voice.identifier.decode()
            # One priority byte stands before the first language.
            language = voice.languages[1:].decode()
            for name in (language, voice.name.decode(), identifier, Path(identifier).name):
                found.setdefault(name.strip().lower(), identifier)
            index += 1
        return found

    def voice_named(self, name: str) -> str | None:
        """Return what to call the voice ("en-us", "en-gb+f3", ...), or None if there is none."""
        base, plus, variant = name.strip().lower().partition("+")
        identifier = self._voices.get(base.replace("_", "-")) or self._voices.get(base)
        if identifier is None or (plus and variant not in self._variants):
            return None
        # The library takes an unknown variant without a word and speaks in the plain voice.
        return f"{identifier}+{self._variants[variant]}" if plus else identifier

    def languages(self) -> list[str]:
        """Return every name `voice_named` knows, without variants, sorted."""
        return sorted(self._voices)

    def speak(self, text: str, style: EspeakStyle) -> tuple[bytes, list[tuple[int, int]]]:
        """Return PCM without a closing pause, and (character index, frame) of each word begun.

        Blocks about a thousandth of the time the speech will last.

        Raises:
            EngineError: the library refused the voice or the text.
        """
        with self._lock:
            self._spoken.clear()
            failed = self._c.espeak_SetVoiceByName(style.voice.encode())
            for parameter, value in (
                (_RATE, style.speed_wpm),
                (_PITCH, style.pitch),
                (_VOLUME, style.volume),
            ):
                failed = failed or self._c.espeak_SetParameter(parameter, value, 0)
            encoded = text.encode()
            failed = failed or self._c.espeak_Synth(
                encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
            )
            if failed:
                raise EngineError(
                    f"espeak-ng refused to speak with voice {style.voice} (error {failed}); "
                    "choose another voice"
                )
            return bytes(self._spoken.pcm), list(self._spoken.words)


class _Spoken:
    """What the library has said of the text at hand."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.words: list[tuple[int, int]] = []
        """Character index and frame of each word begun."""

    def clear(self) -> None:
        self.pcm.clear()
        self.words.clear()

    def take(self, wave: Any, samples: int, events: Any) -> int:
        """Take the next piece; called by the library."""
        index = 0
        while events[index].type != _EVENT_END:
            event = events[index]
            if event.type == _EVENT_WORD:
                # The library counts characters from 1.
                self.words.append((event.text_position - 1, event.sample))
            index += 1
        if wave and samples > 0:
            self.pcm += ctypes.string_at(wave, 2 * samples)
        return 0


_loading = threading.Lock()
_anew = False


def espeak_library() -> EspeakLibrary:
    """Return the library that all share, loading it on first use (15 ms).

    Raises:
        EngineError: its data is missing.
    """
    with _loading:
        return _loaded()


def begin_anew() -> None:
    """Let voices that are made from now on speak as those of a new process do.

    Those that exist already keep their library, which is unloaded with the last of them.
    """
    global _anew
    with _loading:
        _anew = _anew or _loaded.cache_info().currsize > 0
        _loaded.cache_clear()


@functools.cache
def _loaded() -> EspeakLibrary:
    path = Path(espeakng_loader.get_library_path())
    if not _anew:
        return EspeakLibrary(path)
    # The linker takes the same file for the same library: a copy has a state of its own.
    with tempfile.TemporaryDirectory() as folder:
        return EspeakLibrary(Path(shutil.copy(path, folder)))


def _unload(c: ctypes.CDLL) -> None:
    c.espeak_Terminate()
    linker = ctypes.CDLL(None)
    linker.dlclose.argtypes = [ctypes.c_void_p]
    linker.dlclose(c._handle)


def _declared(c: ctypes.CDLL) -> ctypes.CDLL:
    """Tell ctypes the functions' types; on 64 bits it would cut pointers to int otherwise."""
    c.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    c.espeak_SetSynthCallback.argtypes = [_Callback]
    c.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    c.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
    c.espeak_ListVoices.argtypes = [ctypes.c_void_p]
    c.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    c.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.POINTER(ctypes.c_uint),
        ctypes.c_void_p,
    ]
    return c
