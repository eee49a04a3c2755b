"""`xtalk-edge transcribe`: recordings as text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import click

from xtalk_edge.audio.format import RATE_HZ, samples_to_pcm
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.hosting import hosted
from xtalk_edge.tools.device.owners_border import open_border


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@config_options
def command(
    files: tuple[Path, ...], as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Turn recordings into text with the configured recogniser.

    The starter recogniser understands commands, not dictation: anything else comes back empty.

    \b
    Examples:
      xtalk-edge transcribe question.wav
      xtalk-edge transcribe *.wav --json
    """
    config = read_config(config_path, overrides)
    with open_border(config):
        asyncio.run(_show(config, files, as_json))


async def _show(config: Config, files: tuple[Path, ...], as_json: bool) -> None:
    async for path, text, confidence in transcribe(config, files):
        if as_json:
            record = {"file": str(path), "text": text, "confidence": round(confidence, 3)}
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            click.echo(f"{path}: {text or '(nothing understood)'}")


async def transcribe(
    config: Config, files: tuple[Path, ...]
) -> AsyncIterator[tuple[Path, str, float]]:
    """Yield file, text and confidence for each recording, in order."""
    async with hosted("asr", config.asr) as asr:
        for path in files:
            sound = read_sound(path, RATE_HZ)
            text = await asr.worker.run(asr.engine.recognize, samples_to_pcm(sound.samples))
            yield path, text, await asr.worker.run(asr.engine.confidence)
