"""`xtalk-edge bench turn`: how long after a question its answer can be heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.toml_text import value_text

from .percentiles import Percentiles, percentiles
from .pulse import PrivatePulse
from .turn_questions import Question, questions
from .turn_talk import Asked, Conversation, Mouth, PulseMouth, RoomMouth

VOICE_TO_VOICE_P50_MS, VOICE_TO_VOICE_P95_MS = 450.0, 700.0
"""From the end of a command said in one go until its answer is heard. People leave 200 ms between
their turns; from about 700 ms on a pause means something."""

RELEASE_MS = 15.0
"""What may pass, beside the device's own latency, between the decision and an answer that was
thought of ahead."""

HIT_SHARE = 0.8
"""Answers that must have been thought of ahead."""

CUT_SHARE = 0.02
"""Questions, with and without pauses, that may be answered before they are over."""

QUESTIONS_A_TALK = 20
"""Then a fresh appliance takes over: the shortest timer that is set is five minutes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way to think: ahead, or not."""

    think_ahead: bool
    questions: int
    right: int
    """How many were heard as they were said."""
    hits: int
    """How many answers had been thought of before the question counted as over."""
    answers: int
    cut_off: int
    decided_ms: Percentiles | None
    """From the end of a command said in one go until the turn counted as over."""
    release_ms: Percentiles | None
    """From that decision until an answer thought of ahead (or any, without) can be heard."""
    voice_to_voice_ms: Percentiles | None
    """From the end of a command said in one go until its answer can be heard."""
    device_ms: float
    """Of `release_ms` and `voice_to_voice_ms`, what is the sound device's own."""
    block_ms: float

    @property
    def misses(self) -> list[str]:
        """What an owner would complain about."""
        told = []
        if self.cut_off > CUT_SHARE * self.questions:
            told.append(f"{self.cut_off} of {self.questions} cut off")
        spread, release = self.voice_to_voice_ms, self.release_ms
        if (
            spread is None
            or spread.p50 > VOICE_TO_VOICE_P50_MS
            or spread.p95 > VOICE_TO_VOICE_P95_MS
        ):
            told.append("voice to voice too long")
        if release is None or release.p50 > self.device_ms + RELEASE_MS:
            told.append("decision to audible too long")
        if self.hits < HIT_SHARE * self.answers:
            told.append("too few thought of ahead")
        return told


@click.command()
@click.option("--turns", default=100, show_default=True, type=click.IntRange(4, 10_000),
              help="Questions to ask in each way.")  # fmt: skip
@click.option("--pulse", is_flag=True,
              help="Through a private PulseAudio server, not a simulated room.")  # fmt: skip
@click.option("--both/--ahead-only", default=True, show_default=True,
              help="Compare with an appliance that does not think ahead.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of the questions and their pauses.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--list", "list_all", is_flag=True, help="Show every question and what became of it.")
