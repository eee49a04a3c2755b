"""Measures the speller through sherpa-onnx on sentences and voices it was not trained on.

python -m models.starter.ctc.evaluate [folder of recordings with manifest.jsonl]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from models.starter.ctc.sentences import COMMANDS, EVERYDAY
from models.starter.ctc.speech import HELD_OUT_VOICES, VOICES, Spoken, utterances
from models.starter.ears.recordings import COMMANDS as BY_PEOPLE
from models.starter.ears.recordings import people_and_noise
from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.engines.asr.sherpa_streaming import SherpaStreamingASR

SEED = 1_000_003
PIECE_BYTES = RATE_HZ // 10 * 2
"""As the appliance feeds it: 100 ms at a time."""


def hear(recogniser: SherpaStreamingASR, audio: bytes) -> str:
    """Return what is recognised in the end."""
    recogniser.reset()
    for start in range(0, len(audio), PIECE_BYTES):
        recogniser.recognize_stream(audio[start : start + PIECE_BYTES])
    return recogniser.recognize_stream(b"", is_final=True)


def edits(one: str, other: str) -> int:
    """Return how many characters must be put in, left out or replaced to make one the other."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def measure(recogniser: SherpaStreamingASR, title: str, spoken: Iterable[Spoken]) -> None:
    """Print character error rate, sentences without any error, and the pace."""
    characters = wrong = whole = count = heard_samples = 0
    began_at_s = time.process_time()
    for each in spoken:
        text = hear(recogniser, each.samples.tobytes())
        characters += len(each.text)
        wrong += edits(text, each.text)
        whole += text == each.text
        count += 1
        heard_samples += len(each.samples)
    share = (time.process_time() - began_at_s) * RATE_HZ / max(1, heard_samples)
    print(
        f"{title:42}  CER {wrong / characters:6.1%}   exact {whole}/{count} ({whole / count:.0%})"
        f"   {share:.1%} of a core",
        flush=True,
    )


def draw(voices: tuple[str, ...], kind: str, count: int) -> list[Spoken]:
    """Return held-out sentences of one kind in those voices."""
    of_kind = (each for each in utterances(SEED, voices, held_out=True) if each.kind == kind)
    return list(islice(of_kind, count))


def by_people(folder: Path) -> Iterator[Spoken]:
    """Yield the commands that people said."""
    for each in people_and_noise(folder):
        if each.group == BY_PEOPLE:
            yield Spoken(each.text, BY_PEOPLE, "", pcm_to_samples(each.audio))


def main() -> None:
    """Print a line for each kind of sentence and of voice."""
    parser = argparse.ArgumentParser(description="Measure letters.onnx through sherpa-onnx.")
    parser.add_argument("recordings", type=Path, nargs="?", help="people's commands, if any")
    parser.add_argument("--model", default="", help="another letters.onnx")
    parser.add_argument("--count", type=int, default=300, help="utterances of each kind")
    options = parser.parse_args()
    recogniser = SherpaStreamingASR(options.model)
    for kind in (COMMANDS, EVERYDAY):
        for title, voices in (("known", VOICES), ("held-out", HELD_OUT_VOICES)):
            spoken = draw(voices, kind, options.count)
            measure(recogniser, f"held-out {kind}, {title} voices", spoken)
    if options.recordings:
        for each in by_people(options.recordings):
            print(f"    {each.text!r}: {hear(recogniser, each.samples.tobytes())!r}")
        measure(recogniser, "commands by people (never trained on)", by_people(options.recordings))


if __name__ == "__main__":
    main()
