"""`xtalk-edge bench resume`: whether an answer goes on when nobody meant to interrupt it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

import click

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.audio.sound_file import read_sound, write_wav
from xtalk_edge.bus import handles
from xtalk_edge.cli.options import config_options
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.events import Event, TTSPlaybackFinished, TTSPlaybackStarted, TTSStopped
from xtalk_edge.scenes.script import Line, Room
from xtalk_edge.scenes.stage import Performance

from .echo_room import TALKER_DB
from .over_answer import everywhere, talk_over
from .people import rooms_option, sound_files
from .verdict import tell
from .wholeness import Wholeness, wholeness

RESUMES = 0.95
"""Answers that must go on to their end."""

BACKCHANNELS = (
    *("uh huh", "mm hmm", "okay", "right", "i see"),
    *("oh", "wow", "really", "all right", "go on"),
)

VOICES = ("en-us+m7", "en-gb+f3", "en-gb-scotland+klatt3")
"""espeak-ng voices that nothing in the starter kit was made from."""

COUGHS_DB = (TALKER_DB + 6, TALKER_DB, TALKER_DB - 6)
CLAPS_DB = (TALKER_DB + 6, TALKER_DB - 6)

NOISE_S = 3.0
"""A piece of a recording; an answer takes nine seconds."""

PIECES_A_NOISE = 2

MOST_WAYS = 8
"""Of cutting an answer into clauses; two are usual."""

MARGIN_S = 0.25
"""Around an answer, in which its first and last sound lie whatever the latency."""


class RememberedVoice(EspeakTTS):
    """Says the same words the same way each time, and remembers how."""

    said: ClassVar[dict[str, list[SpeechChunk]]] = {}

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        """Yield what was said the first time."""
        if text not in self.said:
            self.said[text] = list(super().synthesize_marked(text))
        yield from self.said[text]

    def sounds_of(self, answer: str) -> Iterator[Samples]:
        """Yield how an answer may have been said, at 16 kHz: it was cut into clauses we know, but
        not always in one way only.
        """
        for clauses in islice(self._ways(answer, 0), MOST_WAYS):
            pcm = b"".join(chunk.pcm for text in clauses for chunk in self.said[text])
            yield convert(pcm_to_samples(pcm), self.sample_rate, RATE_HZ)

    def _ways(self, answer: str, at: int) -> Iterator[list[str]]:
        while answer[at : at + 1] == " ":
            at += 1
        if at == len(answer):
            yield []
        for text in self.said:
            if text and answer.startswith(text, at):
                yield from ([text, *rest] for rest in self._ways(answer, at + len(text)))


@dataclass(frozen=True, slots=True)
class Case:
    """One sound over one answer."""

    kind: str
    what: str
    room: str
    echo_over_talker_db: float
    lowered: bool
    stood_still: bool
    went_on: bool
    """Whether the answer was heard to its end, and the sound itself got none."""
    taken_for: str
    """Why the answer ended, and what was understood; "" if neither."""
    words: Wholeness

    @property
    def good(self) -> bool:
        """Tell whether the listener missed nothing and heard nothing twice."""
        return self.went_on and self.words.lost == self.words.repeated == 0


@dataclass(frozen=True, slots=True)
class Row:
    """All sounds of one kind at one level."""

    kind: str
    echo_over_talker_db: float
    sounds: int
    lowered: int
    stood_still: int
    went_on: int
    lost: int
    """Pieces of 100 ms that were not heard of answers that went on."""
    repeated: int
    wrong: tuple[str, ...]
    """Which sounds were taken for something else, and where."""

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""
        return self.went_on >= RESUMES * self.sounds and self.lost == self.repeated == 0


class _Answers:
    """When each answer began and ended."""

    def __init__(self) -> None:
        self.began_s: dict[int, float] = {}
        self.ended_s: dict[int, float] = {}
        self.cut: dict[int, str] = {}
        """Why, of those that did not come to their end."""

    @handles(TTSPlaybackStarted)
    def on_start(self, event: Event) -> None:
        """An answer can be heard."""
        self.began_s[event.turn_id] = event.at_s

    @handles(TTSPlaybackFinished)
    @handles(TTSStopped)
    def on_end(self, event: Event) -> None:
        """It is over."""
        self.ended_s[event.turn_id] = event.at_s
        if isinstance(event, TTSStopped):
            self.cut[event.turn_id] = event.reason


@click.command()
@click.option("--noises", "noise_folder", metavar="FOLDER",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Recordings of noise, in addition.")  # fmt: skip
@rooms_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    noise_folder: Path | None,
    room_folder: Path | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure whether an answer goes on when nobody meant to interrupt it.

    In each simulated room the whole appliance gives a long answer, and two seconds into it
    somebody says "uh-huh", "okay" or the like, coughs, or claps. These sounds are synthetic;
    --noises adds recordings.

    \b
    lowered    answers that became quieter
    still      answers that paused
    went on    answers that were heard to their end, while the sound itself was left alone
    lost       pieces of 100 ms that were not heard, of answers that went on
    twice      pieces that were heard twice

    The exit code is 1 when less than 95 % of the answers go on, or anything is lost or repeated.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-noises-") as folder:
        sounds = [*made_up(), *_noises(noise_folder, Path(folder))]
        cases = []
        lines = [line for _, line in sounds]
        places = everywhere(lines, len(lines), room_folder, quiet=as_json)
        for level, place, room, _ in places:
            cases += _try_out(level, place, room, sounds, config_path, overrides)
    kinds = dict.fromkeys((case.kind, case.echo_over_talker_db) for case in cases)
    found = [_row(kind, level, cases) for kind, level in kinds]
    tell(found, _print_table, as_json=as_json)


def made_up() -> list[tuple[str, Line]]:
    """Return the synthetic sounds, each with its kind."""
    spoken = [
        Line(says=text, voice=VOICES[number % len(VOICES)], level_db=TALKER_DB)
        for number, text in enumerate(BACKCHANNELS)
    ]
    return [
        *(("backchannel", line) for line in spoken),
        *(("cough", Line(sound="cough", level_db=level)) for level in COUGHS_DB),
        *(("clap", Line(sound="clap", level_db=level)) for level in CLAPS_DB),
    ]


def _noises(folder: Path | None, pieces_folder: Path) -> Iterator[tuple[str, Line]]:
    """Yield pieces of recorded noise."""
    for path in sound_files(folder) if folder else ():
        sound = read_sound(path, RATE_HZ)
        size = round(NOISE_S * RATE_HZ)
        latest = max(0, len(sound.samples) - size)
        for number in range(PIECES_A_NOISE):
            start = latest * number // max(1, PIECES_A_NOISE - 1)
            piece = pieces_folder / f"{path.stem}-{number + 1}.wav"
            write_wav(piece, sound.samples[start : start + size], RATE_HZ)
            yield "noise", Line(recording=str(piece), level_db=TALKER_DB)


def _try_out(
    level: float, place: str, room: Room, sounds: Sequence[tuple[str, Line]],
    config_path: Path | None, overrides: tuple[str, ...],
) -> list[Case]:  # fmt: skip
    answers, voice = _Answers(), RememberedVoice()
    changes = (
        f"tts.type={__name__}:{RememberedVoice.__name__}",
        "tts.isolation=thread",
    )
    performance = talk_over(level, room, [line for _, line in sounds], config_path,
                            (*overrides, *changes), views=[answers])  # fmt: skip
    _, *asked_and_over = performance.exchanges
    pairs = zip(asked_and_over[::2], asked_and_over[1::2], strict=True)
    return [
        Case(
            kind=kind,
            what=line.shown,
            room=place,
            echo_over_talker_db=level,
            lowered=over.ducked_ms is not None,
            stood_still=over.silent_ms is not None,
            went_on=bool(asked.answer) and not (asked.cut or over.answer or over.tools),
            taken_for=" ".join(filter(None, (answers.cut.get(asked.turn_id), over.understood))),
            words=_words(voice, asked.answer, _heard(performance, answers, asked.turn_id)),
        )
        for (kind, line), (asked, over) in zip(sounds, pairs, strict=True)
    ]


def _words(voice: RememberedVoice, answer: str, heard: Samples) -> Wholeness:
    """Return what was heard of an answer; of nothing that can be compared, nothing."""
    found = [wholeness(said, heard) for said in voice.sounds_of(answer)]
    return min(found, key=lambda each: each.lost + each.repeated, default=Wholeness(0, 0, 0))


def _heard(performance: Performance, answers: _Answers, turn_id: int) -> Samples:
    """Return what the loudspeaker gave of an answer."""
    _, played = performance.recording
    if turn_id not in answers.began_s.keys() & answers.ended_s.keys():
        return played[:0]
    began_s, ended_s = (
        at_s[turn_id] - performance.began_s for at_s in (answers.began_s, answers.ended_s)
    )
    start = round(max(0.0, began_s - MARGIN_S) * RATE_HZ)
    return played[start : round((ended_s + MARGIN_S) * RATE_HZ)]


def _row(kind: str, level: float, cases: Sequence[Case]) -> Row:
    of_kind = [c for c in cases if c.kind == kind and c.echo_over_talker_db == level]
    went_on = [case for case in of_kind if case.went_on]
    return Row(
        kind=kind,
        echo_over_talker_db=level,
        sounds=len(of_kind),
        lowered=sum(case.lowered for case in of_kind),
        stood_still=sum(case.stood_still for case in of_kind),
        went_on=len(went_on),
        lost=sum(case.words.lost for case in went_on),
        repeated=sum(case.words.repeated for case in went_on),
        wrong=tuple(
            f"{case.what} ({case.room}) {case.taken_for}".rstrip()
            for case in of_kind
            if not case.good
        ),
    )


def _print_table(found: Sequence[Row]) -> None:
    click.echo("echo over   sound         sounds  lowered  still   went on   lost  twice")
    click.echo("talker")
    for row in found:
        click.echo(
            f"{row.echo_over_talker_db:+5.0f} dB    {row.kind:12} {row.sounds:7} {row.lowered:8}"
            f" {row.stood_still:6} {row.went_on:9} {row.lost:6} {row.repeated:6}"
        )
        for which in row.wrong:
            click.echo(f"            not well: {which}")
