"""Fit what tells a command from other speech, and write `rejection.json`.

    python -m models.starter.ears.fit_rejection RECORDINGS [--one-in N] [--out FILE]

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

from models.starter import KIT
from models.starter.ears.hearings import Hearing, hear_all
from models.starter.ears.recordings import COMMANDS, NOISE, espeak, people_and_noise, share
from xtalk_edge.engines.asr.rejection import AIDED_FEATURES, FEATURES

VOCABULARY = 3000
"""Everyday words: with 3,000 the free hearing costs a third of the whole dictionary's time."""
# Of talk that is fitted on; of noise nothing at all may pass. With fewer, more commands are asked
# again.
FALSE_ACCEPTS = 0.05
# Noise is a twentieth of what is wrong, but it is in every room: it weighs as a fifth. As half, the
# fit gave up commands for safety from noise that it had already.
WEIGHTS = {"right": 0.5, "wrong": 0.4, "noise": 0.1}
_RIDGE = 1.0
THRESHOLD = 0.5
"""Where the fitted thresholds are moved to, so that there is one for people and synthesisers."""


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
    return "right" if hearing.right else "wrong"


def fitted(hearings: list[Hearing]) -> np.ndarray:
    """Return coefficients with which `FALSE_ACCEPTS` of talk passes `THRESHOLD`, and no noise."""
    known = [hearing for hearing in hearings if hearing.measures]
    measures = np.array([hearing.measures for hearing in known])
    coefficients = fit(measures, np.array([kind(hearing) for hearing in known]))
    scores: dict[bool, list[float]] = {True: [-30.0], False: [-30.0]}
    for hearing, score in zip(known, measures @ coefficients, strict=True):
        if not hearing.recording.text:
            scores[hearing.recording.group == NOISE].append(float(score))
    talk = sorted(scores[False], reverse=True)
    coefficients[0] -= max(talk[int(len(talk) * FALSE_ACCEPTS)], *scores[True])
    return coefficients


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("audio", type=Path)
    parser.add_argument("--one-in", type=int, default=1, help="use only a part, by hash")
    parser.add_argument("--workers", type=int, default=1, help="processes to share the work")
    parser.add_argument("--out", type=Path, default=KIT / "rejection.json")
    options = parser.parse_args()
    vocabulary = everyday_words()
    recordings = share(itertools.chain(people_and_noise(options.audio), espeak()), options.one_in)
    heard = (r for r in recordings if r.group != COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        unfitted = Path(folder) / "rejection.json"
        nothing = np.zeros(len(FEATURES)), np.zeros(len(AIDED_FEATURES))
        write(unfitted, *nothing, vocabulary, "nothing")
        hearings = list(hear_all(heard, str(unfitted), options.workers))
    groups = Counter(hearing.recording.group for hearing in hearings if hearing.chosen)
    about = ", ".join(f"{count} {group}" for group, count in sorted(groups.items()))
    # There are too few commands by people to fit on: espeak-ng's heard as if by one stand in.
    of_people = fitted([hearing for hearing in hearings if not hearing.aided])
    of_aids = fitted([hearing for hearing in hearings if hearing.aided and hearing.chosen])
    write(options.out, of_people, of_aids, vocabulary, about)


def write(
    path: Path, of_people: np.ndarray, of_aids: np.ndarray, vocabulary: list[str], about: str
) -> None:
    """Write what `load_rejection` reads."""
    content = {
        "about": "Written by models/starter/ears/fit_rejection.py.",
        "fitted_on": about,
        "threshold": THRESHOLD,
        "coefficients": dict(zip(FEATURES, of_people.round(4).tolist(), strict=True)),
        "aided_coefficients": dict(zip(AIDED_FEATURES, of_aids.round(4).tolist(), strict=True)),
        "vocabulary": " ".join(vocabulary),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
