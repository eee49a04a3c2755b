"""Measure what the starter recogniser hears: `python -m tests.ears_report [--audio DIR]`.

Prints tests/data/ears.md. Recordings and their split: models/starter/recordings.py.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.starter.recordings import (
    PEOPLE_TALK,
    Hearing,
    espeak,
    hear_all,
    people_and_noise,
    share,
)

AUDIO = Path(__file__).resolve().parents[2] / "shared" / "audio"


def rows(hearings: Sequence[Hearing]) -> Iterator[str]:
    """Yield the table's rows: each group, fitted on and held out."""
    groups = sorted({hearing.recording.group for hearing in hearings})
    for group in groups:
        for held_out in (False, True):
            part = [
                h
                for h in hearings
                if h.recording.group == group and h.recording.held_out is held_out
            ]
            if part:
                yield row(f"{group} | {'held out' if held_out else 'fitted on'}", part)
    talk = [h for h in hearings if h.recording.group.startswith(PEOPLE_TALK)]
    if talk:
        yield row("talk: people, in all | both", talk)


def row(name: str, hearings: Sequence[Hearing]) -> str:
    """Return one row of the table."""
    best = sum(h.best_is_right for h in hearings)
    right = sum(h.right for h in hearings)
    wrong = sum(h.wrong for h in hearings)
    commands = any(h.recording.text for h in hearings)
    hits = f"{best} | {right}" if commands else "- | -"
    return f"| {name} | {len(hearings)} | {hits} | {wrong} ({100 * wrong / len(hearings):.0f} %) |"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--audio", type=Path, default=AUDIO)
    parser.add_argument("--one-in", type=int, default=1, help="use only a part, by hash")
    parser.add_argument("--misses", action="store_true", help="print each wrong or refused one")
    options = parser.parse_args()
    recordings = itertools.chain(
        people_and_noise(options.audio) if options.audio.is_dir() else (), espeak()
    )
    hearings = list(hear_all(share(recordings, options.one_in)))
    print(
        "| recordings | part | number | grammar right | kept and right | wrong text let through |"
    )
    print("|---|---|---|---|---|---|")
    for line in rows(hearings):
        print(line)
    audio_s = sum(len(hearing.recording.audio) for hearing in hearings) / 32000
    cpu_s = sum(hearing.cpu_s for hearing in hearings)
    print(f"\n{audio_s:.0f} s of audio took {cpu_s:.0f} s of processor time: {cpu_s / audio_s:.3f}")
    for hearing in hearings if options.misses else ():
        if hearing.wrong or (hearing.recording.text and not hearing.right):
            said = hearing.recording
            print(f"{said.group}: {said.name}: {hearing.best_text!r} became {hearing.text!r}")


if __name__ == "__main__":
    main()
