"""`xtalk-edge demo`: a conversation in a simulated room."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click

from xtalk_edge.audio.portaudio_devices import list_devices
from xtalk_edge.cli.live import LiveView
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.recording import write_recording
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.files import data_path
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import DeviceError
from xtalk_edge.scenes.script import load
from xtalk_edge.scenes.stage import Performance, perform

SCENE = "configs/scenes/conversation.toml"


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("demo/conversation.wav"),
    show_default=True,
    help="Stereo recording: the talker left, the device right.",
)
@click.option("--fast", is_flag=True, help="As fast as this machine can, not in real time.")
@config_options
def command(output: Path, fast: bool, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Hold a conversation in a simulated room, through the real engines.

    A synthetic talker asks, the device hears it through a simulated microphone (with the echo of
    its own loudspeaker), and answers. One answer is interrupted, one question comes with noise.
    Exit code 1 means that an answer was missing or wrong.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-demo-") as state_dir:
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        conversation = _converse(config)
        performance = run_virtual(conversation) if fast else asyncio.run(conversation)
    write_recording(performance.recording, output)
    _report(performance, output)
    if performance.problems:
        raise click.exceptions.Exit(1)


async def _converse(config: Config) -> Performance:
    view = LiveView()
    try:
        return await perform(load(data_path(SCENE)), config, views=[view], progress=view.note)
    finally:
        view.close()


def _report(performance: Performance, output: Path) -> None:
    exchanges = performance.exchanges
    click.echo("\nmilliseconds after the end of the question:")
    click.echo("  end found   text   agent   voice   audible   question")
    for exchange in exchanges:
        latency = exchange.latency
        if latency is None:
            click.echo(f"{'-':>11}{'-':>7}{'-':>8}{'-':>8}{'-':>10}   {exchange.line.shown}")
            continue
        click.echo(
            f"{latency.endpoint_wait_ms or 0:11.0f}{latency.asr_final_ms or 0:7.0f}"
            f"{(latency.llm_first_token_ms or 0) + (latency.llm_sentence_ms or 0):8.0f}"
            f"{latency.tts_first_chunk_ms or 0:8.0f}{latency.voice_to_voice_ms or 0:10.0f}"
            f"   {exchange.line.shown}"
        )
    click.echo(f"\nrecording: {output} (left the talker, right the device)")
    for exchange in exchanges:
        if exchange.problem:
            heard = f"understood {exchange.understood!r}, answered {exchange.answer!r}"
            click.secho(f"FAILED: {exchange.line.shown} ({exchange.problem}; {heard})", fg="red")
    for problem in performance.of_all:
        click.secho(f"FAILED: {problem}", fg="red")
    good = sum(not exchange.problem for exchange in exchanges)
    click.echo(f"{good} of {len(exchanges)} turns were answered as they should be.")
    try:
        found = list_devices()
    except DeviceError:
        found = []
    if found:
        click.echo("A sound card is present: start the live appliance with: xtalk-edge run")
