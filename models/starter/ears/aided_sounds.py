"""Teaches the recogniser how a speech synthesiser sounds: writes speaking_aids/.

    python -m models.starter.ears.aided_sounds [--sentences N]

People who speak through a device are heard badly by sounds learnt from people. So espeak-ng speaks
sentences of the grammar, numbers and everyday words; PocketSphinx says which state each 10 ms
belong to; and the Gaussians of its English model move to what they account for (one step of
maximum a posteriori estimation). Sentences of the exam and of the fit are left out.
"""

from __future__ import annotations

import argparse
import random
import shutil
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from models.starter import KIT
from models.starter.ctc.jsgf import Grammar
from models.starter.ears.gaussians import (
    STREAMS,
    WIDTH,
    Floats,
    phone_names,
    read_gaussians,
    read_log_weights,
    write_gaussians,
)
from models.starter.ears.recordings import FIT_VOICES, exam_commands
from models.starter.language.figures import ONES, TENS
from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.engines.asr.pocketsphinx_lexicon import read_lexicon
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor
from xtalk_edge.engines.tts.espeak import EspeakTTS

VOICES = (
    *FIT_VOICES, "en-us+f5", "en-us+m4", "en-gb+f2", "en-gb+m1", "en-us+m5", "en-gb-scotland+f2",
)  # fmt: skip
SENTENCES = 800
"""Half an hour of speech: 20 frames for the average Gaussian."""
TRUST = 10.0
"""Frames that what is known of a Gaussian counts as."""
LEAST_VARIANCE = 0.1
"""Of the former variance: a voice that never varies must not make all others impossible."""
VARIANCE_FLOOR = 1e-4
"""As in PocketSphinx: Gaussians that no training data needed have none."""
LONGEST_CHARACTERS = 60

_NUMBERS = (*ONES[1:], *TENS[2:])


@dataclass(frozen=True, slots=True)
class Aligned:
    """One utterance: what was measured every 10 ms, and whose sound it is."""

    cepstra: Floats
    phones: NDArray[np.int64]
    states: NDArray[np.int64]


def sentences(rng: random.Random) -> Iterator[str]:
    """Yield sentences without end: of the grammar two in three."""
    grammar = Grammar((KIT / "commands.jsgf").read_text(encoding="utf-8"))
    common = (KIT / "words/common_words.txt").read_text(encoding="utf-8").split()
    fitted = (KIT / "ears/commands.txt").read_text(encoding="utf-8").splitlines()
    kept_away = {*exam_commands(), *fitted}
    while True:
        kind = rng.random()
        if kind < 0.65:
            text = grammar.draw(rng)
        elif kind < 0.8:
            text = " ".join(rng.choices(_NUMBERS, k=rng.randint(2, 4)))
        else:
            text = " ".join(rng.choices(common, k=rng.randint(3, 6)))
        if text not in kept_away and len(text) <= LONGEST_CHARACTERS:
            yield text


def speak(text: str, voice: str, rng: random.Random) -> bytes:
    """Return the sentence at a pace, level and noise chosen by rng; every other one cleaned."""
    engine = EspeakTTS(voice, speed_wpm=rng.randint(140, 190))
    speech = pcm_to_samples(engine.synthesize(text))
    sound = convert(speech, engine.sample_rate, 16000).astype(np.float32)
    sound *= 10 ** rng.uniform(-0.3, 0.3) * 1500 / np.sqrt(np.mean(sound**2))
    sound = np.pad(sound, (rng.randint(2000, 6000), rng.randint(3000, 6400)))
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 1, len(sound))
    sound += noise * 10 ** rng.uniform(0.5, 2)
    audio = np.clip(sound, -32768, 32767).astype(np.int16).tobytes()
    if rng.random() < 0.5:
        return audio
    suppressor = WebRTCNoiseSuppressor()
    return suppressor.enhance(audio) + suppressor.flush()


class Aligner:
    """Finds which state of which phone each 10 ms of a known sentence belong to."""

    def __init__(self, model: Path, folder: Path, words: set[str]) -> None:
        dictionary = folder / "words.dict"
        lexicon = read_lexicon(model / "cmudict-en-us.dict", words)
        dictionary.write_text(lexicon.text(), encoding="latin-1")
        self.unknown = set(lexicon.missing(words))
        self._phones = {name: at for at, name in enumerate(phone_names(model / "en-us" / "mdef"))}
        self._log = folder / "log"
        self._log.mkdir()
        self._decoder = pocketsphinx.Decoder(
            hmm=str(model / "en-us"), dict=str(dictionary), lm=None, cmn="batch",
            mfclogdir=str(self._log), loglevel="FATAL",
        )  # fmt: skip

    def align(self, text: str, audio: bytes) -> Aligned | None:
        """Return the utterance with its states; None if they cannot be found."""
        try:
            self._decoder.set_align_text(text)
            self._decode(audio)
            self._decoder.set_alignment()
            cepstra = self._decode(audio)
            words = self._decoder.get_alignment()
        except RuntimeError:
            return None
        phones = np.full(len(cepstra), -1)
        states = np.full(len(cepstra), -1)
        for phone in (phone for word in words for phone in word):
            for state in phone:
                where = slice(state.start, state.start + state.duration)
                phones[where], states[where] = self._phones[phone.name], int(state.name)
        return Aligned(cepstra, phones, states)

    def _decode(self, audio: bytes) -> Floats:
        self._decoder.start_utt()
        self._decoder.process_raw(audio, full_utt=True)
        self._decoder.end_utt()
        *_, latest = sorted(self._log.iterdir())
        cepstra = _read_cepstra(latest)
        latest.unlink()
        return cepstra


