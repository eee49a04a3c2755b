"""`xtalk-edge bench echo`: whether the device hears itself, and people over itself."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, Sound
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.echo.frames import FRAME_BYTES
from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import Room
from xtalk_edge.scenes.sounds import sound_of, spoken

from .echo_room import ALONE_S, BETWEEN_S, Result, try_out
from .people import LEVELS_DB, NOTICED_SHARE, rooms, rooms_option, talkers, talkers_option
from .percentiles import Percentiles, percentiles
from .self_hearing import REPLIES, hear_itself, passed, print_verdict

FALSE_STARTS_A_MINUTE = 1.0

MOST_TALKERS = 8
"""In one room; each takes 4.5 s."""


@dataclass(frozen=True, slots=True)
class Row:
    """One canceller at one level, all rooms together."""

    engine: str
    echo_over_talker_db: float
    removed_db: tuple[float, float, float]
    """Medians over the rooms: first two seconds, up to the eighth, after it."""
    false_starts_a_minute: float
    noticed: int
    talkers: int
    reaction_ms: Percentiles | None
    frame_us: float

    @property
    def passed(self) -> bool:
        """Tell whether the device would neither interrupt itself nor talk people down."""
        wanted = NOTICED_SHARE[self.echo_over_talker_db] * self.talkers
        return self.false_starts_a_minute <= FALSE_STARTS_A_MINUTE and self.noticed >= wanted


@click.command()
@click.option("--engine", "engines", multiple=True, type=click.Choice(registry.names("echo")),
              help="Try this canceller; repeatable. Without it: all of them.")  # fmt: skip
@click.option("--full", is_flag=True,
              help="Let the whole appliance talk for minutes in each room instead.")  # fmt: skip
@click.option("--minutes", default=20.0, show_default=True, type=click.FloatRange(0.5, 600.0),
              help="With --full: how long in each room, at each level.")  # fmt: skip
@talkers_option
@rooms_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    engines: tuple[str, ...],
    full: bool,
    minutes: float,
    talker_folder: Path | None,
    room_folder: Path | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure whether the device hears itself, and whether it hears people over itself.

    In each simulated room the device talks without a pause: 20 s alone, then people talk over it.
    What reaches its voice detector, through the ear it has in an appliance, is judged.

    \b
    removed     how much quieter the echo became (ERLE): in the first 2 s, until 8 s, after that
    false       starts of speech a minute for which there was no talker
    noticed     talkers that were noticed, and how long after they began

    With --full the whole appliance talks without a pause, and nobody else does. It must not cut
    itself nor understand a word, and may lower its voice once a minute and take itself for the
    stop word once an hour. That takes some two minutes for twenty.

    The exit code is 1 when that fails; without --full, when the canceller of the settings makes
    more than one false start a minute, or lets less than 90 % of the talkers through 10 dB above
    the echo, or 75 % at its level.
    """
    if full:
        _talk_alone(room_folder, minutes, config_path, overrides, as_json=as_json)
        return
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        chosen = config.echo.type
        names = list(engines) or sorted({*registry.names("echo"), chosen})
        people = [sound_of(line, Path()) for line in talkers(talker_folder)]
        found = []
        for row in _measured(config, names, rooms(room_folder), people, quiet=as_json):
            found.append(row)
    judged = [row for row in found if row.engine == chosen]
    contented = all(row.passed for row in judged)
    if as_json:
        rows = [asdict(row) | {"passed": row.passed} for row in found]
        click.echo(json.dumps({"chosen": chosen, "passed": contented, "rows": rows}))
    else:
        _print_table(found)
        click.echo(f"{'PASS' if contented else 'FAIL'}: {chosen}, which the settings name"
                   if judged else "the canceller that the settings name was not tried")  # fmt: skip
    if not contented:
        raise click.exceptions.Exit(1)


