"""`xtalk-edge scene`: conversations in a simulated room, held and judged."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.recording import write_recording
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.tts import espeak_library
from xtalk_edge.scenes.exchange import Exchange
from xtalk_edge.scenes.script import Scene, load
from xtalk_edge.scenes.stage import Performance, perform

SCENES = "configs/scenes"


@dataclass(frozen=True, slots=True)
class Options:
    """How the scenes are to be held."""

    config_path: Path | None
    overrides: tuple[str, ...]
    real_time: bool
    recordings: Path | None


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE.toml]...",
                type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a scene.")
@click.option("--real-time", is_flag=True, help="In real time, not as fast as the machine can.")
@click.option("-o", "--recordings", metavar="FOLDER",
              type=click.Path(file_okay=False, path_type=Path),
              help="Keep what was said (left) and played (right) of each scene.")  # fmt: skip
@config_options
def command(
    files: tuple[Path, ...],
    as_json: bool,
    real_time: bool,
    recordings: Path | None,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Hold conversations in a simulated room and judge what comes of them.

    Without a FILE all scenes that come with the program are held. A scene says in TOML what the
    room is like (echo, noise, reverberation, drift), who says what when (in words, as a recording
    of yours, or a made-up cough), and what should come of it. Begin with a copy of
    configs/scenes/interrupted.toml; its comments explain every key.

    \b
    Examples:
      xtalk-edge scene
      xtalk-edge scene kitchen.toml --set turn.silence_ms=500
      xtalk-edge scene kitchen.toml -o recordings --json

    The exit code is 1 when anything is not as it should be.
    """
    scenes = [load(path) for path in files or sorted(data_path(SCENES).glob("*.toml"))]
    options = Options(config_path, overrides, real_time, recordings)
    failed = 0
    for scene in scenes:
        performance = _perform(scene, options)
        failed += bool(performance.problems)
        if as_json:
            click.echo(json.dumps(_as_json(performance)))
        else:
            _report(performance)
    if not as_json and len(scenes) > 1:
        click.echo(f"{len(scenes) - failed} of {len(scenes)} scenes went as they should")
    if failed:
        raise click.exceptions.Exit(1)


def _perform(scene: Scene, options: Options) -> Performance:
    # Whatever scenes were held before, the same scene sounds the same.
    espeak_library.begin_anew()
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-scene-") as state_dir:
        overrides = (*scene.settings, *options.overrides)
        config = read_config(options.config_path, overrides, Path(state_dir), passing=True)
        held = perform(scene, config)
        performance = asyncio.run(held) if options.real_time else run_virtual(held)
    if options.recordings is not None:
        name = re.sub(r"\W+", "_", scene.title.lower()).strip("_")
        path = options.recordings / f"{name or 'scene'}.wav"
        write_recording(performance.recording, path)
    return performance


def _report(performance: Performance) -> None:
    good = not performance.problems
    click.secho(f"{'ok' if good else 'FAILED':8}{performance.scene.title}",
                fg="green" if good else "red")  # fmt: skip
    for exchange in performance.exchanges:
        click.echo(f"        {exchange.line.shown}")
        click.echo(click.style(f"          {_consequences(exchange)}", dim=True))
    if performance.own_ducks:
        click.echo(f"        lowered its voice {performance.own_ducks} times for nobody")
    for problem in performance.problems:
        click.secho(f"        {problem}", fg="red")


def _consequences(exchange: Exchange) -> str:
    """Tell what came of a line, in its report's second line."""
    parts = []
    if exchange.ducked_ms is not None:
        parts.append(f"lowered after {exchange.ducked_ms:.0f} ms")
    if exchange.silent_ms is not None:
        waited = "" if exchange.stopped else ", and on from there"
        parts.append(f"silent after {exchange.silent_ms:.0f} ms{waited}")
    if exchange.latency is not None and exchange.latency.voice_to_voice_ms is not None:
        parts.append(f"answered {exchange.latency.voice_to_voice_ms:.0f} ms after its end")
    if exchange.answer:
        parts.append(f"{exchange.answer!r}{' (cut)' if exchange.cut else ''}")
    return ", ".join(parts) or "nothing came of it"


def _as_json(performance: Performance) -> dict[str, Any]:
    return {
        "title": performance.scene.title,
        "passed": not performance.problems,
        "problems": performance.problems,
        "own_ducks": performance.own_ducks,
        "own_cuts": performance.own_cuts,
        "lines": [_line_as_json(each) for each in performance.exchanges],
    }


def _line_as_json(exchange: Exchange) -> dict[str, Any]:
    latency = exchange.latency
    return {
        "line": exchange.line.shown,
        "outcome": exchange.line.outcome,
        "understood": exchange.understood,
        "tools": exchange.tools,
        "answer": exchange.answer,
        "cut": exchange.cut,
        "ducked_ms": exchange.ducked_ms,
        "silent_ms": exchange.silent_ms,
        "voice_to_voice_ms": latency.voice_to_voice_ms if latency else None,
        "problem": exchange.problem,
    }