def _read_cepstra(path: Path) -> Floats:
    data = path.read_bytes()
    for order in "<>":
        if struct.unpack_from(f"{order}i", data)[0] == len(data) // 4 - 1:
            values = np.frombuffer(data, f"{order}f4", offset=4).astype(np.float32)
            return values.reshape(-1, WIDTH)
    # An utterance that PocketSphinx gave up leaves its file without a length.
    raise RuntimeError(f"{path}: was not finished")


def streams(cepstra: Floats) -> tuple[Floats, ...]:
    """Return cepstra about their mean, their slopes and their curvatures (1s_c_d_dd)."""
    centred = cepstra - cepstra.mean(axis=0)
    padded = np.pad(centred, ((3, 3), (0, 0)), "edge")

    def at(shift: int) -> Floats:
        part: Floats = padded[3 + shift : 3 + shift + len(centred)]
        return part

    return centred, at(2) - at(-2), (at(3) - at(-1)) - (at(1) - at(-3))


class Moments:
    """What each Gaussian has accounted for: how much, and its first two moments."""

    def __init__(self, means: Floats, variances: Floats, log_weights: Floats) -> None:
        self._means, self._log_weights = means, log_weights
        self._variances = np.maximum(variances, VARIANCE_FLOOR)
        self._amount = np.zeros((*means.shape[:3], 1))
        self._first, self._second = np.zeros(means.shape), np.zeros(means.shape)

    def add(self, said: Aligned, ignored: int) -> None:
        """Share out an utterance among the Gaussians; the ignored phone is silence."""
        parts = streams(said.cepstra)
        for phone in set(said.phones.tolist()) - {-1, ignored}:
            here = np.flatnonzero(said.phones == phone)
            for stream in range(STREAMS):
                values = parts[stream][here]
                shares = self._shares(phone, stream, values, said.states[here])
                self._amount[phone, stream, :, 0] += shares.sum(axis=0)
                self._first[phone, stream] += shares.T @ values
                self._second[phone, stream] += shares.T @ values**2

    def _shares(
        self, phone: int, stream: int, values: Floats, states: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        mean, variance = self._means[phone, stream], self._variances[phone, stream]
        away = (values[:, None, :] - mean) ** 2 / variance + np.log(variance)
        scores = self._log_weights[stream][:, states].T - 0.5 * away.sum(axis=2)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        normed: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
        return normed

    def moved(self) -> tuple[Floats, Floats]:
        """Return the new means and variances."""
        total = TRUST + self._amount
        means = (TRUST * self._means + self._first) / total
        squares = (TRUST * (self._variances + self._means**2) + self._second) / total
        variances = np.maximum(squares - means**2, LEAST_VARIANCE * self._variances)
        return means.astype(np.float32), variances.astype(np.float32)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    parser.add_argument("--out", type=Path, default=KIT / "speaking_aids")
    options = parser.parse_args()
    model = Path(pocketsphinx.get_model_path()) / "en-us"
    sounds = model / "en-us"
    means, variances = read_gaussians(sounds / "means"), read_gaussians(sounds / "variances")
    moments = Moments(means.values, variances.values, read_log_weights(sounds / "sendump"))
    silence = phone_names(sounds / "mdef").index("SIL")
    words = {word for name in ("vocabulary.txt", "words/common_words.txt")
             for word in (KIT / name).read_text(encoding="utf-8").split()}  # fmt: skip
    rng, done = random.Random(1), 0
    with tempfile.TemporaryDirectory() as folder:
        aligner = Aligner(model, Path(folder), words)
        for text in sentences(rng):
            if set(text.split()) & aligner.unknown:
                continue
            said = aligner.align(text, speak(text, VOICES[done % len(VOICES)], rng))
            if said is not None:
                moments.add(said, silence)
                done += 1
            if done == options.sentences:
                break
    options.out.mkdir(exist_ok=True)
    for file, values, name in zip(
        (means, variances), moments.moved(), ("means", "variances"), strict=True
    ):
        write_gaussians(options.out / name, replace(file, values=values))
    shutil.copy(sounds / "README", options.out / "LICENSE.txt")


if __name__ == "__main__":
    main()
