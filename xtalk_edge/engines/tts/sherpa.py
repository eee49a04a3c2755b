"""Speech by sherpa-onnx: voices of VITS, Matcha, Kokoro and Kitten.

Since its version 2 the library makes no phonemes of its own. Voices that were taught espeak-ng's
get them from Piper's library; others read the words of their lexicon, or letters.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import floats_to_samples, samples_to_pcm
from xtalk_edge.engines.graphics import CPU, checked_provider
from xtalk_edge.engines.interfaces import WordMark
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import checked_threads, loading, sherpa_version
from xtalk_edge.engines.tts.manner import Manner
from xtalk_edge.engines.tts.piecewise import PiecewiseTTS
from xtalk_edge.engines.tts.piper_library import check_installed, check_phonemizer
from xtalk_edge.engines.tts.sherpa_voices import SherpaVoice, inspect_voice
from xtalk_edge.models.shelf import named_path

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Written without blanks; of such words a lexicon knows more than espeak-ng."""

MOST_PHONEMES = 350
"""At a time. Kitten takes 400 and Kokoro 510, and sherpa-onnx ends the process over more; 120
characters of figures are read as a thousand."""


class SherpaTTS(PiecewiseTTS):
    """One of sherpa-onnx's voices; clones share its network.

    Args:
        model: a fetched voice's name, its folder, or its network.
        speaker: of a voice with several, a name or a number; "" is its first.
        speed: times its usual speed, 0.5 to 2.
        volume: times its usual loudness, 0 to 4; too much clips.
        threads: processor cores to use.
        provider: "cuda" computes on a graphics processor, where there is one.

    Raises:
        ConfigError: a setting is out of range, or there is no such speaker.
        ModelError: the voice is missing, damaged, or of another kind.
        EngineError: sherpa-onnx is not installed, or piper-tts for a voice that needs phonemes.
    """

    computes_by = "sherpa-onnx"

    def __init__(
        self,
        model: str,
        speaker: str = "",
        speed: float = 1.0,
        volume: float = 1.0,
        threads: int = 1,
        provider: str = CPU,
    ) -> None:
        checked_threads("tts", threads)
        provider = checked_provider("tts", provider, self.computes_by)
        manner = Manner(speed, volume)
        self._voice = inspect_voice(named_path(model))
        network, *others = self._voice.files
        kind = f"{sherpa_version('tts', 'sherpa')} {self._voice.kind.name} voice"
        if self._voice.espeak_voice:
            check_installed("sherpa", "another library for the phonemes of this voice")
        preflight(network, kind, f"{__name__}:check_model", others=others)
        with loading(network):
            self._tts = self._voice.load(threads, provider)
        super().__init__(manner, self._voice.rate_hz)
        manner.know(self._voice.speakers, len(self._voice.speakers), speaker)

    def _piece(
        self, text: str, start: int, end: int, at_frame: int
    ) -> tuple[bytes, list[WordMark]]:
        manner = self._manner
        samples = speak(self._tts, self._voice, text[start:end], manner.speaker, manner.speed)
        return samples_to_pcm(floats_to_samples(manner.volume * samples)), []


def speak(tts: Any, voice: SherpaVoice, text: str, speaker: int, speed: float) -> Any:
    """Return the text as floats; none where nothing in it can be spoken."""
    import sherpa_onnx

    config = sherpa_onnx.GenerationConfig()
    config.sid, config.speed = speaker, speed
    if voice.espeak_voice and not (voice.lexicons and _UNSPACED.search(text)):
        sentences = phoneme_sentences(voice.espeak_voice, text)
        if not sentences:
            return np.zeros(0, np.float32)
        config.phoneme_codepoints = [[ord(each) for each in sentence] for sentence in sentences]
    return np.array(tts.generate(text, config).samples, np.float32)


def phoneme_sentences(espeak_voice: str, text: str) -> list[list[str]]:
    """Return the phonemes of each sentence, of which a long one is cut between words."""
    from piper.phonemize_espeak import EspeakPhonemizer

    check_phonemizer()
    found = list[list[str]]()
    for sentence in EspeakPhonemizer().phonemize(espeak_voice, text):
        rest = sentence
        while len(rest) > MOST_PHONEMES:
            blanks = [at for at, each in enumerate(rest[:MOST_PHONEMES]) if each == " "]
            cut = blanks[-1] + 1 if blanks else MOST_PHONEMES
            found.append(rest[:cut])
            rest = rest[cut:]
        found += [rest] if rest else []
    return found


def check_model(path: str) -> None:
    """Load the voice and let it speak: for `preflight`."""
    voice = inspect_voice(Path(path))
    speak(voice.load(threads=1), voice, "One, two, three.", 0, 1.0)
