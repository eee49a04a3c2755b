"""`xtalk-edge say`: a text as speech."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.hosting import hosted
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.tools.device.owners_border import open_border


@click.command()
@click.argument("text")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="WAV file to write.",
)
@config_options
def command(text: str, output: Path, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Turn TEXT into speech with the configured voice.

    \b
    Examples:
      xtalk-edge say "Dinner is ready." -o dinner.wav
      xtalk-edge say "Hello." -o hello.wav --set tts.voice=en-us+f3
    """
    if not text.strip():
        raise click.UsageError("there is nothing to say: give a TEXT")
    config = read_config(config_path, overrides)
    with open_border(config):
        seconds = asyncio.run(_say(config, text, output))
    click.echo(f"{output}: {seconds:.1f} s of speech")


async def _say(config: Config, text: str, output: Path) -> float:
    async with hosted("speed", config.speed) as speed, hosted("tts", config.tts) as voice:
        mouth = await Mouth.open(voice, speed, config.speed.usual)
        pcm = pcm_to_samples(b"".join([chunk.pcm async for chunk in mouth.speech_of(text)]))
        write_wav(output, pcm, mouth.sample_rate)
        return len(pcm) / mouth.sample_rate
