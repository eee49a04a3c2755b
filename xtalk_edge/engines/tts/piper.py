"""Speech by Piper's voices: natural, some ten times faster than real time on a Raspberry Pi 5.

The library makes phonemes and numbers them; the network runs in a session of our own, which keeps
to one core and gives memory back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import floats_to_samples
from xtalk_edge.engines.graphics import CPU, checked_provider
from xtalk_edge.engines.interfaces import WordMark
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.tts.manner import Manner
from xtalk_edge.engines.tts.pieces import WORD
from xtalk_edge.engines.tts.piecewise import PiecewiseTTS
from xtalk_edge.engines.tts.piper_library import check_installed, check_phonemizer
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_file

_INPUTS = {"input", "input_lengths", "scales"}
_KINDS = ("espeak", "text")
"""How a voice may want its text; others need libraries that download more at their first word."""

_CURE = "name a Piper voice (NAME.onnx, with NAME.onnx.json beside it), or fetch one again"


class PiperTTS(PiecewiseTTS):
    """One of Piper's voices; clones share its network.

    Args:
        model: a fetched voice's name, its folder, or its .onnx file.
        speaker: of a voice with several, a name or a number; "" is its first.
        speed: times its usual speed, 0.5 to 2.
        volume: times its usual loudness, 0 to 4; too much clips.
        provider: "cuda" computes on a graphics processor, where there is one.

    Raises:
        ConfigError: a setting is out of range, or there is no such speaker.
        ModelError: the voice is missing, damaged, or of another kind.
        EngineError: piper-tts is not installed.
    """

    computes_by = "onnxruntime"

    def __init__(
        self,
        model: str,
        speaker: str = "",
        speed: float = 1.0,
        volume: float = 1.0,
        provider: str = CPU,
    ) -> None:
        provider = checked_provider("tts", provider, self.computes_by)
        manner = Manner(speed, volume)
        path = named_file(model, ".onnx")
        settings = Path(f"{path}.json")
        check_installed("piper", "its library")
        load_settings(settings)
        preflight(path, "onnx", f"{__name__}:check_model", others=[settings])
        self._voice = load_voice(path, provider)
        config = self._voice.config
        super().__init__(manner, int(config.sample_rate))
        manner.know(config.speaker_id_map, config.num_speakers, speaker)

    def _piece(
        self, text: str, start: int, end: int, at_frame: int
    ) -> tuple[bytes, list[WordMark]]:
        sentences = [each for each in self._voice.phonemize(text[start:end]) if each]
        made, word_frames = [], list[int]()
        timed = True
        frames = 0
        for phonemes in sentences:
            samples, lengths = self._speak(phonemes)
            made.append(samples)
            timed = timed and lengths is not None
            if lengths is not None:
                starts = _word_starts(phonemes, lengths, self._voice.config.phoneme_id_map)
                word_frames += [frames + each for each in starts]
            frames += len(samples)
        words = [each.span() for each in WORD.finditer(text, start, end) if _is_spoken(each[0])]
        # Numbers and signs are spoken as several words; then nobody knows which is which.
        marked = timed and len(words) == len(word_frames)
        marks = [
            WordMark(first, last, at_frame + min(frame, frames - 1))
            for (first, last), frame in zip(words, word_frames, strict=False)
            if marked and frames
        ]
        return b"".join(each.tobytes() for each in made), marks

    def _speak(self, phonemes: list[str]) -> tuple[np.ndarray, np.ndarray | None]:
        """Return int16 samples, and how many of them each phoneme's number took if known."""
        from piper.config import SynthesisConfig

        config = self._voice.config
        style = SynthesisConfig(
            speaker_id=self._manner.speaker,
            length_scale=config.length_scale / self._manner.speed,
        )
        wave, lengths = self._voice.phoneme_ids_to_audio(
            self._voice.phonemes_to_ids(phonemes), style, include_alignments=True
        )
        return floats_to_samples(self._manner.volume * np.atleast_1d(wave)), lengths


def load_settings(path: Path) -> dict[str, Any]:
    """Return a voice's settings; raises ModelError where they are missing or of no use."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        kind = settings.get("phoneme_type", "espeak")
        rate_hz, symbols = settings["audio"]["sample_rate"], settings["phoneme_id_map"]
        usable = (
            isinstance(rate_hz, int) and 8_000 <= rate_hz <= 48_000 and isinstance(symbols, dict)
        )
    except FileNotFoundError as exc:
        raise ModelError(f"{path} is missing; {_CURE}") from exc
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelError(f"{path} is damaged ({exc}); {_CURE}") from exc
    if not usable or not {"_", "^", "$"} <= symbols.keys():
        raise ModelError(f"{path} describes no voice; {_CURE}")
    if kind not in _KINDS:
        raise ModelError(f"{path}: voices for {kind} are not supported; choose another one")
    return dict(settings)


def load_voice(path: Path, provider: str = CPU) -> Any:
    """Return a piper.PiperVoice on a session of our own; raises ModelError."""
    from piper.config import PiperConfig
    from piper.voice import PiperVoice

    check_phonemizer()
    settings = load_settings(Path(f"{path}.json"))
    try:
        config = PiperConfig.from_dict(settings)
    except (KeyError, TypeError, ValueError) as exc:
        raise ModelError(f"{path}.json is damaged ({exc!r}); {_CURE}") from exc
    session = open_session(path, provider)
    names = {each.name for each in session.get_inputs()}
    wanted = _INPUTS | ({"sid"} if config.num_speakers > 1 else set())
    if names != wanted:
        raise ModelError(f"{path} is no voice of Piper's; {_CURE}")
    return PiperVoice(session=session, config=config)


def check_model(path: str) -> None:
    """Load the voice and let it speak: for `preflight`."""
    voice = load_voice(Path(path))
    for phonemes in voice.phonemize("One, two, three."):
        voice.phoneme_ids_to_audio(voice.phonemes_to_ids(phonemes))


def _is_spoken(word: str) -> bool:
    return any(character.isalnum() for character in word)


def _word_starts(
    phonemes: Sequence[str], lengths: np.ndarray, numbers: dict[str, Sequence[int]]
) -> list[int]:
    """Return the frame at which each word begins; blanks part them.

    Each phoneme is followed by a pad, and all are preceded by the mark of a beginning.
    """
    pad = len(numbers["_"])
    ends = np.concatenate(([0], np.cumsum(lengths))).astype(int)
    at = len(numbers["^"]) + pad
    starts, between = list[int](), True
    for phoneme in phonemes:
        if phoneme == " ":
            between = True
        elif between and phoneme.isalpha():
            starts.append(int(ends[min(at, len(ends) - 1)]))
            between = False
        if phoneme in numbers:
            at += len(numbers[phoneme]) + pad
    return starts
