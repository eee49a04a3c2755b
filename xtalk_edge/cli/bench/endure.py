"""`xtalk-edge bench endure`: whether the recogniser's memory stays what it was."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ, samples_to_pcm
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, Tell, progress
from xtalk_edge.engines import hosting
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import TALKER_VOICE
from xtalk_edge.scenes.sounds import spoken

from .holdings import GROWTH
from .process_tree import cost
from .verdict import tell

SENTENCES = ("what time is it", "set a timer for five minutes", "turn on the lights",
             "add milk to the shopping list")  # fmt: skip

PIECE_BYTES = RATE_HZ // 10 * 2
"""A tenth of a second, as most recognisers are fed."""

LOOKS = 40
"""How often memory is looked at: each look walks all of the process's pages."""

SETTLED_AFTER = 0.1
"""By then caches have filled and the allocator knows what is asked of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One recogniser."""

    engine: str
    utterances: int
    understood: int
    """How many gave a text."""
    settled_mb: float
    """Resident memory of this process and the engine's own, after a tenth of them."""
    worst_mb: float
    """From then on."""
    real_time_factor: float
    """Time that hearing took, as a share of the sound's."""

    @property
    def passed(self) -> bool:
        """Tell whether it may run for a month."""
        return self.understood > 0 and self.worst_mb <= GROWTH * self.settled_mb


@click.command()
@click.option("--utterances", default=1000, show_default=True, type=click.IntRange(10, 1_000_000),
              help="How many to hear.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    utterances: int, as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Measure whether the recogniser's memory stays what it was.

    The recogniser of the settings hears one synthetic sentence after another, piece by piece as in
    a conversation. Try others with --set asr.type="sherpa-streaming".

    \b
    understood  sentences that gave a text
    memory      of this process and the engine's own: after a tenth of the sentences, and the most
                from then on
    factor      time that hearing took, as a share of the sound's

    The exit code is 1 when memory grows by more than 5 %.
    """
    config = read_config(config_path, overrides)
    recogniser = hosting.create("asr", config.asr)
    with contextlib.closing(recogniser), progress(elsewhere_every_s=TOLD_EVERY_S) as show:
        row = _endured(config.asr.type, recogniser, utterances, show)
    tell([row], _print_table, as_json=as_json)


def _endured(engine: str, recogniser: ASR, utterances: int, show: Tell) -> Row:
    voice = EspeakTTS(voice=TALKER_VOICE)
    lead = np.zeros(RATE_HZ // 5, np.int16)
    sounds = [samples_to_pcm(np.concatenate((lead, spoken(text, voice)))) for text in SENTENCES]
    looks: list[tuple[int, float]] = []
    understood, heard_s = 0, 0.0
    every = max(1, utterances // LOOKS)
    began_s = perf_counter()
    for number, sound in enumerate(itertools.islice(itertools.cycle(sounds), utterances), 1):
        recogniser.reset()
        for start in range(0, len(sound), PIECE_BYTES):
            recogniser.recognize_stream(sound[start : start + PIECE_BYTES])
        understood += bool(recogniser.recognize_stream(b"", is_final=True))
        heard_s += len(sound) / 2 / RATE_HZ
        if number % every == 0:
            looks.append((number, cost().resident_mb))
            show(f"{number} of {utterances} sentences, {looks[-1][1]:.0f} MB")
    took_s = perf_counter() - began_s
    later = [memory_mb for number, memory_mb in looks if number >= SETTLED_AFTER * utterances]
    return Row(
        engine=engine,
        utterances=utterances,
        understood=understood,
        settled_mb=later[0],
        worst_mb=max(later),
        real_time_factor=round(took_s / heard_s, 4),
    )


def _print_table(found: Sequence[Row]) -> None:
    click.echo("recogniser          understood      memory, MB       factor")
    for row in found:
        click.echo(
            f"{row.engine:18} {row.understood:6}/{row.utterances:<6} "
            f"{row.settled_mb:6.1f} -> {row.worst_mb:6.1f}  {row.real_time_factor:8.3f}"
        )
