"""`xtalk-edge bench interpret`: how long after a word its interpretation can be heard."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.room import RoomCard, RoomScene, Said
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.engines.interfaces import Agent, AgentContext
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.events import (
    ASRResultFinal,
    ASRStableSegmentReady,
    Event,
    InterpretingLagged,
    LatencyMetricsUpdated,
    TTSPlaybackStarted,
)
from xtalk_edge.turn.phrases import joined

from .percentiles import Percentiles, percentiles, spread_text
from .talk_words import Talk, talk_of
from .turn_questions import VOICES, questions
from .turn_talk import ROOM_NOISE_DB
from .verdict import tell

HEARD_P50_MS, HEARD_P95_MS = 2_500.0, 5_000.0
"""People who interpret at conferences are two to four seconds behind the speaker."""

SENTENCES_A_TALK = 6


class Repeating(Agent):
    """Says what it is told: as long as a translation, and thought of at once."""

    async def async_accept(self, context: AgentContext) -> AsyncIterator[str]:
        """Yield the piece."""
        if context.type == "asr_final":
            yield context.text


@dataclass(frozen=True, slots=True)
class Row:
    """All talks."""

    talks: int
    pieces: int
    left_out: int
    during: int
    """Talks of which something could be heard again before they were over."""
    certain_ms: Percentiles | None
    """From the end of a piece's last word until the piece was certain."""
    heard_ms: Percentiles | None
    """From the end of a piece's last word until its answer could be heard."""
    told_ms: Percentiles | None
    """The same as the device tells it, from when the recogniser first wrote that word."""

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""
        heard = self.heard_ms
        soon = heard is not None and heard.p50 <= HEARD_P50_MS and heard.p95 <= HEARD_P95_MS
        return soon and not self.left_out and self.during == self.talks


@click.command()
@click.option("--talks", default=10, show_default=True, type=click.IntRange(1, 1_000),
              help="Talks of six sentences each.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of the sentences and voices.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    talks: int,
    seed: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure how long after a word its interpretation can be heard.

    Synthetic voices talk to an interpreter in real time, six sentences without a pause; with the
    answer that takes some fifteen seconds a talk. The talker wears headphones. The agent says what
    it is told, so that all is measured but the translation; --set agent.type=... takes another.

    \b
    certain  from the end of a piece's last word until the piece goes to the agent, or waits for it
    heard    the same until its answer can be heard: what was said before is said first
    told     the same in the device's own events, which count from when the word was first written

    The exit code is 1 when a piece is left out, when nothing of a talk is heard before it is over,
    or when pieces are heard later than 2.5 s (median; p95 5 s).
    """
    own = (
        *("interpret.on=true", "wake.mode=always", "asr.type=sherpa-streaming", "echo.type=none"),
        f"agent.type={__name__}:Repeating",
    )
    sentences = [each.text for each in questions(talks * SENTENCES_A_TALK, seed)]
    came = []
    for number in range(talks):
        said = talk_of(
            sentences[number * SENTENCES_A_TALK :][:SENTENCES_A_TALK],
            EspeakTTS(voice=VOICES[number % len(VOICES)]),
        )
        came.append(asyncio.run(_interpreted(said, config_path, (*own, *overrides))))
        if not as_json:
            click.echo(f"{number + 1} of {talks} talks", err=True)
    tell([_row(came)], _print_table, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Piece:
    certain_ms: float
    heard_ms: float | None
    told_ms: float | None
    during: bool
    """Whether it could be heard before the talk was over."""


@dataclass(frozen=True, slots=True)
class _Came:
    pieces: list[_Piece]
    left_out: int


async def _interpreted(talk: Talk, config_path: Path | None, changes: tuple[str, ...]) -> _Came:
    """Let somebody talk, and wait until everything was said again."""
    events: list[Event] = []
    over = asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        config = read_config(config_path, changes, Path(state_dir), passing=True)
        room = RoomCard(RoomScene(noise_db=ROOM_NOISE_DB, record=False))
        appliance = Appliance(config, card=room)
        appliance.subscribe_event(Event, events.append)
        appliance.subscribe_event(ASRResultFinal, lambda _final: over.set())
        async with appliance:
            said = room.say(talk.sound, RATE_HZ, at_s=room.position / room.rate_hz + 0.5)
            await over.wait()
            await appliance.settled()
            return _judge(talk, said, room.started_at_s or 0.0, events)


def _judge(talk: Talk, said: Said, started_at_s: float, events: Sequence[Event]) -> _Came:
    audible = {e.turn_id: e.at_s for e in events if isinstance(e, TTSPlaybackStarted)}
    told = {e.turn_id: e.voice_to_voice_ms for e in events if isinstance(e, LatencyMetricsUpdated)}
    pieces, understood = [], ""
    for event in events:
        if not isinstance(event, ASRStableSegmentReady):
            continue
        understood = joined(understood, event.text)
        ended_s = started_at_s + said.start_s + talk.said_by_s(understood)
        at_s = audible.get(event.turn_id)
        pieces.append(
            _Piece(
                certain_ms=1000 * (event.at_s - ended_s),
                heard_ms=None if at_s is None else 1000 * (at_s - ended_s),
                told_ms=told.get(event.turn_id),
                during=at_s is not None and at_s < started_at_s + said.end_s,
            )
        )
    left_out = sum(isinstance(e, InterpretingLagged) and bool(e.left_out) for e in events)
    return _Came(pieces, left_out)


def _row(came: Sequence[_Came]) -> Row:
    pieces = [piece for each in came for piece in each.pieces]
    return Row(
        talks=len(came),
        pieces=len(pieces),
        left_out=sum(each.left_out for each in came),
        during=sum(any(piece.during for piece in each.pieces) for each in came),
        certain_ms=_spread([piece.certain_ms for piece in pieces]),
        heard_ms=_spread([piece.heard_ms for piece in pieces]),
        told_ms=_spread([piece.told_ms for piece in pieces]),
    )


def _spread(values: Sequence[float | None]) -> Percentiles | None:
    known = [value for value in values if value is not None]
    return percentiles(known) if known else None


def _print_table(rows: Sequence[Row]) -> None:
    for row in rows:
        click.echo(
            f"{row.talks} talks, {row.pieces} pieces, {row.left_out} left out; "
            f"{row.during} talks heard again before they were over"
        )
        click.echo("ms          p50     p95   worst")
        for name, spread in (
            ("certain", row.certain_ms), ("heard", row.heard_ms), ("told", row.told_ms),
        ):  # fmt: skip
            click.echo(f"{name:8}{spread_text(spread)}")
