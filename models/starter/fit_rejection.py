"""Fit what tells a command from other speech, and write `rejection.json`.

    python -m models.starter.fit_rejection recordings.jsonl [--lend] [--synthetic N] [--out FILE]

Each line of recordings.jsonl is {"file": a 16 kHz mono WAV beside it, "text": what is said}, with
text "" for noise or unknown speech. A text of the grammar is a command, any other is not one.
With `--lend` any other text is also heard with a grammar that was lent it: that makes human
examples of "the grammar was right" out of ordinary read sentences.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx
import soxr

from xtalk_edge.config.files import data_path
from xtalk_edge.engines.asr.pocketsphinx import PocketSphinxASR
from xtalk_edge.engines.asr.rejection import FEATURES
from xtalk_edge.errors import ModelError

VOCABULARY = 3000
"""Everyday words: with 3,000 the free hearing costs a third of the whole dictionary's time."""
VOICES = ("en-us", "en-us+f2", "en-us+m5", "en-gb+m1", "en-gb+f5", "en-gb-scotland", "en-029+f1")
# Leaves one recording in 20 of other speech accepted; the price is asked again.
FALSE_ACCEPTS = 0.05
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """One hearing: what was measured, and whether the grammar was right."""

    measures: tuple[float, ...]
    right: bool
    held_out: bool


def held_out(name: str) -> bool:
    """Put two recordings in five aside, by the name alone."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 < 2


def everyday_words(count: int = VOCABULARY) -> list[str]:
    """Return the commonest words of PocketSphinx's language model that its dictionary has."""
    model = Path(pocketsphinx.get_model_path()) / "en-us"
    decoder = pocketsphinx.Decoder(lm=str(model / "en-us.lm.bin"), loglevel="FATAL")
    language = decoder.get_lm()
    lines = (model / "cmudict-en-us.dict").read_text(encoding="latin-1").splitlines()
    words = {line.split()[0] for line in lines if re.match(r"[a-z][a-z']*\s", line)}
    return sorted(words, key=lambda word: (-language.prob([word]), word))[:count]


def read_wav(path: Path) -> bytes:
    """Return the samples of a 16 kHz mono file."""
    with wave.open(str(path)) as file:
        frames: bytes = file.readframes(file.getnframes())
        return frames


def synthetic(grammar: Any, count: int, rng: random.Random) -> list[tuple[str, bytes]]:
    """Return commands of the grammar in several voices, with room noise."""
    from xtalk_edge.engines.tts.espeak import EspeakTTS

    made = []
    noise = np.random.default_rng(rng.randrange(2**32))
    for _ in range(count):
        text = sample(grammar, rng)
        voice = EspeakTTS(rng.choice(VOICES), speed_wpm=rng.randrange(140, 195), volume=80)
        pcm = np.frombuffer(voice.synthesize(text), dtype=np.int16).astype(np.float32)
        pcm = np.pad(soxr.resample(pcm, voice.sample_rate, 16000), (4000, 6000))
        pcm *= 1500.0 / max(1.0, float(np.sqrt(np.mean(pcm**2))))
        pcm += noise.normal(0.0, rng.choice((5.0, 50.0, 150.0)), len(pcm))
        made.append((text, np.clip(pcm, -32768, 32767).astype(np.int16).tobytes()))
    return made


def sample(grammar: Any, rng: random.Random) -> str:
    """Return a sentence of a compiled grammar (a pocketsphinx.FsgModel), by its weights."""
    with tempfile.NamedTemporaryFile("r", suffix=".fsg") as file:
        grammar.writefile(file.name)
        rows = [line.split() for line in file if line.split()]
    ends = {row[0]: int(row[1]) for row in rows if row[0] in ("START_STATE", "FINAL_STATE")}
    state = ends["START_STATE"]
    steps: dict[int, list[tuple[int, float, str]]] = {}
    for row in rows:
        word = re.sub(r"\(\d+\)$", "", "".join(row[4:]))
        if row[0] == "TRANSITION" and not word.startswith(("[", "<")):
            steps.setdefault(int(row[1]), []).append((int(row[2]), float(row[3]), word))
    words = []
    while state != ends["FINAL_STATE"]:
        choices = steps[state]
        state, _, word = rng.choices(choices, [weight for _, weight, _ in choices])[0]
        words.append(word)
    return " ".join(word for word in words if word)


