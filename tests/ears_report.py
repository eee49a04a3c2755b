"""Measure ear to action: `python -m tests.ears_report [--audio DIR] [--one-in N] [--json FILE]`.

Plays people's speech and the exam's commands in twelve espeak-ng voices to the real appliance,
always awake, and prints the tables of tests/data/ears.md: of all turns, how many did what was asked
for, nothing, or something else. Recordings: models/starter/ears/recordings.py.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from models.starter.ears.recordings import (
    ESPEAK_COMMANDS,
    PEOPLE_TALK,
    exam_espeak,
    exam_people,
    share,
)
from tests.ears_exam import Outcome, Verdict, examine

AUDIO = Path(__file__).resolve().parents[2] / "shared" / "audio"
VERDICTS: tuple[Verdict, ...] = ("right", "asked", "said", "silent", "wrong")
HEAD = "| recordings | number | turns | right | asked back | words only | silent | wrong |"


def tally(outcomes: Iterable[Outcome]) -> Counter[Verdict]:
    """Return how often each verdict was given."""
    return Counter(verdict for outcome in outcomes for verdict in outcome.verdicts())


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return one row of the table."""
    found = tally(outcomes)
    turns = found.total()
    shares = (f"{found[v]} ({100 * found[v] / max(1, turns):.1f} %)" for v in VERDICTS)
    return f"| {name} | {len(outcomes)} | {turns} | {' | '.join(shares)} |"


def rows(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the table's rows: each voice and folder, each group in all, and everything."""
    parts: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        for name in _rows_of(outcome):
            parts[name].append(outcome)
    for name in sorted(parts):
        yield row(name, parts[name])
    yield row("everything", outcomes)


def _rows_of(outcome: Outcome) -> tuple[str, ...]:
    group, name = outcome.recording.group, outcome.recording.name
    if group.startswith(ESPEAK_COMMANDS):
        voice = name.split(", ")[1]
        return f"{ESPEAK_COMMANDS}, {voice}", f"{ESPEAK_COMMANDS}, in all"
    return (group, f"{PEOPLE_TALK}, in all") if group.startswith(PEOPLE_TALK) else (group,)


def record(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON shows it."""
    said = outcome.recording
    return {
        "group": said.group,
        "name": said.name,
        "text": said.text,
        "wanted": said.call and [said.call.name, said.call.arguments],
        "verdicts": outcome.verdicts(),
        "turns": [
            {
                "heard": turn.heard,
                "sure": round(turn.sure, 3),
                "calls": [[call.name, call.arguments] for call in turn.calls],
                "reply": turn.reply,
            }
            for turn in outcome.turns
        ],
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--audio", type=Path, default=AUDIO)
    parser.add_argument("--one-in", type=int, default=1, help="use only a part, by hash")
    parser.add_argument("--workers", type=int, default=1, help="processes to share the work")
    parser.add_argument("--json", type=Path, help="also write each outcome, one a line")
    parser.add_argument("--misses", action="store_true", help="print each that was not right")
    options = parser.parse_args()
    people = exam_people(options.audio) if options.audio.is_dir() else ()
    recordings = list(share(itertools.chain(people, exam_espeak()), options.one_in))

    def progress(done: int) -> None:
        print(f"{done} of {len(recordings)}", file=sys.stderr, flush=True)

    outcomes = list(examine(recordings, options.workers, progress))
    if options.json:
        lines = (json.dumps(record(outcome)) + "\n" for outcome in outcomes)
        options.json.write_text("".join(lines), encoding="utf-8")
    print(f"{HEAD}\n|---|---|---|---|---|---|---|---|")
    for line in rows(outcomes):
        print(line)
    for outcome in outcomes if options.misses else ():
        verdicts = set(outcome.verdicts())
        if "wrong" in verdicts or (outcome.recording.text and verdicts != {"right"}):
            print(json.dumps(record(outcome)))


if __name__ == "__main__":
    main()
