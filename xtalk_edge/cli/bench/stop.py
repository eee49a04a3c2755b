"""`xtalk-edge bench stop`: whether "stop" silences the device at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options
from xtalk_edge.scenes.exchange import Exchange
from xtalk_edge.scenes.script import Line
from xtalk_edge.scenes.sounds import sound_of

from .echo_room import onset_s
from .over_answer import everywhere, talk_over
from .people import rooms_option, talkers
from .percentiles import Percentiles, percentiles, spread_text
from .verdict import tell

RECALL = 0.95
SILENT_MS = 300.0
"""After the end of the word; 95 of 100 must be as quick."""

ACCENTS, VARIANTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp"), ("+m7", "+f3", "+klatt3")
"""espeak-ng voices that nothing in the starter kit was made from."""

SAYINGS = ("stop", "please stop", "okay stop", "no stop")

TALKERS_A_ROOM = 12
"""All of them: of half as many a lucky draw decides. With their questions they take ten seconds
each."""


@dataclass(frozen=True, slots=True)
class Row:
    """All rooms at one level."""

    echo_over_talker_db: float
    said: int
    stopped: int
    silent_ms: Percentiles | None
    """From the end of the word until the device stood still or stopped, of those it stopped at."""
    missed: tuple[str, ...]
    """Who was not heard."""

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""
        heard = self.stopped >= RECALL * self.said
        return heard and self.silent_ms is not None and self.silent_ms.p95 <= SILENT_MS


@click.command()
@click.option("--talkers", "talker_folder", metavar="FOLDER",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help='Recordings of people who say "stop"; without it, espeak-ng does.')  # fmt: skip
@rooms_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    talker_folder: Path | None,
    room_folder: Path | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure whether "stop" silences the device at once.

    In each simulated room the whole appliance is asked a question with a long answer, and two
    seconds into the answer somebody says "stop", "please stop" or the like.

    \b
    stopped    answers that ended, and were not answered by something else
    silent     how long after the end of the word the device stood still or stopped

    How often it takes its own voice for the word tells: xtalk-edge bench echo --full

    The exit code is 1 when it does not stop for 95 % of them, or takes more than 300 ms (p95).
    """
    people = talkers(talker_folder) if talker_folder else made_up()
    over: dict[float, list[Exchange]] = {}
    for level, _, room, group in everywhere(people, TALKERS_A_ROOM, room_folder, quiet=as_json):
        performance = talk_over(level, room, group, config_path, overrides)
        over.setdefault(level, []).extend(e for e in performance.exchanges if e.over_turn)
    found = [_row(level, exchanges) for level, exchanges in over.items()]
    tell(found, _print_table, as_json=as_json)


def made_up() -> list[Line]:
    """Return what synthetic talkers say."""
    voices = [accent + variant for variant in VARIANTS for accent in ACCENTS]
    return [Line(says=SAYINGS[(i + i // len(SAYINGS)) % len(SAYINGS)], voice=voice)
            for i, voice in enumerate(voices)]  # fmt: skip


def _row(level: float, over: Sequence[Exchange]) -> Row:
    stopped = [each for each in over if each.stopped and not each.answer]
    silent = [_behind_the_word(each) for each in stopped if each.silent_ms is not None]
    missed = (each for each in over if each not in stopped)
    return Row(
        echo_over_talker_db=level,
        said=len(over),
        stopped=len(stopped),
        silent_ms=percentiles(silent) if silent else None,
        missed=tuple(f"{each.line.shown} ({each.line.voice})" for each in missed),
    )


def _behind_the_word(exchange: Exchange) -> float:
    sound = sound_of(exchange.line, Path())
    quiet_s = onset_s(sound.samples[::-1].copy(), sound.rate_hz)
    ends_ms = 1000 * (len(sound.samples) / sound.rate_hz - quiet_s)
    return (exchange.silent_ms or 0.0) - ends_ms


def _print_table(found: Sequence[Row]) -> None:
    click.echo("echo over   stopped    silent behind the word, ms")
    click.echo("talker                   p50     p95   worst")
    for row in found:
        times = spread_text(row.silent_ms)
        click.echo(f"{row.echo_over_talker_db:+5.0f} dB   {row.stopped:4}/{row.said:<5}{times}")
        for who in row.missed:
            click.echo(f"           not heard: {who}")
