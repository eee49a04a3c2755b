"""Speech by Piper's voices: natural, some ten times faster than real time on a Raspberry Pi 5.

The library makes phonemes and numbers them; the network runs in a session of our own, which keeps
to one core and gives memory back. Long texts are made clause by clause, so that the first is heard
while the rest is made.
"""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.engines.interfaces import TTS, SpeechChunk, WordMark
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.tts.pieces import WORD, chunks, pause_after, pieces, speakable_text
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.models.shelf import named_file

PIECE_CHARACTERS = 120
"""Some 7 s of speech: half a second of work on a Raspberry Pi 5, and what a network must hold in
memory at a time."""

SLOWEST, FASTEST = 0.5, 2.0
"""Times the usual speed; beyond, voices swallow syllables or drawl."""

LOUDEST = 4.0

_INPUTS = {"input", "input_lengths", "scales"}
_KINDS = ("espeak", "text")
"""How a voice may want its text; others need libraries that download more at their first word."""

_CURE = "name a Piper voice (NAME.onnx, with NAME.onnx.json beside it), or fetch one again"


class PiperTTS(TTS):
    """One of Piper's voices; clones share its network.

    Args:
        model: a fetched voice's name, its folder, or its .onnx file.
        speaker: of a voice with several, a name or a number; "" is its first.
        speed: times its usual speed, 0.5 to 2.
        volume: times its usual loudness, 0 to 4; too much clips.

    Raises:
        ConfigError: a setting is out of range, or there is no such speaker.
        ModelError: the voice is missing, damaged, or of another kind.
        EngineError: piper-tts is not installed.
    """

    def __init__(
        self, model: str, speaker: str = "", speed: float = 1.0, volume: float = 1.0
    ) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise ConfigError(f"tts.speed: must be from {SLOWEST} to {FASTEST}, got {speed}")
        if not 0.0 <= volume <= LOUDEST:
            raise ConfigError(f"tts.volume: must be from 0 to {LOUDEST:g}, got {volume}")
        path = named_file(model, ".onnx")
        settings = Path(f"{path}.json")
        if importlib.util.find_spec("piper") is None:
            raise EngineError("tts 'piper' needs its library: pip install piper-tts")
        load_settings(settings)
        preflight(path, "onnx", f"{__name__}:check_model", others=[settings])
        self._voice = load_voice(path)
        self.sample_rate = int(self._voice.config.sample_rate)
        self._usual_speed = self._speed = speed
        self._volume = volume
        self._speaker = 0
        if speaker:
            try:
                self.set_voice([speaker])
            except ValueError as exc:
                raise ConfigError(f"tts.speaker: {exc}") from exc

    def synthesize(self, text: str) -> bytes:
        """Return the whole text as speech; b"" when nothing in it can be spoken."""
        return b"".join(chunk.pcm for chunk in self.synthesize_marked(text))

    def synthesize_stream(self, text: str, **_kwargs: Any) -> Iterable[bytes]:
        """Yield the speech in pieces of 60 ms, each clause as soon as it is made."""
        for chunk in self.synthesize_marked(text):
            yield chunk.pcm

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield the same, with the words that begin in each from voices that tell how long each
        phoneme lasts.
        """
        # Two brackets would begin phonemes in Piper's own alphabet.
        speakable = speakable_text(text).replace("[[", "  ")
        done_frames = 0
        for start, end in pieces(speakable, PIECE_CHARACTERS):
            pcm, marks = self._piece(speakable, start, end, done_frames)
            if pcm:
                pcm += pause_after(speakable[start:end], self.sample_rate)
                yield from chunks(pcm, marks, done_frames, self.sample_rate)
                done_frames += len(pcm) // 2

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
            speaker_id=self._speaker, length_scale=config.length_scale / self._speed
        )
        wave, lengths = self._voice.phoneme_ids_to_audio(
            self._voice.phonemes_to_ids(phonemes), style, include_alignments=True
        )
        loud = np.nan_to_num(np.atleast_1d(wave)) * (self._volume * 32767)
        return np.clip(np.rint(loud), -32768, 32767).astype("<i2"), lengths

    def set_voice(self, voice_names: list[str]) -> None:
        """Choose the speaker; the first name or number the voice has wins.

        Raises:
            ValueError: it has none of them.
        """
        config = self._voice.config
        for name in voice_names:
            number = config.speaker_id_map.get(name, int(name) if name.isdecimal() else -1)
            if 0 <= number < max(1, config.num_speakers):
                self._speaker = number
                return
        raise ValueError(f"this voice has none of these speakers: {', '.join(voice_names)}")

    def voices(self) -> dict[str, str]:
        """Return the speakers, the one in use first; none where there is only one."""
        names = {name: name for name in self._voice.config.speaker_id_map}
        numbers = self._voice.config.speaker_id_map
        used = {name: name for name in names if numbers[name] == self._speaker}
        return used | names if len(names) > 1 else {}

    def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as configured, as far as voices go."""
        self._speed = min(FASTEST, max(SLOWEST, self._usual_speed * factor))
        return True

    def clone(self) -> PiperTTS:
        """Return another voice with the same settings and network."""
        return copy.copy(self)


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


def load_voice(path: Path) -> Any:
    """Return a piper.PiperVoice on a session of our own; raises ModelError."""
    from piper.config import PiperConfig
    from piper.phonemize_espeak import ESPEAK_DATA_DIR
    from piper.voice import PiperVoice

    if not ESPEAK_DATA_DIR.is_dir():
        # Piper's library would end the process over it.
        raise EngineError(f"{ESPEAK_DATA_DIR} is missing; install piper-tts again")
    settings = load_settings(Path(f"{path}.json"))
    try:
        config = PiperConfig.from_dict(settings)
    except (KeyError, TypeError, ValueError) as exc:
        raise ModelError(f"{path}.json is damaged ({exc!r}); {_CURE}") from exc
    session = open_session(path)
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
