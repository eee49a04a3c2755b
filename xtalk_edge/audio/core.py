"""The Python face of `core.c`: rings, gain, flush and positions; no method ever waits.

Threads: one reader calls `read`, one writer calls `write`; everything else may be called from
anywhere. Content is what `write` took, counted in frames since the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DeviceError

try:
    from ._core import ffi, lib
except ImportError as exc:  # a checkout that was never built
    raise DeviceError(
        "the audio core is not built; run: python -m xtalk_edge.audio.core_build"
    ) from exc

DUCK_RAMP_MS = 20.0
"""Short enough to be out of the talker's way within a word, long enough not to click."""

FLUSH_FADE_MS = 5.0
"""The shortest fade that leaves no click."""

SMALLEST_BLOCK_FRAMES = 32
"""One record per block: a device with smaller blocks fills the record ring before the sound."""

MOST_RECORDS = 2048
"""Blocks one `read` can list: 20 s of 10 ms blocks, more than the ring holds."""

GAP_REASONS = ("ring full", "input overflow", "device stalled")
"""In the order of the GAP_ numbers in `core.c`."""


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """What one callback did, and when; all times on the monotonic clock."""

    capture_frame: int
    """Index of the block's first captured frame; lost ones are counted too."""

    frames: int
    play_start: int
    play_end: int
    """Content taken from the ring in this block, flushed frames included."""

    adc_s: float
    """When the first frame was at the microphone."""

    dac_s: float
    """When the first frame leaves the loudspeaker: reports of the host, steadied by the core."""

    now_s: float
    status: int
    """PaStreamCallbackFlags."""

    dropped: int = 0
    """How much of play_start..play_end was flushed and never heard."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames that were never captured; a long gap may come in pieces."""

    at_frame: int
    frames: int
    reason: str
    """One of `GAP_REASONS`."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A stretch of capture: `far[i]` was handed to the DAC where `mic[i]` was taken."""

    at_frame: int
    mic: NDArray[np.int16]
    far: NDArray[np.int16]
    gaps: tuple[Gap, ...]
    """Lost stretches, filled with zeros in `mic` and `far`."""

    blocks: tuple[BlockRecord, ...] = ()
    """The blocks whose first frames lie in this stretch."""


@dataclass(frozen=True, slots=True)
class CoreCounters:
    """Everything the core counts, since the start."""

    blocks: int
    captured_frames: int
    """Index of the next captured frame; lost ones are counted too."""

    capture_lost_frames: int
    """Lost because nobody read and the ring was full."""

    device_lost_frames: int
    """Lost before they reached us, worked out from the ADC times."""

    playback_starved_frames: int
    """Silence between two pieces of content less than a second apart, flushes aside."""

    input_overflows: int
    output_underflows: int
    capture_high_water_frames: int
    """The most that ever waited to be read, since `reset_marks`."""

    playback_low_water_frames: int
    """The least that was left when a block began while content played, since `reset_marks`."""

    flushes: int


