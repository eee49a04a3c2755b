"""`xtalk-edge demo`: a conversation in a simulated room."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click
import numpy as np

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import WavWriter
from xtalk_edge.audio.portaudio import list_devices
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.cli.demo_script import SCRIPT, Exchange, Talker
from xtalk_edge.cli.live import LiveView
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import DeviceError

TALKER_VOICE = "en-us+klatt4"
"""Unlike the device's own voice, so that a listener can tell them apart."""

ECHO_DB = -20.0
"""How much quieter the device hears itself than it speaks: a small loudspeaker a hand away."""


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
        config = read_config(config_path, overrides, Path(state_dir))
        conversation = _converse(config, output)
        exchanges = run_virtual(conversation) if fast else asyncio.run(conversation)
    _report(exchanges, output)
    if any(exchange.problem for exchange in exchanges):
        raise click.exceptions.Exit(1)


async def _converse(config: Config, output: Path) -> list[Exchange]:
    room = RoomCard(RoomScene(echo_db=ECHO_DB, seed=1))
    view = LiveView()
    appliance = Appliance(config, card=room, progress=view.note)
    appliance.bus.register(view)
    try:
        async with appliance:
            talker = Talker(appliance, room, EspeakTTS(voice=TALKER_VOICE))
            exchanges = await talker.talk(SCRIPT)
            await appliance.settled()
    finally:
        view.close()
    _write_recording(room, output)
    return exchanges


def _write_recording(room: RoomCard, output: Path) -> None:
    talker, device = room.recording()
    output.parent.mkdir(parents=True, exist_ok=True)
    with WavWriter(output, room.rate_hz, channels=2) as wav:
        wav.write(np.stack((talker, device), axis=1))


def _report(exchanges: list[Exchange], output: Path) -> None:
    click.echo("\nmilliseconds after the end of the question:")
    click.echo("  end found   text   agent   voice   audible   question")
    for exchange in exchanges:
        latency = exchange.latency
        if latency is None:
            click.echo(f"{'-':>11}{'-':>7}{'-':>8}{'-':>8}{'-':>10}   {exchange.line.says}")
            continue
        click.echo(
            f"{latency.endpoint_wait_ms or 0:11.0f}{latency.asr_final_ms or 0:7.0f}"
            f"{(latency.llm_first_token_ms or 0) + (latency.llm_sentence_ms or 0):8.0f}"
            f"{latency.tts_first_chunk_ms or 0:8.0f}{latency.voice_to_voice_ms or 0:10.0f}"
            f"   {exchange.line.says}"
        )
    click.echo(f"\nrecording: {output} (left the talker, right the device)")
    for exchange in exchanges:
        if exchange.problem:
            heard = f"understood {exchange.understood!r}, answered {exchange.answer!r}"
            click.secho(f"FAILED: {exchange.line.says} ({exchange.problem}; {heard})", fg="red")
    good = sum(not exchange.problem for exchange in exchanges)
    click.echo(f"{good} of {len(exchanges)} turns were answered as they should be.")
    try:
        found = list_devices()
    except DeviceError:
        found = []
    if found:
        click.echo("A sound card is present: start the live appliance with: xtalk-edge run")
