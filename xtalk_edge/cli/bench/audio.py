"""`xtalk-edge bench audio`: the audio core through a real sound stack, under load."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from xtalk_edge.audio.portaudio import PortAudioCard, find_device, list_devices
from xtalk_edge.audio.portaudio_library import load_sounddevice
from xtalk_edge.errors import DeviceError

from .loop_load import LoadResult, PythonResult, python_callback, under_load
from .loop_position import PositionResult, audible_position
from .loop_reactions import ReactionResult, reactions
from .loop_stall import StallResult, stalled_reader
from .percentiles import Percentiles
from .pulse import PrivatePulse
from .witness import Witness

Result = TypeVar("Result")

STALL_S = 2.0
"""As long as an SD card can hold a process up."""

SHORT_RING_S = 1.0
"""Overfilled within STALL_S (rings are rounded up to a power of two)."""

LEAST_POSITION_S = 5.0
"""The position is followed for a quarter of the time asked for, and at least so long."""

POSITION_LIMIT_MS = 5.0
"""A tenth of a short syllable: the heard text is right to the syllable well within it."""


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
    the stream is done once more, and the report says so.

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
        click.echo("PASS" if report["passed"] else "FAIL: see above")
    if not report["passed"]:
        raise click.exceptions.Exit(1)


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

    def once_more(part: Callable[[], Result]) -> Result:
        try:
            return part()
        except DeviceError as exc:
            repeated.append(str(exc))
            say(f"{exc}: once more")
            return part()

    load = once_more(lambda: under_load(open_card(), seconds, hold_ms))
    say(_load_text(load))
    like = open_card()
    like.close()  # one program at a time has the device
    python = python_callback(lambda callback: open_python_stream(like, callback), like,
                             seconds, hold_ms)  # fmt: skip
    say(_python_text(python))
    stall = once_more(lambda: stalled_reader(open_card(), STALL_S))
    say(_stall_text("reader stalled", stall))
    overfill = once_more(lambda: stalled_reader(open_card(ring_s=SHORT_RING_S), STALL_S))
    say(_stall_text("ring overfilled", overfill))
    reaction = once_more(lambda: reactions(open_card(), trials))
    say(_reaction_text(reaction, trials))
    position_s = max(LEAST_POSITION_S, seconds / 4)
    position = once_more(lambda: audible_position(open_card(), position_s, call_witness))
    say(_position_text(position))
    return {
        "under_load": dataclasses.asdict(load) | {"whole": load.whole},
        "python_callback": dataclasses.asdict(python) | {"lost_percent": python.lost_percent},
        "reader_stalled": dataclasses.asdict(stall),
        "ring_overfilled": dataclasses.asdict(overfill),
        "reactions": dataclasses.asdict(reaction),
        "position": dataclasses.asdict(position),
        "repeated": repeated,
        "passed": passes(load, stall, overfill, reaction, position, trials),
    }


def passes(
    load: LoadResult,
    stall: StallResult,
    overfill: StallResult,
    reaction: ReactionResult,
    position: PositionResult,
    trials: int,
) -> bool:
    """Tell whether nothing was lost unannounced, doubled, out of order or out of place."""
    return (
        load.whole
        and stall.gaps == 0
        and stall.goes_on
        and overfill.gaps > 0
        and overfill.gap_frames == overfill.counted_frames
        and overfill.goes_on
        and reaction.cuts_exact == reaction.cuts_judged
        and reaction.cuts_stopped == trials
        and position.judged_ms.p95 <= POSITION_LIMIT_MS
    )


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


def _spread(p: Percentiles) -> str:
    return f"p50 {p.p50:.2f}  p95 {p.p95:.2f}  worst {p.worst:.2f}  ({p.count} times)"


def _load_text(r: LoadResult) -> str:
    path = (
        "every frame bit-exact"
        if r.loop_wrong_frames == 0
        else f"{r.loop_wrong_frames} frames differ, similarity {r.loop_similarity}"
    )
    n = r.counters
    lost = (n.capture_lost_frames + n.device_lost_frames) / r.rate_hz * 1000
    return f"""\
{r.rate_hz} Hz, blocks of {r.block_frames} frames, device output latency {r.output_latency_ms} ms
C callback beside calls that hold the interpreter, {r.seconds:.0f} s
  held at a time, ms      {_spread(r.hold_ms)}
  written -> device       {r.played_frames} frames, {r.played_wrong_frames} wrong or missing
  device -> reader        {r.read_frames} of {r.captured_frames} frames, \
{"in order" if r.read_in_order else "OUT OF ORDER"}
  never captured          {lost:.0f} ms in {r.gaps} gaps, {n.device_lost_frames} frames \
lost by the device, {n.capture_lost_frames} by us
  through the loop        {path}, lag {r.loop_lag_ms} ms, {r.loop_slips} slips of the device
  flagged by the device   {n.input_overflows} input overflows, {n.output_underflows} underflows
  starved playback        {n.playback_starved_frames} frames
  high and low water      {r.capture_high_water_ms} ms waited to be read, \
{r.playback_low_water_ms} ms were left to play"""


def _python_text(r: PythonResult) -> str:
    return f"""\
Python callback under the same load, {r.seconds:.0f} s
  blocks                  {r.blocks} of {r.blocks_expected}: {r.lost_percent} % never came
  flagged by the device   {r.input_overflows} input overflows, {r.output_underflows} underflows"""


def _stall_text(title: str, r: StallResult) -> str:
    return f"""\
{title}: {r.stalled_s} s with a ring of {r.ring_s} s
  lost                    {r.counted_frames} frames counted, {r.gap_frames} announced in \
{r.gaps} gaps
  afterwards              {"the sound goes on" if r.goes_on else "THE SOUND IS OUT OF PLACE"}, \
index and clock {r.clock_error_ms} ms apart"""


def _reaction_text(r: ReactionResult, trials: int) -> str:
    return f"""\
call -> heard in the loop, ms (the input frame's ADC time, levels over 0.5 ms; {r.slips} slips)
  duck, 10 % of the way   {_spread(r.duck_10_percent_ms)}
  cut, 10 % of the way    {_spread(r.cut_10_percent_ms)}
  cut, silence            {_spread(r.cut_silence_ms)}
  last frame heard is the one before cut_at()   {r.cuts_exact} of {r.cuts_judged}
  audible position comes to rest at cut_at()    {r.cuts_stopped} of {trials}"""


def _position_text(r: PositionResult) -> str:
    witness = "there is none"
    if r.by_witness_ms is not None:
        witness = f"{_spread(r.by_witness_ms)}, mean {r.by_witness_mean_ms:+.3f}"
    return f"""\
audible position of a new stream, {r.seconds:.0f} s, error in ms ({r.slips} slips of the device)
  by a witness            {witness}
    (another program records the loudspeaker; when its sound arrives, by this program's clock,
    in quarters of a second; the way from loudspeaker to clock is in it)
  by the loop             {_spread(r.by_loop_ms)}, mean {r.by_loop_mean_ms:+.3f}
    (the frame then at the microphone, by its ADC time; that time's own errors are in it)
  limit {POSITION_LIMIT_MS} at p95, by the witness where there is one"""
