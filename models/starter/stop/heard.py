"""What devices heard in many rooms, kept in the cache, as examples and as an exam."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from models.starter.ears.recordings import EXAM_FOLDERS
from models.starter.stop.sayings import IN_QUIET, OVER_THE_DEVICE, sayings
from models.starter.stop.streams import STREAM_S, Stream, quiet_stream, stream
from models.starter.stop.voices import Voice, exam_voices, training_voices
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli.bench.self_hearing import REPLIES
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.stop_word.embedding import FRAMES, REFRACTORY_FRAMES
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import spoken

OWN_VOICES = ("en-us", "en-us", "en-gb", "en-us+f3", "en-us+m3")
NO_TALK = ("rir", "reverb", "aec", "denoise")
NOISE_LEARNT = "noise/gsc_"
"""Of the recordings of noise; the others are the exam's."""
PIECE_S, LONGEST_S = 2, 12
QUIET_SHARE = 0.3
QUIET_SEED, EXAM_SEED = 500, 1000
"""Streams from these numbers on are of people alone, and the exam's."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Streams of one length, stacked."""

    embeddings: np.ndarray
    labels: np.ndarray
    word: np.ndarray

    def windows(self) -> np.ndarray:
        """Return what the network looks at, for each frame that has enough before it."""
        frames = self.embeddings.shape[1] - FRAMES + 1
        parts = [self.embeddings[:, n : n + frames] for n in range(FRAMES)]
        return np.concatenate(parts, axis=2).astype(np.float32)

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the windows with a label, and their labels."""
        labels = self.labels[:, FRAMES - 1 :]
        return self.windows()[labels >= 0], labels[labels >= 0]

    def figures(self, scores: np.ndarray, threshold: float) -> dict[str, float]:
        """Return words said, how many were spotted, and false alarms an hour."""
        said = spotted = false = 0
        for row, labels, word in zip(scores, self.labels, self.word, strict=True):
            for number in set(word[word >= 0]):
                said += 1
                spotted += bool((row[word == number] >= threshold).any())
            quiet = REFRACTORY_FRAMES
            for score, label in zip(row, labels, strict=True):
                quiet += 1
                if label == 0 and score >= threshold and quiet > REFRACTORY_FRAMES:
                    false += 1
                    quiet = 0
        hours = float((self.labels == 0).sum()) * STREAM_S / self.labels.shape[1] / 3600
        return {
            "said": said,
            "spotted": spotted,
            "recall": round(spotted / max(1, said), 4),
            "false_an_hour": round(false / hours, 2),
        }


def training(audio: Path | None, cache: Path, streams: int) -> Heard:
    """Return what is learnt from: each stream over the device twice, and some in quiet once."""
    voices = training_voices()
    over = _collected(voices, audio, cache, range(streams), for_exam=False)
    numbers = range(QUIET_SEED, QUIET_SEED + round(QUIET_SHARE * streams))
    return _stacked([*over, *over, *_collected(voices, audio, cache, numbers, for_exam=False)])


def exam(audio: Path | None, cache: Path, streams: int) -> Heard:
    """Return what voices and people that were not learnt from say."""
    numbers = range(EXAM_SEED, EXAM_SEED + streams)
    return _stacked(_collected(exam_voices(), audio, cache, numbers, for_exam=True))


def _stacked(streams: list[Stream]) -> Heard:
    """Return streams as one; the cleaned sound of some is a frame shorter."""
    frames = min(len(each.labels) for each in streams)
    return Heard(
        np.stack([each.embeddings[:frames] for each in streams]),
        np.stack([each.labels[:frames] for each in streams]),
        np.stack([each.word[:frames] for each in streams]),
    )


def _collected(
    voices: list[Voice], audio: Path | None, cache: Path, numbers: range, *, for_exam: bool
) -> list[Stream]:
    cache.mkdir(parents=True, exist_ok=True)
    people: list[Samples] | None = None
    rooms = audio / "rir" if audio else None
    found = []
    for number in numbers:
        path = cache / f"{number}.npz"
        if not path.exists():
            people = _people(audio, for_exam=for_exam) if people is None else people
            if QUIET_SEED <= number < EXAM_SEED:
                heard = quiet_stream(sayings(voices, people, IN_QUIET, number), number)
            else:
                said = sayings(voices, people, OVER_THE_DEVICE, number)
                heard = stream(Config(), said, _replies(number), rooms, number)
            _keep(heard, path)
            print(f"{path.name} heard")
        found.append(_kept(path))
    return found


def _keep(heard: Stream, path: Path) -> None:
    packed = heard.embeddings.astype(np.float16)
    np.savez_compressed(path, embeddings=packed, labels=heard.labels, word=heard.word)


def _kept(path: Path) -> Stream:
    with np.load(path) as file:
        return Stream(file["embeddings"], file["labels"], file["word"])


def _people(audio: Path | None, *, for_exam: bool) -> list[Samples]:
    """Return pieces of what people say who do not say "stop"."""
    pieces: list[Samples] = []
    if audio is None:
        return pieces
    for line in (audio / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        file = str(entry["file"])
        folder = file.split("/", 1)[0]
        says_it = "stop" in str(entry.get("text", "")).lower()
        of_exam = folder in EXAM_FOLDERS
        if folder == "noise":
            of_exam = not file.startswith(NOISE_LEARNT)
        if folder in NO_TALK or says_it or of_exam is not for_exam:
            continue
        said = read_sound(audio / file, RATE_HZ).samples[: LONGEST_S * RATE_HZ]
        size = PIECE_S * RATE_HZ
        pieces += [said[start : start + size] for start in range(0, len(said), size)]
    return pieces


def _replies(number: int) -> Samples:
    drawn = Random(number)
    voice = EspeakTTS(voice=drawn.choice(OWN_VOICES), speed_wpm=drawn.choice((140, 165, 190)))
    once = np.concatenate([spoken(text, voice) for text in drawn.sample(REPLIES, len(REPLIES))])
    return np.resize(once, round(STREAM_S * RATE_HZ))