def _talk_alone(
    room_folder: Path | None, minutes: float, config_path: Path | None,
    overrides: tuple[str, ...], *, as_json: bool,
) -> None:  # fmt: skip
    def tell(text: str) -> None:
        if not as_json:
            click.echo(text)

    found = hear_itself(rooms(room_folder), minutes, config_path, overrides, tell)
    if as_json:
        click.echo(json.dumps({"passed": passed(found), "rows": [asdict(one) for one in found]}))
    else:
        print_verdict(found)
    if not passed(found):
        raise click.exceptions.Exit(1)


def _measured(
    config: Config, names: Sequence[str], places: Mapping[str, Room], people: Sequence[Sound],
    *, quiet: bool,
) -> Iterator[Row]:  # fmt: skip
    """Yield a row for each level and canceller; tell what is being done unless `quiet`."""
    replies = _replies(ALONE_S + MOST_TALKERS * BETWEEN_S + 1.0)
    for level in LEVELS_DB:
        for name in names:
            echo = replace(config.echo, type=name, params={})
            if name == config.echo.type:
                echo = config.echo
            results, costs_us = [], []
            for number, (place, room) in enumerate(places.items()):
                if not quiet:
                    click.echo(f"{name}, echo {level:+.0f} dB, {place}", err=True)
                canceller = hosting.create("echo", echo)
                group = [people[(number * MOST_TALKERS + i) % len(people)]
                         for i in range(min(MOST_TALKERS, len(people)))]  # fmt: skip
                results.append(try_out(config, canceller, room, level, replies, group))
                costs_us.append(_frame_us(canceller, replies))
                canceller.close()
            yield _row(name, level, results, costs_us)


def _row(name: str, level: float, results: Sequence[Result], costs_us: Sequence[float]) -> Row:
    reactions = [ms for result in results for ms in result.reactions_ms]
    removed = np.median([result.removed_db for result in results], axis=0).round(1)
    minutes = sum(result.own_speech_s for result in results) / 60
    return Row(
        engine=name,
        echo_over_talker_db=level,
        removed_db=(float(removed[0]), float(removed[1]), float(removed[2])),
        false_starts_a_minute=round(sum(r.false_starts for r in results) / minutes, 2),
        noticed=len(reactions),
        talkers=sum(result.talkers for result in results),
        reaction_ms=percentiles(reactions) if reactions else None,
        frame_us=round(float(np.median(costs_us)), 1),
    )


def _frame_us(canceller: EchoCanceller, replies: Samples) -> float:
    """Return what 10 ms cost, as the median of two seconds of the device's own voice."""
    sound = replies.astype("<i2").tobytes()
    costs = []
    for start in range(0, 200 * FRAME_BYTES, FRAME_BYTES):
        frame = sound[start : start + FRAME_BYTES]
        began_s = time.perf_counter()
        canceller.cancel(frame, frame)
        costs.append(time.perf_counter() - began_s)
    return 1e6 * float(np.median(costs))


def _replies(seconds: float) -> Samples:
    voice = EspeakTTS()
    once = np.concatenate([spoken(text, voice) for text in REPLIES])
    return np.resize(once, round(seconds * RATE_HZ))


def _print_table(found: Sequence[Row]) -> None:
    click.echo(
        "canceller  echo over   removed, dB          false     noticed   reaction, ms   10 ms"
    )
    click.echo(
        "           talker      0-2 s  2-8 s  then   a minute            p50     p95    cost"
    )
    for row in found:
        early, middle, late = row.removed_db
        spread = (
            f"{row.reaction_ms.p50:6.0f} {row.reaction_ms.p95:7.0f}"
            if row.reaction_ms
            else "     -       -"
        )
        click.echo(
            f"{row.engine:10} {row.echo_over_talker_db:+5.0f} dB   {early:7.1f} {middle:6.1f}"
            f" {late:5.1f} {row.false_starts_a_minute:9.2f}   {row.noticed:4}/{row.talkers:<4}"
            f"{spread} {row.frame_us:5.0f} us"
        )
