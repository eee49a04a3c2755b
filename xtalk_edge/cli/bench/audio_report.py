"""What `bench audio` prints of each of its parts."""

from __future__ import annotations

from typing import Any

from .books import Books
from .loop_load import LoadResult, PythonResult
from .loop_position import POSITION_LIMIT_MS, PositionResult
from .loop_reactions import ReactionResult
from .loop_stall import StallResult
from .percentiles import Percentiles


def outcome_text(report: dict[str, Any]) -> str:
    """Say in one or two lines how the whole ended."""
    if report["passed"]:
        return "PASS"
    unsteady = ""
    if report["not_judged"]:
        unsteady = (
            f"NOT JUDGED: {', '.join(report['not_judged'])}: the device was not steady on this "
            "machine; end other programs and try again"
        )
    broken = f"FAIL: {', '.join(report['broken'])}" if report["broken"] else ""
    return "\n".join(line for line in (broken, unsteady) if line)


def _spread(p: Percentiles | None) -> str:
    if p is None:
        return "not judged"
    return f"p50 {p.p50:.2f}  p95 {p.p95:.2f}  worst {p.worst:.2f}  ({p.count} times)"


def _books_text(b: Books) -> str:
    order = "in order" if b.read_in_order else "OUT OF ORDER"
    return f"""\
  device -> reader        {b.read_frames} of {b.captured_frames} frames, {order}; \
books {"balance" if b.balanced else "DO NOT BALANCE"}
  the device              lost {b.device_lost_frames} frames, slipped {b.slips} times, \
stood still {b.still_ms} ms, called back up to {b.late_ms} ms late"""


def load_text(r: LoadResult) -> str:
    """Tell of the part under load."""
    path = (
        "every frame bit-exact"
        if r.loop_wrong_frames == 0
        else f"{r.loop_wrong_frames} frames differ, similarity {r.loop_similarity}"
    )
    n = r.counters
    return f"""\
{r.rate_hz} Hz, blocks of {r.block_frames} frames, device output latency {r.output_latency_ms} ms
C callback beside calls that hold the interpreter, {r.seconds:.0f} s
  held at a time, ms      {_spread(r.hold_ms)}
  written -> device       {r.played_frames} frames, {r.played_wrong_frames} wrong or missing
{_books_text(r.books)}
  lost by us              {n.capture_lost_frames} frames
  through the loop        {path}, lag {r.loop_lag_ms} ms
  flagged by the device   {n.input_overflows} input overflows, {n.output_underflows} underflows
  starved playback        {n.playback_starved_frames} frames, {r.unplayed_frames} never asked for
  high and low water      {r.capture_high_water_ms} ms waited to be read, \
{r.playback_low_water_ms} ms were left to play"""


def python_text(r: PythonResult) -> str:
    """Tell of the Python callback."""
    return f"""\
Python callback under the same load, {r.seconds:.0f} s
  blocks                  {r.blocks} of {r.blocks_expected}: {r.lost_percent} % never came
  flagged by the device   {r.input_overflows} input overflows, {r.output_underflows} underflows"""


def stall_text(title: str, r: StallResult) -> str:
    """Tell of a part in which nobody read."""
    b = r.books
    return f"""\
{title}: {r.stalled_s} s with a ring of {r.ring_s} s
{_books_text(b)}
  lost as the ring was full   {b.ring_lost_frames} frames counted, {b.ring_announced_frames} \
announced in {r.gaps} gaps
  afterwards              {"the sound goes on" if r.goes_on else "THE SOUND IS OUT OF PLACE"}, \
index and clock {r.clock_error_ms} ms apart"""


def reaction_text(r: ReactionResult) -> str:
    """Tell of ducks and cuts."""
    left_out = ", ".join(f"{count} as {why}" for why, count in r.left_out.items()) or "none"
    return f"""\
call -> heard in the loop, ms (by the input's ADC times, levels over 0.5 ms)
  duck, 10 % of the way   {_spread(r.duck_10_percent_ms)}
  cut, 10 % of the way    {_spread(r.cut_10_percent_ms)}
  cut, silence            {_spread(r.cut_silence_ms)}
  last frame heard is the one before cut_at()   {r.cuts_exact} of {r.judged}
  audible position comes to rest at cut_at()    {r.cuts_stopped} of {r.judged}
  judged {r.judged} of {r.trials} in {len(r.books)} streams, left out {left_out}"""


def position_text(r: PositionResult) -> str:
    """Tell of the audible position."""
    witness = "there is none"
    if r.by_witness_ms is not None:
        witness = f"{_spread(r.by_witness_ms)}, mean {r.by_witness_mean_ms:+.3f}"
    return f"""\
audible position of a new stream, {r.seconds:.0f} s, error in ms ({r.slips} slips of the device,
  callbacks up to {r.books.late_ms} ms late)
  by a witness            {witness}
    (another program records the loudspeaker; when its sound arrives, by this program's clock,
    in quarters of a second; the way from loudspeaker to clock is in it)
  by the loop             {_spread(r.by_loop_ms)}, mean {r.by_loop_mean_ms:+.3f}
    (the frame then at the microphone, by its ADC time; that time's own errors are in it)
  limit {POSITION_LIMIT_MS} at p95, by the witness where there is one"""
