"""`xtalk-edge bench recover`: whether a conversation survives the death of an engine."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from xtalk_edge.bus import handles
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.child_process import ChildProcess
from xtalk_edge.events import (
    ASRResultFinal,
    ASRResultPartial,
    LLMAgentResponseFinish,
    LLMFirstChunk,
    TTSChunkGenerated,
)
from xtalk_edge.scenes.exchange import Exchange
from xtalk_edge.scenes.script import Line, Room, Scene
from xtalk_edge.scenes.stage import perform

from .percentiles import Percentiles, percentiles, spread_text
from .verdict import tell

QUESTIONS = {
    "asr": "How many days are there until Christmas?",
    "tts": "What can you do?",
    "agent": "Set a timer for ten minutes.",
}
"""Long enough to be killed over: the first to hear, the second to answer; the third has effects."""

MID_SENTENCE_CHUNK = 60
"""3.6 s into the answer; its first clause may have been made beforehand."""

RECOVERED_MS = 3_000.0
"""Of 95 in 100: longer, and an owner asks again."""


@dataclass(frozen=True, slots=True)
class Row:
    """All deaths of one engine."""

    slot: str
    killed: int
    answered: int
    """How many of these questions were answered to the end all the same."""
    recovered_ms: Percentiles | None
    """From the kill until the engine's next work, wall clock."""

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""
        whole = self.killed > 0 and self.answered == self.killed
        return whole and self.recovered_ms is not None and self.recovered_ms.p95 <= RECOVERED_MS


class Killer:
    """Kills the process of one engine in the middle of its work, once a turn."""

    def __init__(self, slot: str) -> None:
        self._slot = slot
        self._turn_id = 0
        self._killed_s: float | None = None
        self.killed_turns: list[int] = []
        self.recovered_ms: list[float] = []

    @handles(ASRResultPartial)
    def on_partial(self, event: ASRResultPartial) -> None:
        """Kill the recogniser at the first words of a turn; later ones show that it is back."""
        if self._slot == "asr":
            self._note(event.turn_id, due=True)

    @handles(ASRResultFinal)
    def on_final(self, event: ASRResultFinal) -> None:
        """The recogniser is back at the latest when the turn's text is there."""
        if self._slot == "asr":
            self._note(event.turn_id, due=False)

    @handles(LLMFirstChunk)
    def on_thought(self, event: LLMFirstChunk) -> None:
        """Kill the agent when it has decided on a tool; it may be running already."""
        if self._slot == "agent":
            self._note(event.turn_id, due=True)

    @handles(LLMAgentResponseFinish)
    def on_answer(self, event: LLMAgentResponseFinish) -> None:
        """The agent is back when the whole answer is there."""
        if self._slot == "agent":
            self._note(event.turn_id, due=False)

    @handles(TTSChunkGenerated)
    def on_chunk(self, event: TTSChunkGenerated) -> None:
        """Kill the voice in mid-sentence; the next sound shows that it is back."""
        if self._slot == "tts":
            self._note(event.turn_id, due=event.chunk_index == MID_SENTENCE_CHUNK)

    def _note(self, turn_id: int, *, due: bool) -> None:
        if self._killed_s is not None:
            self.recovered_ms.append(1000 * (time.perf_counter() - self._killed_s))
            self._killed_s = None
        elif due and turn_id != self._turn_id:
            self._turn_id = turn_id
            self.killed_turns.append(turn_id)
            self._killed_s = time.perf_counter()
            for child in list(ChildProcess.running):
                if child.slot == self._slot and child.is_alive:
                    os.kill(child.pid, signal.SIGKILL)


@click.command()
@click.option("--kills", default=10, show_default=True, type=click.IntRange(1, 1000),
              help="How often each engine is killed.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    kills: int, as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Measure whether a conversation survives the death of an engine.

    In a simulated room the whole appliance is asked a question again and again, with recogniser,
    voice or agent in a process of its own, which is killed (kill -9) in the middle of each
    sentence, the agent once it has decided on a tool.

    \b
    answered    questions that were answered to the end all the same
    recovered   how long after the kill the engine worked again

    The exit code is 1 unless every question is answered, and 95 % of recoveries take less than
    three seconds.
    """
    found = [_row(slot, kills, config_path, overrides, quiet=as_json) for slot in QUESTIONS]
    tell(found, _print_table, as_json=as_json)


def _row(
    slot: str, kills: int, config_path: Path | None, overrides: tuple[str, ...], *, quiet: bool
) -> Row:
    if not quiet:
        click.echo(f"killing {slot} {kills} times", err=True)
    killer = Killer(slot)
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        changes = ("wake.mode=always", f'{slot}.isolation="process"', *overrides)
        config = read_config(config_path, changes, Path(state_dir), passing=True)
        scene = Scene(
            title="recover", room=Room(), line=(Line(says=QUESTIONS[slot], outcome="any"),) * kills
        )
        performance = run_virtual(perform(scene, config, views=[killer]))
    answered = [each for each in performance.exchanges if _is_answered(each, killer.killed_turns)]
    return Row(
        slot=slot,
        killed=len(killer.killed_turns),
        answered=len(answered),
        recovered_ms=percentiles(killer.recovered_ms) if killer.recovered_ms else None,
    )


def _is_answered(exchange: Exchange, killed_turns: Sequence[int]) -> bool:
    return bool(exchange.turn_id in killed_turns and exchange.tools and not exchange.cut)


def _print_table(found: Sequence[Row]) -> None:
    click.echo("engine   answered   recovered, ms")
    click.echo("                      p50     p95   worst")
    for row in found:
        times = spread_text(row.recovered_ms)
        click.echo(f"{row.slot:8} {row.answered:4}/{row.killed:<5} {times}")