def hear(asr: PocketSphinxASR, audio: bytes, said: str, name: str) -> Example | None:
    """Return one example; None when nothing at all was heard, which needs no fitting."""
    asr.recognize(audio)
    if asr.measures is None:
        return None
    return Example(asr.measures, asr.best_text == said, held_out(name))


def lent(grammar: Path, text: str, folder: Path) -> Path | None:
    """Write the grammar with one more command; None when its words are not in the dictionary."""
    rules = grammar.read_text(encoding="utf-8")
    path = folder / "lent.jsgf"
    spoken = re.sub(r"[^a-z' ]+", " ", text.lower()).strip()
    path.write_text(re.sub(r"(public <\w+> =)", rf"\1 {spoken} |", rules), encoding="utf-8")
    return path if spoken else None


def fit(examples: list[Example]) -> tuple[float, ...]:
    """Return the coefficients of a ridge logistic regression, both classes weighing the same."""
    x = np.array([example.measures for example in examples])
    y = np.array([float(example.right) for example in examples])
    weight = np.where(y > 0, 0.5 / max(1.0, y.sum()), 0.5 / max(1.0, (1 - y).sum())) * len(y)
    ridge = np.eye(x.shape[1]) * _RIDGE
    ridge[0, 0] = 0.0
    coefficients = np.zeros(x.shape[1])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(x @ coefficients, -30, 30)))
        slope = x.T @ (weight * (y - chance)) - ridge @ coefficients
        curve = (x * (weight * chance * (1 - chance) + 1e-9)[:, None]).T @ x + ridge
        coefficients += np.linalg.solve(curve, slope)
    return tuple(float(value) for value in coefficients)


def report(name: str, examples: list[Example], coefficients: tuple[float, ...], at: float) -> None:
    """Print how many of each kind pass the threshold."""
    scores = np.array([e.measures for e in examples]).reshape(-1, len(FEATURES)) @ coefficients
    passed = scores >= np.log(at / (1.0 - at))
    right = np.array([example.right for example in examples], dtype=bool)
    print(
        f"{name}: {int((passed & right).sum())} of {int(right.sum())} right hearings kept, "
        f"{int((passed & ~right).sum())} of {int((~right).sum())} wrong ones let through"
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--lend", action="store_true", help="also lend other texts to the grammar")
    parser.add_argument("--synthetic", type=int, default=200, help="commands spoken by espeak-ng")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("rejection.json"))
    options = parser.parse_args()
    vocabulary = everyday_words()
    write(options.out, (0.0,) * len(FEATURES), 0.5, vocabulary)

    grammar = data_path("models/starter/commands.jsgf")
    asr = PocketSphinxASR(rejection=str(options.out))
    examples: list[Example | None] = []
    for number, (text, audio) in enumerate(
        synthetic(asr.compiled_grammar(), options.synthetic, random.Random(1))
    ):
        examples.append(hear(asr, audio, text, f"synthetic {number}"))
    with tempfile.TemporaryDirectory() as folder:
        for line in options.recordings.read_text(encoding="utf-8").splitlines():
            recording = json.loads(line)
            audio = read_wav(options.recordings.parent / recording["file"])
            text = str(recording["text"])
            examples.append(hear(asr, audio, text, recording["file"]))
            if options.lend and (path := lent(grammar, text, Path(folder))):
                try:
                    helped = PocketSphinxASR(str(path), str(options.out))
                except ModelError as exc:
                    print(f"{recording['file']}: not lent: {exc}")
                    continue
                spoken = re.sub(r"[^a-z' ]+", " ", text.lower()).strip()
                examples.append(hear(helped, audio, spoken, recording["file"]))
    known = [example for example in examples if example is not None]
    train = [example for example in known if not example.held_out]
    coefficients = fit(train)
    wrong = np.array([example.measures for example in train if not example.right]) @ coefficients
    logit = float(np.quantile(wrong, 1.0 - FALSE_ACCEPTS))
    threshold = round(1.0 / (1.0 + float(np.exp(-logit))), 3)
    write(options.out, coefficients, threshold, vocabulary)
    report("fitted on", train, coefficients, threshold)
    report("held out ", [e for e in known if e.held_out], coefficients, threshold)


def write(
    path: Path, coefficients: tuple[float, ...], threshold: float, vocabulary: list[str]
) -> None:
    """Write what `load_rejection` reads."""
    content = {
        "about": "Written by models/starter/fit_rejection.py for the pocketsphinx recogniser.",
        "threshold": threshold,
        "coefficients": dict(zip(FEATURES, (round(c, 4) for c in coefficients), strict=True)),
        "vocabulary": " ".join(vocabulary),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
