"""What devices heard in many rooms, kept in the cache, as examples and as an exam."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from models.starter.ears.recordings import EXAM_FOLDERS
from models.starter.stop.sayings import (
    IN_QUIET,
    OVER_LISTENERS,
    OVER_THE_DEVICE,
    URGENTLY,
    Shares,
    sayings,
    talk,
)
from models.starter.stop.streams import BEHIND_S, STREAM_S, Stream, quiet_stream, stream
from models.starter.stop.voices import exam_voices, training_voices
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli.bench.self_hearing import REPLIES
from xtalk_edge.config.files import data_path
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.stop_word.embedding import FRAMES
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import spoken

OWN_VOICES = ("en-us", "en-us", "en-gb", "en-us+f3", "en-us+m3")
NO_TALK = ("rir", "reverb", "aec", "denoise")
NOISE_LEARNT = "noise/gsc_"
"""Of the recordings of noise; the others are the exam's."""
PIECE_S, LONGEST_S = 2, 12
SAME_WORD_FRAMES = 12
"""A second, within which no other false alarm is counted."""

SENTENCES, OFFERS = 14, 4
"""Of a chatty device: about a minute."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Streams that have something in common."""

    first: int
    """Number of the first."""
    share: float
    """How many there are, as a share of those of OVER."""
    said: Shares
    quiet: bool = False
    """Whether the device is silent."""
    noise_only: bool = False
    """Whether of the recordings only those of noise are heard."""
    chatty: bool = False
    """Whether the device says all kinds of things."""
    behind_s: float = 0.0
    """How late behind what is said the device may fall silent still."""
    of_exam: bool = False


OVER = Kind(0, 1.0, OVER_THE_DEVICE)
QUIET = Kind(500, 0.3, IN_QUIET, quiet=True)
LISTENERS = Kind(700, 0.2, OVER_LISTENERS, noise_only=True)
CHATTY = Kind(3000, 0.5, OVER_THE_DEVICE, chatty=True)
URGENT = Kind(4000, 0.4, URGENTLY, chatty=True, behind_s=BEHIND_S)
EXAM = Kind(1000, 1.0, OVER_THE_DEVICE, of_exam=True)


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
        """Return the windows with a label, and for each which word it belongs to; -1 for none."""
        asked = self.labels[:, FRAMES - 1 :] >= 0
        word = self.word[:, FRAMES - 1 :]
        # Each stream counts its words from nought on.
        first = np.arange(len(word))[:, None] * (int(word.max()) + 1)
        return self.windows()[asked], np.where(word >= 0, first + word, -1)[asked]

    def figures(self, scores: np.ndarray, threshold: float) -> dict[str, float]:
        """Return words said, how many were spotted, and false alarms an hour."""
        said = spotted = false = 0
        for row, labels, word in zip(scores, self.labels, self.word, strict=True):
            for number in set(word[word >= 0]):
                said += 1
                spotted += bool((row[word == number] >= threshold).any())
            quiet = SAME_WORD_FRAMES
            for score, label in zip(row, labels, strict=True):
                quiet += 1
                if label == 0 and score >= threshold and quiet > SAME_WORD_FRAMES:
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
    quiet = _collected(QUIET, audio, cache, streams)
    over = [each for kind in (OVER, CHATTY, LISTENERS, URGENT)
            for each in _collected(kind, audio, cache, streams)]  # fmt: skip
    return _stacked([*over, *over, *quiet])


def exam(audio: Path | None, cache: Path, streams: int) -> Heard:
    """Return what voices and people that were not learnt from say."""
    return _stacked(_collected(EXAM, audio, cache, streams))


def _stacked(streams: list[Stream]) -> Heard:
    """Return streams as one; the cleaned sound of some is a frame shorter."""
    frames = min(len(each.labels) for each in streams)
    return Heard(
        np.stack([each.embeddings[:frames] for each in streams]),
        np.stack([each.labels[:frames] for each in streams]),
        np.stack([each.word[:frames] for each in streams]),
    )


def _collected(kind: Kind, audio: Path | None, cache: Path, streams: int) -> list[Stream]:
    cache.mkdir(parents=True, exist_ok=True)
    voices = exam_voices() if kind.of_exam else training_voices()
    recorded: list[Samples] | None = None
    rooms = audio / "rir" if audio else None
    found = []
    for number in range(kind.first, kind.first + round(kind.share * streams)):
        path = cache / f"{number}.npz"
        if not path.exists():
            recorded = _recorded(audio, kind) if recorded is None else recorded
            said = sayings(voices, recorded, kind.said, number)
            if kind.quiet:
                heard = quiet_stream(said, number)
            else:
                replies = _replies(kind, number)
                heard = stream(Config(), said, replies, rooms, number, behind_s=kind.behind_s)
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


def _recorded(audio: Path | None, kind: Kind) -> list[Samples]:
    """Return pieces of recordings in which nobody says "stop"."""
    pieces: list[Samples] = []
    if audio is None:
        return pieces
    for line in (audio / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        file = str(entry["file"])
        folder = file.split("/", 1)[0]
        says_it = "stop" in str(entry.get("text", "")).lower()
        of_exam, noise = folder in EXAM_FOLDERS, folder == "noise"
        if noise:
            of_exam = not file.startswith(NOISE_LEARNT)
        other = kind.noise_only and not noise
        if folder in NO_TALK or says_it or other or of_exam is not kind.of_exam:
            continue
        longest_s = None if kind.noise_only else LONGEST_S
        said = read_sound(audio / file, RATE_HZ).samples[: longest_s and longest_s * RATE_HZ]
        size = PIECE_S * RATE_HZ
        pieces += [said[start : start + size] for start in range(0, len(said), size)]
    return pieces


def _replies(kind: Kind, number: int) -> Samples:
    drawn = Random(number)
    voice = EspeakTTS(voice=drawn.choice(OWN_VOICES), speed_wpm=drawn.choice((140, 165, 190)))
    said = [*drawn.sample(talk(), SENTENCES), *_offers(drawn)] if kind.chatty else REPLIES
    once = np.concatenate([spoken(text, voice) for text in drawn.sample(said, len(said))])
    return np.resize(once, round(STREAM_S * RATE_HZ))


def _offers(drawn: Random) -> list[str]:
    """Return what it answers to "what can you do?"; people talk over that in the benches."""
    able = list(json.loads(data_path("models/starter/help.json").read_text("utf-8")).values())
    return [f"You can ask me to {', '.join(drawn.sample(able, 4))}, and more."
            for _ in range(OFFERS)]  # fmt: skip
