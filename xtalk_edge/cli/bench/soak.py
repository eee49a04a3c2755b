"""`xtalk-edge bench soak`: a talk every so often in real time, through a real sound server."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import click

from xtalk_edge.audio.core import CoreCounters
from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, Tell, progress
from xtalk_edge.config.schema import Config
from xtalk_edge.tasks import TaskOwner

from .holdings import Course, Kept, course, kept_now
from .percentiles import Percentiles, percentiles
from .process_tree import processes
from .pulse import PrivatePulse
from .turn_questions import Question, questions
from .turn_talk import Asked, Conversation, PulseMouth
from .verdict import tell

TURN_EVERY_S = 20.0

LAG_LOOK_S = 0.05
"""How often the loop is asked for its delay: as a pacemaker, it must not be the load itself."""

LAG_P99_MS = 50.0
"""A loop later than this is felt as a late duck."""

RINGING = ("timer", "alarm", "wake me", "snooze")
RINGING_SHARE = 2
"""Of all questions, every third makes something ring, or is about that."""


@dataclass(frozen=True, slots=True)
class Xruns:
    """Sound that was lost, each in its own way."""

    input_overflows: int
    output_underflows: int
    lost_ms: float
    """Captured sound that never came, or that nobody fetched in time."""
    starved_ms: float
    """Silence in the middle of what was played."""

    @property
    def none(self) -> bool:
        """Tell whether nothing was lost."""
        counts = self.input_overflows, self.output_underflows, self.lost_ms, self.starved_ms
        return not any(counts)


@dataclass(frozen=True, slots=True)
class Row:
    """One soak."""

    minutes: float
    turns: int
    heard: int
    """Questions after which it knew that somebody had talked to it."""
    answered: int
    """The starter recogniser refuses one of ten of these voices' questions."""
    right: int
    xruns: Xruns
    loop_lag_p50_ms: float
    loop_lag_p99_ms: float
    loop_lag_worst_ms: float
    held: Course
    """After each question; the slope is an hour's."""
    voice_to_voice_ms: Percentiles | None

    @property
    def passed(self) -> bool:
        """Tell whether it may run for a month."""
        return (
            0 < self.turns == self.heard
            and self.xruns.none
            and self.loop_lag_p99_ms <= LAG_P99_MS
            and self.held.steady
        )


@dataclass(slots=True)
class _Seen:
    asked: list[Asked] = field(default_factory=list)
    looked_s: list[float] = field(default_factory=list)
    looks: list[Kept] = field(default_factory=list)
    lags_ms: list[float] = field(default_factory=list)


