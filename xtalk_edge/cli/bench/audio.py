"""`xtalk-edge bench audio`: the audio core through a real sound stack, under load."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import click

from xtalk_edge.audio.portaudio import PortAudioCard
from xtalk_edge.audio.portaudio_devices import find_device, list_devices
from xtalk_edge.audio.portaudio_library import load_sounddevice
from xtalk_edge.errors import DeviceError

from .audio_report import (
    load_text,
    outcome_text,
    position_text,
    python_text,
    reaction_text,
    stall_text,
)
from .books import Verdict
from .loop_load import python_callback, under_load
from .loop_position import audible_position
from .loop_reactions import reactions
from .loop_stall import stalled_reader
from .pulse import PrivatePulse
from .witness import Witness


class Judged(Protocol):
    """What a part of the measurement found."""

    @property
    def verdict(self) -> Verdict:
        """Whether it was good, and if not, whose fault that is."""


Result = TypeVar("Result", bound=Judged)

STALL_S = 2.0
"""As long as an SD card can hold a process up."""

SHORT_RING_S = 1.0
"""Overfilled within STALL_S (rings are rounded up to a power of two)."""

LEAST_POSITION_S = 5.0
"""The position is followed for a quarter of the time asked for, and at least so long."""

EXIT_NOT_JUDGED = 75
"""EX_TEMPFAIL: nothing was found lost, but the machine gave no steady run to judge by."""

DISTURBED = "the device itself slipped or stood still: once more"


@click.command()
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(min=1.0),
              help="How long to play and record under load.")  # fmt: skip
@click.option("--hold-ms", default=20.0, show_default=True, type=click.FloatRange(1.0, 200.0),
              help="How long each call of the load holds the interpreter.")  # fmt: skip
@click.option("--trials", default=24, show_default=True, type=click.IntRange(min=2),
              help="How often to duck and to cut.")  # fmt: skip
@click.option("--input", "input_device", help="The device that hears the loudspeaker.")
@click.option("--output", "output_device", help="The loudspeaker.")
@click.option("--block-ms", default=10.0, show_default=True, type=click.FloatRange(1.0, 100.0),
              help="How much sound the device moves at a time.")  # fmt: skip
@click.option("--pulse", is_flag=True,
              help="Use a private PulseAudio server with a virtual loop.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    seconds: float,
    hold_ms: float,
    trials: int,
    input_device: str | None,
    output_device: str | None,
    block_ms: float,
    pulse: bool,
    as_json: bool,
) -> None:
    """Check that no sample is lost, and how fast duck and cut are heard.

    Noise goes out through the loudspeaker and must come back through the input while another
    thread holds the interpreter without pause; a plain Python callback is run under the same load
    for comparison. Then nobody reads for two seconds, then a short ring is overfilled on purpose,
    then replies are ducked and cut, and the audible position is compared with what comes back.
    Exit code 1 when anything was lost or out of place. A part during which the sound system stops
    the stream, or the device itself slips or stands still so that nothing can be told, is done
    once more, and the report says so; exit code 75 when that was no better.

    \b
    The loop from loudspeaker to input can be
      a private sound server:  xtalk-edge bench audio --pulse
      your own PulseAudio or PipeWire:
        pactl load-module module-null-sink sink_name=bench rate=48000 channels=1 norewinds=1
        pactl set-default-sink bench
        pactl set-default-source bench.monitor
        xtalk-edge bench audio --input default --output default
      a cable from the line output to the line input of a card.
    """
    with PrivatePulse() if pulse else contextlib.nullcontext():
        if pulse:
            input_device = input_device or "apploop"
            output_device = output_device or "appspk"

        def open_card(ring_s: float = 10.0) -> PortAudioCard:
            return PortAudioCard(input_device, output_device, block_ms=block_ms, ring_s=ring_s)

        def say(line: str) -> None:
            if not as_json:
                click.echo(line)

        report = _measure(
            open_card,
            _python_stream(input_device, output_device),
            Witness if pulse else None,
            seconds,
            hold_ms,
            trials,
            say,
        )
    if as_json:
        click.echo(json.dumps(report))
    else:
        click.echo(outcome_text(report))
    if not report["passed"]:
        raise click.exceptions.Exit(1 if report["broken"] else EXIT_NOT_JUDGED)


def _measure(
    open_card: Callable[..., PortAudioCard],
    open_python_stream: Callable[[PortAudioCard, Callable[..., None]], Any],
    call_witness: Callable[[int], Witness] | None,
    seconds: float,
    hold_ms: float,
    trials: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    repeated: list[str] = []
    verdicts: dict[str, str] = {}

    def judged(name: str, part: Callable[[], Result], text: Callable[[Result], str]) -> Result:
        def tell(why: str) -> None:
            repeated.append(f"{name}: {why}")
            say(f"{name}: {why}")

        result = _once_more(part, tell)
        verdicts[name] = result.verdict.value
        say(text(result))
        return result

    load = judged("under_load", lambda: under_load(open_card(), seconds, hold_ms), load_text)
    like = open_card()
    like.close()  # one program at a time has the device
    python = python_callback(lambda callback: open_python_stream(like, callback), like,
                             seconds, hold_ms)  # fmt: skip
    say(python_text(python))
    stall = judged(
        "reader_stalled",
        lambda: stalled_reader(open_card(), STALL_S),
        lambda result: stall_text("reader stalled", result),
    )
    overfill = judged(
        "ring_overfilled",
        lambda: stalled_reader(open_card(ring_s=SHORT_RING_S), STALL_S),
        lambda result: stall_text("ring overfilled", result),
    )
    reaction = judged("reactions", lambda: reactions(open_card, trials), reaction_text)
    position_s = max(LEAST_POSITION_S, seconds / 4)
    position = judged(
        "position",
        lambda: audible_position(open_card(), position_s, call_witness),
        position_text,
    )
    parts: dict[str, Any] = {
        "under_load": load,
        "reader_stalled": stall,
        "ring_overfilled": overfill,
        "reactions": reaction,
        "position": position,
    }
    return {
        **{name: dataclasses.asdict(part) for name, part in parts.items()},
        "python_callback": dataclasses.asdict(python) | {"lost_percent": python.lost_percent},
        "repeated": repeated,
        "verdicts": verdicts,
        "broken": _named(verdicts, Verdict.BROKEN),
        "not_judged": _named(verdicts, Verdict.DISTURBED),
        "passed": set(verdicts.values()) == {Verdict.GOOD.value},
    }


def _once_more(part: Callable[[], Result], tell: Callable[[str], object]) -> Result:
    """Do a part, and again if the sound system stopped it or the device spoilt it."""
    try:
        result = part()
    except DeviceError as exc:
        tell(f"{exc}: once more")
        return part()
    if result.verdict is Verdict.DISTURBED:
        tell(DISTURBED)
        return part()
    return result


def _named(verdicts: dict[str, str], verdict: Verdict) -> list[str]:
    return [name for name, value in verdicts.items() if value == verdict.value]


def _python_stream(
    input_device: str | None, output_device: str | None
) -> Callable[[PortAudioCard, Callable[..., None]], Any]:
    def open_stream(like: PortAudioCard, callback: Callable[..., None]) -> Any:
        devices = list_devices()
        return load_sounddevice().RawStream(
            samplerate=like.rate_hz,
            blocksize=like.block_frames,
            device=(
                find_device(devices, input_device, "input").index,
                find_device(devices, output_device, "output").index,
            ),
            channels=1,
            dtype="int16",
            latency="low",
            callback=callback,
        )

    return open_stream
