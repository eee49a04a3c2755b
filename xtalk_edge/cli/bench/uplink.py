"""`xtalk-edge bench uplink`: what the client of X-Talk servers costs, in time and over time."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ, samples_to_pcm
from xtalk_edge.cli.progress import TOLD_EVERY_S, Tell, progress
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink.xtalk.client import XTalkClient
from xtalk_edge.uplink.xtalk.facts import ReplyOver, ReplySound, Unanswered
from xtalk_edge.uplink.xtalk.speech import FRAME_BYTES

from . import uplink_server
from .holdings import Kept, kept_now, most
from .percentiles import Percentiles, percentiles, spread_text
from .verdict import tell

SETTLED_AFTER = 0.2
"""By then caches have filled and the allocator knows what is asked of it."""
LOOKS = 40
"""How often memory is looked at: each look walks all of the process's pages."""
GROWTH = 1.02
"""Of memory, from then on; a task or a socket more is one too many."""
AT_ONCE = Backoff(first_s=0.001, longest_s=0.002)
"""Owners' devices wait a second and more."""
PATIENCE_S = 10.0
"""Whoever has not answered by then does not."""
QUESTION = "what time is it"
SPEECH_S = 1.2
BURST_SETTLES_S = 0.1
"""The bench speaks faster than people do; this is how long the server has for it."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """All connections that were made and lost."""

    what: str
    cycles: int
    made: int
    """How many came about."""
    settled: Kept
    """The most there was until a fifth of them was over."""
    worst: Kept
    """From then on."""
    reconnect_ms: Percentiles
    """From a loss to the next session."""

    @property
    def passed(self) -> bool:
        """Tell whether it may run for a month."""
        return (
            self.made == self.cycles
            and self.worst.tasks <= self.settled.tasks
            and self.worst.files <= self.settled.files
            and self.worst.memory_mb <= GROWTH * self.settled.memory_mb
        )


@dataclass(frozen=True, slots=True)
class Turns:
    """All turns of one kind."""

    what: str
    turns: int
    first_ms: Percentiles | None
    """From the last that went up to the first that came down."""

    @property
    def passed(self) -> bool:
        """Tell whether all were answered."""
        return self.first_ms is not None and self.first_ms.count == self.turns


@click.command()
@click.option("--cycles", default=1000, show_default=True, type=click.IntRange(10, 1_000_000),
              help="How often to connect and be dropped.")  # fmt: skip
@click.option("--turns", default=200, show_default=True, type=click.IntRange(1, 100_000),
              help="How many turns of each kind to time.")  # fmt: skip
@click.option("--url", default="", help="Time turns with this server; no cycles then.")
@click.option("--token", default="", help='Where its token is kept: "env:NAME" or "file:PATH".')
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(cycles: int, turns: int, url: str, token: str, as_json: bool) -> None:
    """Measure what the client of X-Talk servers costs.

    A server that answers at once is started beside it, unless --url names another. It drops each
    connection, by turns without a word, with a goodbye, and by nonsense; the client connects again.

    \b
    cycles      connections made and lost; tasks, open files and memory: the most until a fifth of
                them was over, and the most from then on; a loss until the next session
    text        from a text going up to the first words coming down
    audio       from the end of speech going up to the first sound coming down

    The exit code is 1 when anything grows (memory by more than 2 %) or a turn has no answer.
    """
    with progress(elsewhere_every_s=TOLD_EVERY_S) as show:
        found = asyncio.run(_measure(cycles, turns, url, token, show))
    tell(found, _print_table, as_json=as_json)


async def _measure(
    cycles: int, turns: int, url: str, token: str, show: Tell
) -> list[Cycles | Turns]:
    if url:
        return await _time_turns(url, token, turns, show)
    async with _own_server("rude") as rude_url:
        row = await _connect_and_drop(rude_url, cycles, show)
    async with _own_server() as kind_url:
        return [row, *await _time_turns(kind_url, token, turns, show)]


@contextlib.asynccontextmanager
async def _own_server(*manners: str) -> AsyncIterator[str]:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", uplink_server.__name__, *manners, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        port = int(await server.stdout.readline())
        yield f"ws://127.0.0.1:{port}/ws"
    finally:
        server.kill()
        await server.wait()


# -- cycles ----------------------------------------------------------------------------------


async def _connect_and_drop(url: str, cycles: int, show: Tell) -> Cycles:
    client = XTalkClient(UplinkConfig(url=url, full="prefer"), backoff=AT_ONCE)
    line = client.lines["full"]
    changed = asyncio.Event()
    lost_s: float | None = None
    back_ms: list[float] = []

    def note() -> None:
        nonlocal lost_s
        if line.trouble:
            lost_s = lost_s or perf_counter()
        elif lost_s is not None:
            back_ms.append(1000 * (perf_counter() - lost_s))
            lost_s = None
        changed.set()

    client.on_change = note
    early: list[Kept] = []
    late: list[Kept] = []
    every = max(1, cycles // LOOKS)
    client.start()
    try:
        for number in range(1, cycles + 1):
            async with asyncio.timeout(PATIENCE_S):
                while line.connects < number:
                    changed.clear()
                    await changed.wait()
            if number % every == 0:
                gc.collect()
                (early if number <= SETTLED_AFTER * cycles else late).append(kept_now())
                show(f"{number} of {cycles} connections")
    except TimeoutError:
        pass  # The row says how many there were.
    finally:
        await client.aclose()
    return Cycles(
        what="cycles",
        cycles=cycles,
        made=min(line.connects, cycles),
        settled=most(early),
        worst=most(late),
        reconnect_ms=percentiles(back_ms or [0.0]),
    )


# -- turns -----------------------------------------------------------------------------------


async def _time_turns(url: str, token: str, turns: int, show: Tell) -> list[Cycles | Turns]:
    config = UplinkConfig(url=url, token=token, allow_plain=True)
    client = XTalkClient(config, ("agent", "full"))
    changed = asyncio.Event()
    client.on_change = changed.set
    client.start()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while client.abilities != {"agent", "full"}:
                    changed.clear()
                    await changed.wait()
        rows: list[Cycles | Turns] = []
        for what, use, time_one in (("text", "agent", _time_text), ("audio", "full", _time_audio)):
            times_ms = []
            for number in range(turns):
                if trouble := client.trouble_with(use):  # type: ignore[arg-type]
                    click.echo(f"{what}: {trouble}", err=True)
                    break
                with contextlib.suppress(UplinkError, TimeoutError):
                    async with asyncio.timeout(PATIENCE_S):
                        times_ms.append(await time_one(client))
                show(f"{what}: {number + 1} of {turns} turns")
            rows.append(Turns(what, turns, percentiles(times_ms) if times_ms else None))
        return rows
    finally:
        await client.aclose()


async def _time_text(client: XTalkClient) -> float:
    answer = client.answer(QUESTION)
    began_s = perf_counter()
    await anext(answer)
    took_ms = 1000 * (perf_counter() - began_s)
    async for _ in answer:
        pass
    return took_ms


async def _time_audio(client: XTalkClient) -> float:
    sound = np.random.default_rng(1).integers(-3_000, 3_000, int(SPEECH_S * RATE_HZ), np.int16)
    pcm = samples_to_pcm(sound)
    async with client.talk() as talk:
        talk.begin_speech(pcm[:-FRAME_BYTES])
        # Faster than people speak, so the server gets its time before the last frame.
        await asyncio.sleep(BURST_SETTLES_S)
        talk.send(pcm[-FRAME_BYTES:])
        began_s = perf_counter()
        talk.end_speech()
        took_ms: float | None = None
        async for fact in talk.facts:
            if isinstance(fact, ReplySound):
                took_ms = took_ms or 1000 * (perf_counter() - began_s)
                talk.played(fact)
            elif isinstance(fact, ReplyOver):
                talk.playback_finished()
                break
            elif isinstance(fact, Unanswered):
                raise UplinkError("no answer")
    if took_ms is None:
        raise UplinkError("no sound")
    return took_ms


def _print_table(found: Sequence[Cycles | Turns]) -> None:
    for row in found:
        if isinstance(row, Cycles):
            click.echo(f"{'connections':17} tasks    open files   memory, MB      back, ms")
            click.echo(f"{'':52}    p50     p95   worst")
            click.echo(
                f"{row.made:6}/{row.cycles:<6} {row.settled.tasks:4} -> {row.worst.tasks:<4}"
                f" {row.settled.files:4} -> {row.worst.files:<4}"
                f" {row.settled.memory_mb:6.1f} -> {row.worst.memory_mb:<6.1f}"
                f" {spread_text(row.reconnect_ms)}"
            )
    click.echo("first answer after   answered    p50, ms  p95, ms")
    for row in found:
        if isinstance(row, Turns):
            first = row.first_ms
            times = "      -        -" if first is None else f"{first.p50:8.2f} {first.p95:8.2f}"
            click.echo(f"{row.what:18} {first.count if first else 0:5}/{row.turns:<6} {times}")