@click.command()
@click.option("--minutes", default=20.0, show_default=True, type=click.FloatRange(0.5, 10_000),
              help="How long.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of the questions.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    minutes: float, seed: int, as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Measure whether a device stays what it is while it is talked to, in real time.

    The appliance listens and speaks through a private PulseAudio server, and is asked something
    every 20 seconds. Nothing else should run on this machine.

    \b
    heard        questions after which it knew that somebody had talked to it
    lost         overflows, underflows, captured sound that was lost, silence within what was played
    loop         how late the event loop was, looked at twenty times a second
    memory       of the device and its engines' processes, median of the second and the last tenth
                 of the questions, and how it grew from the second tenth on

    The exit code is 1 when any sound was lost, a question was not heard, 99 of 100 looks at the
    loop were not within 50 ms, memory grew by more than 5 %, or there are more tasks, open files or
    threads at the end.
    """
    asked = _questions(max(1, round(60 * minutes / TURN_EVERY_S)), seed)
    own = ("wake.mode=always", "audio.input_device=appmic", "audio.output_device=appspk")
    with (
        PrivatePulse(),
        tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir,
        progress(elsewhere_every_s=TOLD_EVERY_S) as show,
    ):
        config = read_config(config_path, (*overrides, *own), Path(state_dir))
        row = asyncio.run(_soak(config, asked, minutes, show))
    tell([row], _print_table, as_json=as_json)


def _questions(count: int, seed: int) -> list[Question]:
    """Return as many that make nothing ring, which would talk over those behind them."""
    drawn = questions(RINGING_SHARE * count + 60, seed)
    return [each for each in drawn if not any(word in each.text for word in RINGING)][:count]


async def _soak(config: Config, asked: Sequence[Question], minutes: float, show: Tell) -> Row:
    # The sound server belongs to the bench.
    others = set(processes()) - {os.getpid()}
    card = open_card(config.audio)
    seen = _Seen()
    tasks = TaskOwner()
    async with Conversation(config, PulseMouth(), card) as talk:
        capture = talk.appliance.capture
        for _ in range(20):
            # Not the start, in which models are loaded, is to be measured.
            await capture.advance()
        before, rate_hz = card.core.counters(), card.rate_hz
        pulse = tasks.start(_feel_pulse(seen.lags_ms), "pulse")
        try:
            await _talk(talk, asked, others, seen, show)
        finally:
            await tasks.aclose()
        if pulse.done() and not pulse.cancelled():
            pulse.result()
        xruns = _lost(before, card.core.counters(), rate_hz)
    return _row(seen, minutes, xruns)


async def _talk(
    talk: Conversation, to_ask: Sequence[Question], others: set[int], seen: _Seen, show: Tell
) -> None:
    began_s = perf_counter()
    for number, question in enumerate(to_ask):
        await asyncio.sleep(max(0.0, began_s + number * TURN_EVERY_S - perf_counter()))
        seen.asked.append(await talk.ask(question))
        seen.looked_s.append(perf_counter() - began_s)
        seen.looks.append(kept_now(set(processes()) - others))
        show(f"{number + 1} of {len(to_ask)} questions, {seen.looks[-1].memory_mb:.0f} MB")
    await asyncio.sleep(max(0.0, began_s + len(to_ask) * TURN_EVERY_S - perf_counter()))


async def _feel_pulse(lags_ms: list[float]) -> None:
    """Note how much later than asked the loop comes back."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + LAG_LOOK_S
        await asyncio.sleep(LAG_LOOK_S)
        lags_ms.append(1000 * (loop.time() - due_s))


def _lost(before: CoreCounters, after: CoreCounters, rate_hz: int) -> Xruns:
    def ms(*names: str) -> float:
        frames = sum(getattr(after, name) - getattr(before, name) for name in names)
        return round(1000 * float(frames) / rate_hz, 1)

    return Xruns(
        input_overflows=after.input_overflows - before.input_overflows,
        output_underflows=after.output_underflows - before.output_underflows,
        lost_ms=ms("capture_lost_frames", "device_lost_frames"),
        starved_ms=ms("playback_starved_frames"),
    )


def _row(seen: _Seen, minutes: float, xruns: Xruns) -> Row:
    hours = [at_s / 3600 for at_s in seen.looked_s]
    took_ms = [each.voice_to_voice_ms for each in seen.asked if each.voice_to_voice_ms is not None]
    lags_ms = sorted(seen.lags_ms)
    return Row(
        minutes=minutes,
        turns=len(seen.asked),
        heard=sum(each.decided_ms is not None for each in seen.asked),
        answered=sum(each.audible_ms is not None for each in seen.asked),
        right=sum(each.right for each in seen.asked),
        xruns=xruns,
        loop_lag_p50_ms=round(lags_ms[len(lags_ms) // 2], 2),
        loop_lag_p99_ms=round(lags_ms[int(0.99 * len(lags_ms))], 2),
        loop_lag_worst_ms=round(lags_ms[-1], 2),
        held=course(hours, seen.looks),
        voice_to_voice_ms=percentiles(took_ms) if took_ms else None,
    )


def _print_table(found: Sequence[Row]) -> None:
    for row in found:
        lost = row.xruns
        click.echo(
            f"{row.minutes:g} minutes: {row.heard} of {row.turns} questions heard, "
            f"{row.answered} answered, {row.right} understood to the word"
        )
        click.echo(
            f"lost: {lost.input_overflows} overflows, {lost.output_underflows} underflows, "
            f"{lost.lost_ms:g} ms captured, {lost.starved_ms:g} ms within what was played"
        )
        click.echo(
            f"loop: p50 {row.loop_lag_p50_ms:g} ms, p99 {row.loop_lag_p99_ms:g} ms, "
            f"worst {row.loop_lag_worst_ms:g} ms"
        )
        click.echo("\n".join(row.held.table("an hour")))
        if row.voice_to_voice_ms is not None:
            spread = row.voice_to_voice_ms
            click.echo(f"voice to voice: p50 {spread.p50:.0f} ms, p95 {spread.p95:.0f} ms")
