"""`xtalk-edge bench engines`: what each engine costs on this machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ, samples_to_pcm
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines import hosting
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import EdgeError
from xtalk_edge.scenes.script import TALKER_VOICE
from xtalk_edge.scenes.sounds import spoken

from .engine_cost import MEASURED_SLOTS, EngineCost, measure

HEARD = "What time is it? Set a timer for ten minutes. And turn on the kitchen light."


@dataclass(frozen=True, slots=True)
class Row:
    """One engine of the settings."""

    slot: str
    type: str
    cost: EngineCost | None
    problem: str
    """Why it could not be measured; "" otherwise."""


@click.command()
@click.option("--slot", "slots", multiple=True, type=click.Choice(MEASURED_SLOTS),
              help="Only this one; repeatable.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    slots: Sequence[str], as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Measure what each engine of the settings costs on this machine.

    Each is loaded in a process of its own and hears, or speaks, a few seconds.

    \b
    load     time until it can be used
    memory   by how much it makes a process larger
    factor   its work as a share of the sound's time: below 1 it keeps up
    first    of a voice, time until its first sound; of what is asked now and then (turn detector,
             speaker, captioner, rewriters, embeddings), until it has answered

    What a language model costs: xtalk-edge bench agent. The exit code is 1 when an engine cannot
    be loaded.
    """
    rows = engine_costs(read_config(config_path, overrides), slots or MEASURED_SLOTS)
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows]}))
    else:
        _print_table(rows)
    if any(row.problem for row in rows):
        raise click.exceptions.Exit(1)


def engine_costs(config: Config, slots: Sequence[str]) -> list[Row]:
    """Return what the engines of the settings cost, one after another."""
    with tempfile.NamedTemporaryFile(suffix=".pcm") as sound:
        speech = spoken(HEARD, EspeakTTS(voice=TALKER_VOICE))
        sound.write(samples_to_pcm(np.concatenate((np.zeros(RATE_HZ // 2, np.int16), speech))))
        sound.flush()
        return [_row(slot, getattr(config, slot), Path(sound.name)) for slot in slots]


def _row(slot: str, engine: EngineConfig, sound: Path) -> Row:
    try:
        found = measure(slot, engine.type, hosting.params_of(slot, engine), sound)
    except EdgeError as error:
        return Row(slot, engine.type, None, str(error))
    return Row(slot, engine.type, found, "")


def _print_table(rows: Sequence[Row]) -> None:
    click.echo("slot             engine             load     memory    factor     first")
    for row in rows:
        click.echo(f"{row.slot:16} {row.type:16} {_figures(row)}")


def _figures(row: Row) -> str:
    if row.cost is None:
        return row.problem
    found = row.cost
    factor = "-" if found.real_time_factor is None else f"{found.real_time_factor:.4f}"
    first = "-" if found.first_ms is None else f"{found.first_ms:.1f} ms"
    return f"{found.load_s:7.2f} s {found.memory_mb:7.1f} MB {factor:>9} {first:>9}"
