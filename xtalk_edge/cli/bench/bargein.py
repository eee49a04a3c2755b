"""`xtalk-edge bench bargein`: how the whole device takes people who talk over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options
from xtalk_edge.scenes.exchange import Exchange
from xtalk_edge.scenes.sounds import sound_of
from xtalk_edge.scenes.stage import Performance

from .echo_room import onset_s
from .over_answer import everywhere, talk_over
from .people import NOTICED_SHARE, rooms_option, talkers, talkers_option
from .percentiles import Percentiles, percentiles
from .verdict import tell

DUCKED_P50_MS, DUCKED_P95_MS = 110.0, 220.0
SILENT_P95_MS = 700.0
"""What an owner may expect at each level."""

TALKERS_A_ROOM = 8
"""With their questions they take 15 s each."""


@dataclass(frozen=True, slots=True)
class Row:
    """All rooms at one level."""

    echo_over_talker_db: float
    talkers: int
    noticed: int
    """How many lowered the device's voice."""
    ducked_ms: Percentiles | None
    """From a talker's onset until then."""
    silent_ms: Percentiles | None
    """From a talker's onset until the device stood still or stopped, where it did."""
    own_ducks: int
    """How often the device lowered its voice for nobody."""
    own_cuts: int
    """How often it interrupted itself."""

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""
        enough = self.noticed >= NOTICED_SHARE[self.echo_over_talker_db] * self.talkers
        quick = (
            self.ducked_ms is not None
            and self.ducked_ms.p50 <= DUCKED_P50_MS
            and self.ducked_ms.p95 <= DUCKED_P95_MS
            and (self.silent_ms is None or self.silent_ms.p95 <= SILENT_P95_MS)
        )
        return enough and quick and not self.own_cuts


@click.command()
@talkers_option
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
    """Measure how the whole device takes people who talk over it.

    In each simulated room it gives a long answer undisturbed, which teaches it the room; then it is
    asked again for each talker, who talks two seconds into the answer. All engines are those of the
    settings.

    \b
    noticed    talkers for whom it lowered its voice, and how long after they began
    silent     how long after they began it stood still or stopped
    itself     times it lowered its voice, and interrupted itself, while nobody talked

    The exit code is 1 when less than 90 % of the talkers are noticed 10 dB above the echo, or 75 %
    at its level; when it takes more than 110 ms (median; p95 220 ms) to lower its voice, or 700 ms
    (p95) to be silent; or when it interrupts itself.
    """
    people = talkers(talker_folder)
    held: dict[float, list[Performance]] = {}
    for level, _, room, group in everywhere(people, TALKERS_A_ROOM, room_folder, quiet=as_json):
        performance = talk_over(level, room, group, config_path, overrides)
        held.setdefault(level, []).append(performance)
    found = [_row(level, performances) for level, performances in held.items()]
    tell(found, _print_table, as_json=as_json)


def _row(level: float, performances: Sequence[Performance]) -> Row:
    over = [each for one in performances for each in one.exchanges if each.over_turn]
    ducked = [_since_onset(each, each.ducked_ms) for each in over if each.ducked_ms is not None]
    silent = [_since_onset(each, each.silent_ms) for each in over if each.silent_ms is not None]
    return Row(
        echo_over_talker_db=level,
        talkers=len(over),
        noticed=len(ducked),
        ducked_ms=percentiles(ducked) if ducked else None,
        silent_ms=percentiles(silent) if silent else None,
        own_ducks=sum(one.own_ducks for one in performances),
        own_cuts=sum(one.own_cuts for one in performances),
    )


def _since_onset(exchange: Exchange, since_begin_ms: float) -> float:
    sound = sound_of(exchange.line, Path())
    return since_begin_ms - 1000 * onset_s(sound.samples, sound.rate_hz)


def _print_table(found: Sequence[Row]) -> None:
    click.echo("echo over   noticed    lowered, ms    silent, ms         of itself")
    click.echo("talker                 p50     p95    p50     p95  cases  lowered  cut")
    for row in found:
        click.echo(
            f"{row.echo_over_talker_db:+5.0f} dB   {row.noticed:4}/{row.talkers:<4}"
            f"{_spread(row.ducked_ms)} {_spread(row.silent_ms)}"
            f" {row.silent_ms.count if row.silent_ms else 0:6} {row.own_ducks:8} {row.own_cuts:4}"
        )


def _spread(figures: Percentiles | None) -> str:
    return f"{figures.p50:6.0f} {figures.p95:7.0f}" if figures else "     -       -"
