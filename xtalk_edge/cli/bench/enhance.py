"""`xtalk-edge bench enhance`: what the speech enhancers do to noise, and what they cost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

import click
import numpy as np

from xtalk_edge.audio.format import (
    FULL_SCALE,
    RATE_HZ,
    Samples,
    db_to_gain,
    level_db,
    pcm_to_samples,
    power,
    to_int16,
)
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.interfaces import ASR, SpeechEnhancer

from .dnsmos import Dnsmos
from .people import at_level, sound_files
from .verdict import tell

REFERENCE = "webrtc-ns"
"""What everybody has, to compare with. It turns phases, which counts as distortion here."""

SNRS_DB = (0.0, 5.0, 10.0)
"""Of speech to noise."""

PIECE_BYTES = 320
"""10 ms, as the ear hands them over."""

LONGEST_S = 12.0
"""Of each recording."""

SPEECH_DB = -26.0
"""A talker at a microphone of usual gain."""

ALIKE = 1e-4
"""By how much, of full scale, a stream may differ from the same sound in one piece."""


@dataclass(frozen=True, slots=True)
class Row:
    """One enhancer at one level of noise; means over all recordings."""

    engine: str
    snr_db: float
    gain_db: float
    """By how much the scale-invariant signal-to-distortion ratio rises."""
    opinion: float | None
    """DNSMOS of what it leaves; None without the network."""
    opinion_before: float | None
    cost_us: float
    """Median of 10 ms."""
    differs: float
    """Most that a stream differs from the same sound in one piece, of full scale."""
    understood: int | None
    """Recordings of which the recogniser makes the same text as without noise; None without one."""
    understood_before: int | None
    understood_of: int | None

    @property
    def passed(self) -> bool:
        """Tell whether it helps, and hears a stream as it hears a whole; of the reference, nothing
        is asked.
        """
        if self.engine == REFERENCE:
            return True
        better = self.opinion is None or self.opinion > (self.opinion_before or 0.0)
        return self.gain_db > 0 and better and self.differs <= ALIKE


@click.command()
@click.option("--speech", required=True, metavar="FOLDER",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Recordings of people, without noise.")  # fmt: skip
@click.option("--noises", required=True, metavar="FOLDER",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Recordings of noise.")  # fmt: skip
@click.option("--model", "models", multiple=True, metavar="NAME=FILE",
              help="An enhancer to try with its model, e.g. fastenhancer=fast.onnx; repeatable."
                   " WebRTC's is tried in any case.")  # fmt: skip
@click.option("--dnsmos", metavar="FILE.onnx",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Microsoft's DNSMOS P.835; without it there are no opinions.")  # fmt: skip
@click.option("--recognise", is_flag=True,
              help="Also count what the recogniser of the settings makes of it.")  # fmt: skip
@click.option("--most", default=12, show_default=True, type=click.IntRange(1, 10_000),
              help="So many recordings of people at most.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    speech: Path,
    noises: Path,
    models: Sequence[str],
    dnsmos: Path | None,
    recognise: bool,
    most: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Try the speech enhancers on people in noise.

    \b
    gain       by how much less distorted the speech is (SI-SDR), mean of all recordings
    opinion    DNSMOS, before and after: what listeners would say, 1 to 5
    cost       processor time of 10 ms, median
    differs    most that sound in pieces of 10 ms differs from the same sound in one piece
    understood recordings of which the recogniser makes the same text as without noise, before
               and after, with --recognise

    The exit code is 1 when an enhancer with a model makes anything worse.
    """
    engines = _engines(models)
    judge = Dnsmos(dnsmos) if dnsmos else None
    people = [_speech(path) for path in sound_files(speech)[:most]]
    beds = [read_sound(path, RATE_HZ).samples for path in sound_files(noises)]
    rows = []
    with contextlib.ExitStack() as stack:
        listener = None
        if recognise:
            asr = hosting.create("asr", read_config(config_path, overrides).asr)
            stack.callback(asr.close)
            listener = Listener(asr, people)
        for snr_db in SNRS_DB:
            mixed = list(_mixtures(people, beds, snr_db))
            before = _Heard.of([noisy for _, noisy in mixed], judge, listener)
            for name, params in engines.items():
                if not as_json:
                    click.echo(f"{name}, speech {snr_db:.0f} dB above the noise", err=True)
                rows.append(_row(name, params, snr_db, mixed, before, judge, listener))
    tell(rows, _print_table, as_json=as_json)


class Listener:
    """Knows what a recogniser makes of people when it is quiet."""

    def __init__(self, asr: ASR, people: Sequence[Samples]) -> None:
        self._asr = asr
        self._texts = [asr.recognize(speech.tobytes()) for speech in people]

    @property
    def most(self) -> int:
        """How many it understands at all."""
        return sum(map(bool, self._texts))

    def understood(self, sounds: Sequence[Samples]) -> int:
        """Return of how many of the same people's sounds it makes the same."""
        return sum(
            self._asr.recognize(sound.tobytes()) == text
            for sound, text in zip(sounds, self._texts, strict=True)
            if text
        )


