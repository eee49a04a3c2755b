"""`xtalk-edge bench idle`: what listening costs while nobody says anything to the device."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import click

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.tts.espeak import EspeakTTS

from .percentiles import Percentiles, percentiles
from .process_tree import cost, cpu_s, processes

WARM_UP_S = 3.0
"""Loading is over by then; what a start costs is another question."""

CPU_LIMIT_PERCENT = 6.0
MEMORY_LIMIT_MB = 200.0
"""What the starter kit may take of one core and of a 1 GB board."""

ROOM_NOISE_DB = -60.0
"""A quiet living room at a microphone of usual gain."""

CHATTER = "And then she told me that they had walked along the river until it was getting dark."


@dataclass(frozen=True, slots=True)
class Idle:
    """One condition."""

    condition: str
    cpu_percent: Percentiles
    """Of one core, second by second."""
    memory_mb: float
    processes: int

    @property
    def passed(self) -> bool:
        """Tell whether it stayed within both limits."""
        return self.cpu_percent.p50 <= CPU_LIMIT_PERCENT and self.memory_mb <= MEMORY_LIMIT_MB


@click.command()
@click.option("--seconds", default=30, show_default=True, type=click.IntRange(3, 3600),
              help="How long to listen in each condition.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    seconds: int, as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Measure what listening costs while nobody talks to the device.

    The appliance listens to a simulated room in real time, first to its quiet, then to somebody
    who talks to somebody else. Wake word, voice detection, echo canceller and the room itself are
    counted, in this process and its children.

    \b
    processor   seconds of one core a second, as the median and the 95th of 100 seconds
    memory      proportional set size: a page that processes share counts once

    The exit code is 1 when the quiet room takes more than 6 % of a core or 200 MB.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        tell = (lambda _text: None) if as_json else _progress
        found = asyncio.run(_measure(config, seconds, tell))
    quiet = found[0]
    if as_json:
        rows = [asdict(each) for each in found]
        click.echo(json.dumps({"seconds": seconds, "passed": quiet.passed, "rows": rows}))
    else:
        _print_table(found)
    if not quiet.passed:
        raise click.exceptions.Exit(1)


def _progress(text: str) -> None:
    click.echo(text, err=True)


async def _measure(config: Config, seconds: int, tell: Callable[[str], None]) -> list[Idle]:
    """Return what the quiet room cost, and then the one with talk in it."""
    room = RoomCard(RoomScene(noise_db=ROOM_NOISE_DB, seed=1, record=False))
    voice = EspeakTTS()
    chatter = pcm_to_samples(voice.synthesize(CHATTER))
    appliance = Appliance(config, card=room, progress=tell)
    async with appliance:
        await asyncio.sleep(WARM_UP_S)
        tell(f"listening to a quiet room for {seconds} s")
        quiet = await _watch("a quiet room", seconds)
        begins_s, lasts_s = room.position / room.rate_hz, len(chatter) / voice.sample_rate
        for number in range(round(seconds / lasts_s) + 1):
            room.say(chatter, voice.sample_rate, at_s=begins_s + number * lasts_s)
        tell(f"listening to talk for {seconds} s")
        talk = await _watch("talk to somebody else", seconds)
    return [quiet, talk]


async def _watch(condition: str, seconds: int) -> Idle:
    shares: list[float] = []
    # Whose pages are whose takes the kernel milliseconds to say: that is asked once, at the end.
    of = processes()
    last, last_s = cpu_s(of), perf_counter()
    for _ in range(seconds):
        await asyncio.sleep(1.0)
        now, now_s = cpu_s(of), perf_counter()
        shares.append(100 * (now - last) / (now_s - last_s))
        last, last_s = now, now_s
    whole = cost()
    return Idle(condition, percentiles(shares), whole.memory_mb, whole.processes)


def _print_table(found: list[Idle]) -> None:
    click.echo("listening to            one core p50     p95   memory   processes")
    for each in found:
        cpu = each.cpu_percent
        click.echo(
            f"{each.condition:22} {cpu.p50:13.1f} % {cpu.p95:5.1f} % {each.memory_mb:5.0f} MB"
            f" {each.processes:9}"
        )
    verdict = "PASS" if found[0].passed else "FAIL"
    click.echo(
        f"{verdict}: at most {CPU_LIMIT_PERCENT:.0f} % and {MEMORY_LIMIT_MB:.0f} MB in quiet"
    )
