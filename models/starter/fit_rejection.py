"""Fit what tells a command from other speech, and write `rejection.json`.

    python -m models.starter.fit_rejection RECORDINGS [--one-in N] [--out FILE]

The folder holds 16 kHz mono WAV files and `manifest.jsonl`, which lists them: {"file": ...,
"text": ...} a line, in folders by kind as `recordings.py` says. espeak-ng speaks the rest. What
is in the exam takes no part; `python -m tests.ears_report` holds it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pocketsphinx

from models.starter.hearings import Hearing, hear_all
from models.starter.recordings import COMMANDS, NOISE, PEOPLE_TALK, espeak, people_and_noise, share
from xtalk_edge.engines.asr.rejection import FEATURES

VOCABULARY = 3000
"""Everyday words: with 3,000 the free hearing costs a third of the whole dictionary's time."""
# Of the recordings of people talking that are fitted on; of noise nothing at all may pass. With
# fewer, more commands are asked again.
FALSE_ACCEPTS = 0.07
# Noise is a twentieth of what is wrong, but it is in every room: it weighs as a fifth. As half, the
# fit gave up commands for safety from noise that it had already.
WEIGHTS = {"right": 0.5, "wrong": 0.4, "noise": 0.1}
_RIDGE = 1.0


def everyday_words(count: int = VOCABULARY) -> list[str]:
    """Return the commonest words of PocketSphinx's language model that its dictionary has."""
    model = Path(pocketsphinx.get_model_path()) / "en-us"
    decoder = pocketsphinx.Decoder(lm=str(model / "en-us.lm.bin"), loglevel="FATAL")
    language = decoder.get_lm()
    lines = (model / "cmudict-en-us.dict").read_text(encoding="latin-1").splitlines()
    words = {line.split()[0] for line in lines if re.match(r"[a-z][a-z']*\s", line)}
    return sorted(words, key=lambda word: (-language.prob([word]), word))[:count]


def fit(measures: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return the coefficients of a ridge logistic regression.

    `kinds` holds a key of `WEIGHTS` a row; all rows of a kind weigh that together.
    """
    wanted = kinds == "right"
    weight = np.zeros(len(kinds))
    for kind, share_of in WEIGHTS.items():
        weight[kinds == kind] = share_of * len(kinds) / max(1, (kinds == kind).sum())
    ridge = np.eye(measures.shape[1]) * _RIDGE
    ridge[0, 0] = 0.0
    coefficients = np.zeros(measures.shape[1])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(measures @ coefficients, -30, 30)))
        slope = measures.T @ (weight * (wanted - chance)) - ridge @ coefficients
        curve = (measures * (weight * chance * (1 - chance) + 1e-9)[:, None]).T @ measures + ridge
        coefficients += np.linalg.solve(curve, slope)
    return coefficients


def kind(hearing: Hearing) -> str:
    """Return the key of `WEIGHTS` for a hearing."""
    if hearing.recording.group == NOISE:
        return "noise"
    return "right" if hearing.best_is_right else "wrong"


def threshold(hearings: list[Hearing], coefficients: np.ndarray) -> float:
    """Return the confidence that `FALSE_ACCEPTS` of people's talk passes, and no noise."""
    scores: dict[bool, list[float]] = {True: [], False: []}
    for hearing in hearings:
        group = hearing.recording.group
        if group == NOISE or group.startswith(PEOPLE_TALK):
            measures = hearing.measures
            score = -np.inf if measures is None else float(np.dot(measures, coefficients))
            scores[group == NOISE].append(score)
    talk = sorted(scores[False], reverse=True)
    logit = max(talk[int(len(talk) * FALSE_ACCEPTS)], *scores[True])
    # Rounded up: a tie would let one more through.
    return float(np.ceil(1000.0 / (1.0 + np.exp(-logit)))) / 1000.0


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("audio", type=Path)
    parser.add_argument("--one-in", type=int, default=1, help="use only a part, by hash")
    parser.add_argument("--workers", type=int, default=1, help="processes to share the work")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("rejection.json"))
    options = parser.parse_args()
    vocabulary = everyday_words()
    recordings = share(itertools.chain(people_and_noise(options.audio), espeak()), options.one_in)
    heard = (r for r in recordings if r.group != COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        unfitted = Path(folder) / "rejection.json"
        write(unfitted, np.zeros(len(FEATURES)), 0.5, vocabulary, "not fitted")
        train = list(hear_all(heard, str(unfitted), options.workers))
    known = [hearing for hearing in train if hearing.measures is not None]
    coefficients = fit(
        np.array([hearing.measures for hearing in known]),
        np.array([kind(hearing) for hearing in known]),
    )
    groups = Counter(hearing.recording.group for hearing in train)
    about = ", ".join(f"{count} {group}" for group, count in sorted(groups.items()))
    write(options.out, coefficients, threshold(train, coefficients), vocabulary, about)


def write(
    path: Path, coefficients: np.ndarray, at: float, vocabulary: list[str], about: str
) -> None:
    """Write what `load_rejection` reads."""
    content = {
        "about": "Written by models/starter/fit_rejection.py.",
        "fitted_on": about,
        "threshold": at,
        "coefficients": dict(zip(FEATURES, coefficients.round(4).tolist(), strict=True)),
        "vocabulary": " ".join(vocabulary),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