@dataclass(frozen=True, slots=True)
class _Heard:
    """What listeners and a recogniser make of sounds."""

    opinion: float | None
    understood: int | None

    @classmethod
    def of(
        cls, sounds: Sequence[Samples], judge: Dnsmos | None, listener: Listener | None
    ) -> _Heard:
        return cls(
            round(fmean(map(judge.overall, sounds)), 2) if judge else None,
            listener.understood(sounds) if listener else None,
        )


def _engines(models: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return each enhancer to try with its parameters.

    Raises:
        click.UsageError: a model is given to nobody.
    """
    given = dict(each.partition("=")[::2] for each in models)
    known = registry.names("enhancer")
    for name, path in given.items():
        if name not in known or not path:
            raise click.UsageError(
                f"--model {name}={path}: write NAME=FILE with one of {', '.join(known)}"
            )
    return {REFERENCE: {}} | {name: {"model": path} for name, path in given.items()}


def _speech(path: Path) -> Samples:
    sound = read_sound(path, RATE_HZ).samples[: round(LONGEST_S * RATE_HZ)]
    return at_level(sound, SPEECH_DB)


def _mixtures(
    people: Sequence[Samples], beds: Sequence[Samples], snr_db: float
) -> Iterator[tuple[Samples, Samples]]:
    """Yield each talker alone and in noise, the next noise for each."""
    for speech, bed in zip(people, islice(cycle(beds), len(people)), strict=True):
        noise = np.resize(bed, len(speech))
        gain = db_to_gain(level_db(speech) - snr_db - level_db(noise))
        yield speech, to_int16(speech + noise * gain)


def _row(
    name: str,
    params: dict[str, str],
    snr_db: float,
    mixed: Sequence[tuple[Samples, Samples]],
    before: _Heard,
    judge: Dnsmos | None,
    listener: Listener | None,
) -> Row:
    gains: list[float] = []
    left: list[Samples] = []
    costs: list[float] = []
    differs = [0.0]
    enhancer: SpeechEnhancer = registry.create("enhancer", name, params)
    try:
        for speech, noisy in mixed:
            whole = _cleaned(enhancer, [noisy.tobytes()], [])
            pieces = _pieces(noisy.tobytes())
            cleaned = _cleaned(enhancer, pieces, costs)
            differs.append(float(np.abs(whole.astype(int) - cleaned).max()) / FULL_SCALE)
            gains.append(_si_sdr_db(cleaned, speech) - _si_sdr_db(noisy, speech))
            left.append(cleaned)
    finally:
        enhancer.close()
    after = _Heard.of(left, judge, listener)
    return Row(
        engine=name,
        snr_db=snr_db,
        gain_db=round(fmean(gains), 2),
        opinion=after.opinion,
        opinion_before=before.opinion,
        cost_us=round(1e6 * median(costs), 1),
        differs=max(differs),
        understood=after.understood,
        understood_before=before.understood,
        understood_of=listener.most if listener else None,
    )


def _pieces(pcm: bytes) -> list[bytes]:
    return [pcm[start : start + PIECE_BYTES] for start in range(0, len(pcm), PIECE_BYTES)]


def _cleaned(enhancer: SpeechEnhancer, pieces: Sequence[bytes], costs_s: list[float]) -> Samples:
    """Return what an enhancer makes of a sound, without its delay; note the cost of 10 ms."""
    began_s = perf_counter()
    pcm = b"".join(enhancer.enhance(piece) for piece in pieces) + enhancer.flush()
    seconds = sum(map(len, pieces)) / 2 / RATE_HZ
    costs_s.append((perf_counter() - began_s) / seconds / 100)
    return pcm_to_samples(pcm)[enhancer.latency_samples :]


def _si_sdr_db(sound: Samples, speech: Samples) -> float:
    """Return the scale-invariant signal-to-distortion ratio of speech in a sound."""
    wanted, found = speech.astype(np.float64), sound.astype(np.float64)
    share = wanted * (np.dot(found, wanted) / np.dot(wanted, wanted))
    return float(10 * np.log10(np.dot(share, share) / max(power(found - share) * len(found), 1.0)))


def _print_table(rows: Sequence[Row]) -> None:
    click.echo(
        "enhancer       noise    gain     opinion          cost of 10 ms   differs   understood"
    )
    for row in rows:
        said = (
            f"{row.opinion_before:5.2f} -> {row.opinion:4.2f}"
            if row.opinion is not None
            else "            -"
        )
        click.echo(
            f"{row.engine:13} {row.snr_db:3.0f} dB {row.gain_db:+6.1f} dB  {said}"
            f" {row.cost_us:10.0f} us   {row.differs:8.1e}   {_understood(row)}"
        )


def _understood(row: Row) -> str:
    if row.understood is None:
        return "-"
    return f"{row.understood_before} -> {row.understood} of {row.understood_of}"