@config_options
def command(
    turns: int,
    pulse: bool,
    both: bool,
    seed: int,
    as_json: bool,
    list_all: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure how long after a question its answer can be heard.

    Synthetic voices ask the appliance commands of all kinds in real time, about five seconds a
    turn. Every second one has a pause of 0.3 to 0.8 s after a word drawn at random: whoever
    answers quickly must not cut people off.

    \b
    cut off         questions that were answered before they were over
    ahead           answers that had been thought of when the question counted as over
    decided         from the end of a command said in one go until it counted as over
    release         from there until an answer that was thought of ahead can be heard
    voice to voice  from the end of a command said in one go until its answer can be heard

    The exit code is 1 when more than 2 % are cut off, when voice to voice takes more than 450 ms
    (median; p95 700 ms), when less than 80 % are thought of ahead, or when these take more than
    15 ms beside the device's own latency.
    """
    asked = questions(turns, seed)
    rows = []
    with PrivatePulse() if pulse else contextlib.nullcontext():
        for think_ahead in (True, False) if both else (True,):
            measured = _measure(asked, config_path, overrides, _silent if as_json else _progress,
                                think_ahead=think_ahead, pulse=pulse,
                                list_all=list_all)  # fmt: skip
            rows.append(asyncio.run(measured))
    misses = rows[0].misses
    if as_json:
        click.echo(json.dumps({"passed": not misses, "rows": [asdict(row) for row in rows]}))
    else:
        _print_table(rows)
        click.echo(f"FAIL: {', '.join(misses)}" if misses else "PASS")
    if misses:
        raise click.exceptions.Exit(1)


def _silent(_text: str) -> None:
    pass


def _progress(text: str) -> None:
    click.echo(text, err=True)


async def _measure(
    asked: Sequence[Question],
    config_path: Path | None,
    changes: Sequence[str],
    say: Callable[[str], None],
    *,
    think_ahead: bool,
    pulse: bool,
    list_all: bool,
) -> Row:
    """Ask everything; return what came of it."""
    came: list[Asked] = []
    own = ["wake.mode=always", f"turn.think_ahead={value_text(think_ahead)}"]
    if pulse:
        own += ["audio.input_device=appmic", "audio.output_device=appspk"]
    device_ms = block_ms = 0.0
    for start in range(0, len(asked), QUESTIONS_A_TALK):
        with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
            config = read_config(config_path, (*changes, *own), Path(state_dir), passing=True)
            room = RoomMouth()
            mouth: Mouth = PulseMouth() if pulse else room
            card = open_card(config.audio) if pulse else room.card
            async with Conversation(config, mouth, card) as talk:
                device_ms, block_ms = talk.latency_ms, talk.block_ms
                for question in asked[start : start + QUESTIONS_A_TALK]:
                    came.append(await talk.ask(question))
                    if list_all:
                        say(_told(came[-1]))
        say(f"thinking ahead {_yes(think_ahead)}: {len(came)} of {len(asked)} asked")
    return _row(came, device_ms, block_ms, think_ahead=think_ahead)


def _row(came: Sequence[Asked], device_ms: float, block_ms: float, *, think_ahead: bool) -> Row:
    whole = [each for each in came if each.right and not each.question.hesitant]
    ahead = [each for each in came if each.thought_ahead] if think_ahead else whole
    return Row(
        think_ahead=think_ahead,
        questions=len(came),
        right=sum(each.right for each in came),
        hits=sum(each.thought_ahead for each in came),
        answers=sum(each.audible_ms is not None for each in came),
        cut_off=sum(each.cut_off for each in came),
        decided_ms=_spread([each.decided_ms for each in whole]),
        release_ms=_spread([each.audible_ms for each in ahead]),
        voice_to_voice_ms=_spread([each.voice_to_voice_ms for each in whole]),
        device_ms=round(device_ms, 1),
        block_ms=round(block_ms, 1),
    )


def _spread(values: Sequence[float | None]) -> Percentiles | None:
    known = [value for value in values if value is not None]
    return percentiles(known) if known else None


def _told(asked: Asked) -> str:
    times = "  ".join(
        "     -" if ms is None else f"{ms:6.0f}"
        for ms in (asked.decided_ms, asked.audible_ms, asked.voice_to_voice_ms)
    )
    signs = ("cut off" if asked.cut_off else "", "ahead" if asked.thought_ahead else "")
    heard = "" if asked.right else f' heard "{asked.heard}"'
    return f"{times}  {' '.join(filter(None, signs)):8} {asked.question.spelled}{heard}"


def _print_table(rows: Sequence[Row]) -> None:
    click.echo(f"blocks of {rows[0].block_ms:g} ms, device latency {rows[0].device_ms:g} ms")
    click.echo("thinking  right       ahead      cut     decided       release  voice to voice")
    click.echo("ahead                            off   p50    p95   p50    p95     p50    p95")
    for row in rows:
        click.echo(
            f"{_yes(row.think_ahead):8}{row.right:4}/{row.questions:<5}"
            f"{row.hits:5}/{row.answers:<5}{row.cut_off:4} "
            f"{_pair(row.decided_ms)} {_pair(row.release_ms)}  {_pair(row.voice_to_voice_ms)}"
        )


def _pair(figures: Percentiles | None) -> str:
    return f"{figures.p50:6.0f} {figures.p95:6.0f}" if figures else "     -      -"


def _yes(sign: bool) -> str:
    return "yes" if sign else "no"