class AudioCore:
    """Capture, playback and far-end rings that a C callback fills and drains."""

    def __init__(self, rate_hz: int, *, ring_s: float = 10.0) -> None:
        if rate_hz <= 0 or ring_s <= 0:
            raise ValueError("an audio core needs a rate and a ring length above 0")
        self.rate_hz = rate_hz
        self.capacity_frames = 1 << (max(64, round(rate_hz * ring_s)) - 1).bit_length()
        """Frames each ring holds: `ring_s` rounded up to a power of two."""

        pointer = lib.core_new(
            rate_hz, self.capacity_frames, max(64, self.capacity_frames // SMALLEST_BLOCK_FRAMES)
        )
        if pointer == ffi.NULL:
            raise DeviceError("there is not enough memory for the audio rings")
        self._core = ffi.gc(pointer, lib.core_free)
        self._closed = False
        self._mic = np.empty(self.capacity_frames, np.int16)
        self._far = np.empty(self.capacity_frames, np.int16)
        self._mic_c = ffi.from_buffer("int16_t[]", self._mic)
        self._far_c = ffi.from_buffer("int16_t[]", self._far)
        self._records = ffi.new("core_block_record[]", MOST_RECORDS)
        self._gaps = ffi.new("core_gap[]", 2 * MOST_RECORDS)
        self._at_frame = ffi.new("uint64_t *")
        self._n_records = ffi.new("uint32_t *")
        self._n_gaps = ffi.new("uint32_t *")

    @property
    def callback(self) -> Any:
        """A PaStreamCallback, as a cffi pointer; give it `userdata`."""
        return ffi.addressof(lib, "core_callback")

    @property
    def finished_callback(self) -> Any:
        """A PaStreamFinishedCallback, as a cffi pointer; makes `finished` true."""
        return ffi.addressof(lib, "core_finished_callback")

    @property
    def userdata(self) -> Any:
        """The core itself, as a void pointer; valid while this object lives."""
        return ffi.cast("void *", self._core)

    @property
    def finished(self) -> bool:
        """Tell whether PortAudio said that the stream has stopped."""
        return bool(lib.core_finished(self._core))

    def set_stream(self, in_channels: int, out_channels: int, in_s: float, out_s: float) -> None:
        """Before a stream starts, the first or one in its place: its channels and latencies.

        What is lost between two streams is announced as a gap.
        """
        lib.core_set_stream(self._core, in_channels, out_channels, in_s, out_s)

    def play_clock(self, frames: int, now_s: float, until_s: float, broken: bool) -> float:
        """Return when the callback would say that a block handed over at `now_s` is heard.

        `until_s` is the host's report of the delay, or NaN if it gives none; `broken` says that
        the device ran dry or over. For tests: the stream's callback asks for each block itself.
        """
        return float(lib.core_play_clock(self._core, frames, now_s, until_s, broken))

    def process(
        self,
        mic: NDArray[np.int16],
        *,
        adc_s: float,
        dac_s: float,
        now_s: float,
        status: int = 0,
        output: bool = True,
    ) -> NDArray[np.int16]:
        """Do what the callback does with a block of mono frames; return what is to be played.

        `adc_s` and `dac_s` belong to the block's first frame. A jump of `adc_s` is a loss:
        at once with the input-overflow flag in `status`, from a tenth of a second without.
        Without an output what is to be played waits, and silence is returned.
        """
        mic = np.ascontiguousarray(mic, np.int16)
        out = np.zeros(len(mic), np.int16)
        lib.core_block(
            self._core,
            ffi.from_buffer("int16_t[]", mic), 1,
            ffi.from_buffer("int16_t[]", out) if output else ffi.NULL, 1,
            len(mic), adc_s, dac_s, now_s, status,
        )  # fmt: skip
        return out

    def read(self, max_frames: int | None = None) -> Captured:
        """Take what was captured, lost frames as zeros: one reader thread.

        At most `capacity_frames` and `MOST_RECORDS` blocks come at a time; read again for more.
        """
        room = self.capacity_frames if max_frames is None else max_frames
        got = lib.core_read(
            self._core, self._mic_c, self._far_c, max(0, min(room, self.capacity_frames)),
            self._records, self._gaps, MOST_RECORDS,
            self._at_frame, self._n_records, self._n_gaps,
        )  # fmt: skip
        return Captured(
            at_frame=self._at_frame[0],
            mic=self._mic[:got].copy(),
            far=self._far[:got].copy(),
            gaps=tuple(_gap(self._gaps[i]) for i in range(self._n_gaps[0])),
            blocks=tuple(_block(self._records[i]) for i in range(self._n_records[0])),
        )

    def write(self, pcm: NDArray[np.int16]) -> int:
        """Queue mono frames to be played; return how many fitted: one writer thread."""
        if self._closed:
            return 0
        pcm = np.ascontiguousarray(pcm, np.int16)
        return int(lib.core_write(self._core, ffi.from_buffer("int16_t[]", pcm), len(pcm)))

    @property
    def written(self) -> int:
        """Content index of the next frame `write` will take."""
        return int(lib.core_written(self._core))

    @property
    def consumed(self) -> int:
        """Content index of the next frame the callback will take."""
        return int(lib.core_consumed(self._core))

    @property
    def free(self) -> int:
        """Frames that `write` would take now."""
        return self.capacity_frames - (self.written - self.consumed)

    def set_gain(self, target: float, ramp_ms: float = DUCK_RAMP_MS) -> None:
        """Ramp linearly to `target` (0 to 1) from the next block on, whatever the ring holds."""
        if not 0.0 <= target <= 1.0:
            raise ValueError("a gain lies between 0 and 1")
        lib.core_set_gain(self._core, target, self._frames(ramp_ms))

    def hold(self, held: bool) -> None:
        """Let content wait from where the gain has come down to 0, instead of playing unheard.

        Releasing goes on with the very next frame; raise the gain with it. A flush while content
        waits cuts where it stands.
        """
        lib.core_hold(self._core, held)

    def flush(self, fade_ms: float = FLUSH_FADE_MS) -> None:
        """Fade out from the next block on and drop what was written before this call.

        What is written after it plays right behind the fade. The gain stays as it is.
        """
        lib.core_flush(self._core, self._frames(fade_ms))

    def cut_at(self) -> int | None:
        """Return the content index where the last flush cut, exactly.

        Frames before it were or will be heard, the fade included; frames from it up to what was
        written at the flush never. None until the next block has run, or if there was no flush.
        """
        cut = int(lib.core_cut_at(self._core))
        return None if cut < 0 else cut

    def audible(self, now_s: float) -> int:
        """Return the content index that leaves the loudspeaker at `now_s`; it never goes back.

        It stands still while nothing plays; behind a flush it stands at `cut_at()`.
        """
        return int(lib.core_audible(self._core, now_s))

    @property
    def capture_lag_s(self) -> float:
        """How old the first frame of the last block was when it came, by the device's own times."""
        return float(lib.core_capture_lag(self._core))

    def counters(self) -> CoreCounters:
        """Return all counts as they are now."""
        n = ffi.new("core_counts *")
        lib.core_get_counts(self._core, n)
        return CoreCounters(
            blocks=n.blocks,
            captured_frames=n.captured,
            capture_lost_frames=n.ring_lost,
            device_lost_frames=n.device_lost,
            playback_starved_frames=n.starved,
            input_overflows=n.overflows,
            output_underflows=n.underflows,
            capture_high_water_frames=n.high_water,
            playback_low_water_frames=n.low_water,
            flushes=n.flushes,
        )

    def reset_marks(self) -> None:
        """Start the high and low water marks anew with the next block."""
        lib.core_reset_marks(self._core)

    def close(self) -> None:
        """Take no more content; what was captured can still be read."""
        self._closed = True

    def _frames(self, ms: float) -> int:
        return max(0, round(ms * self.rate_hz / 1000))


def _gap(gap: Any) -> Gap:
    return Gap(gap.at_frame, gap.frames, GAP_REASONS[gap.reason])


def _block(record: Any) -> BlockRecord:
    return BlockRecord(
        capture_frame=record.capture_frame,
        frames=record.frames,
        play_start=record.play_start,
        play_end=record.play_end,
        adc_s=record.adc_s,
        dac_s=record.dac_s,
        now_s=record.now_s,
        status=record.status,
        dropped=record.dropped,
    )
