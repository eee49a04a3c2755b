"""A simulated room as a sound card: talkers, noise, the loudspeaker's echo, and faults on demand.

`say` and the faults may be called from any thread while another one pumps.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import FULL_SCALE, db_to_gain, level_db, to_int16
from xtalk_edge.audio.paced import PacedCard
from xtalk_edge.audio.resample import DriftResampler, convert
from xtalk_edge.audio.room_acoustics import (
    Convolver,
    convolve,
    noise_loop,
    room_response,
    unit_energy,
)
from xtalk_edge.errors import DeviceError

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]

INPUT_OVERFLOW = 2
OUTPUT_UNDERFLOW = 4
"""PaStreamCallbackFlags of the first block behind a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomScene:
    """What the room is like. Levels are RMS in dB of full scale at the microphone."""

    rate_hz: int = 16000
    block_ms: float = 10.0
    output_latency_s: float = 0.02
    """From handing over a block to its first frame leaving the loudspeaker."""
    seed: int = 0

    noise: str | Samples = "pink"
    """ "white", "pink", or samples at `rate_hz` to repeat."""
    noise_db: float | None = None
    """None: no noise, or given samples at their own level."""

    echo_db: float | None = None
    """Level of the echo against what is played; None: the microphone never hears the device."""
    echo_delay_ms: float = 2.0
    """From the loudspeaker to the microphone: 2 ms are 70 cm."""
    echo_response: Floats | None = None
    """Impulse response at `rate_hz`, scaled to unit energy; None: made up from `rt60_s`."""
    rt60_s: float = 0.25
    drift_ppm: float = 0.0
    """How much faster the microphone's clock runs than the loudspeaker's."""

    talker_response: Floats | None = None
    """Impulse response at `rate_hz` from a talker, scaled to unit energy; None: talks close by."""
    microphone_gain_db: float = 0.0
    """How much louder it gives everything than it should; too loud, it clips."""
    microphone_offset: float = 0.0
    """Direct current it adds, of full scale."""
    lasts_s: float | None = None
    """The card ends then; None: never."""
    record: bool = True
    """Keep what was said and played, for `recording`; 64 kB a second at 16 kHz."""


@dataclass(frozen=True, slots=True)
class Said:
    """When something is said, in seconds since the card's `started_at_s`."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class _Voice:
    start: int
    dry: Floats
    wet: Floats

    @property
    def stop(self) -> int:
        return self.start + len(self.wet)


class RoomCard(PacedCard):
    """The card of a device that stands in the room."""

    def __init__(self, scene: RoomScene) -> None:
        super().__init__("room", scene.rate_hz, scene.block_ms, scene.output_latency_s)
        self._scene = scene
        self._lock = threading.Lock()
        self._voices: list[_Voice] = []
        self._noise = _noise_bed(scene)
        self.echo_delay_frames = self.latency_frames + round(
            scene.echo_delay_ms * scene.rate_hz / 1000
        )
        """From a frame of the far end to its direct sound in the microphone, in frames."""
        self._echo: Convolver | None = None
        self._echo_gain = 0.0
        if scene.echo_db is not None:
            self._echo_gain = db_to_gain(scene.echo_db)
            self._echo = Convolver(_echo_response(scene), self.block_frames)
        self._drift = DriftResampler(scene.drift_ppm) if scene.drift_ppm else None
        held = self._drift.latency_frames if self._drift else 0
        self._on_its_way = np.zeros(max(self.block_frames, self.echo_delay_frames - held), np.int16)
        """Played, and not yet at the microphone."""
        self._plugged_in = True
        self._gone = False
        self._blocks_to_drop = 0
        self._dead_blocks = 0
        self._just_dropped = False
        self._stalled = self._frozen = False
        self._heard_last = np.zeros(self.block_frames, np.int16)
        self._said_record: list[Samples] = []
        self._played_record: list[Samples] = []

    def say(
        self,
        samples: Samples,
        rate_hz: int,
        *,
        level_db: float | None = None,
        at_s: float | None = None,
        response: Floats | None = None,
    ) -> Said:
        """Say something `at_s` seconds after the start, or at once if that is over or None.

        `level_db` None leaves the level as it is; `response` None means the scene's.
        """
        dry = _at_level(convert(samples, rate_hz, self.rate_hz).astype(np.float64), level_db)
        response = self._scene.talker_response if response is None else response
        wet = dry if response is None else convolve(dry, unit_energy(response))
        with self._lock:
            start = self.position if at_s is None else round(at_s * self.rate_hz)
            start = max(start, self.position)
            self._voices.append(_Voice(start, dry, wet))
        return Said(start / self.rate_hz, (start + len(dry)) / self.rate_hz)

    def set_noise(self, level_db: float | None) -> None:
        """Change the level of the room's noise at once; None ends it."""
        self._scene = replace(self._scene, noise_db=level_db)
        self._noise = _noise_bed(self._scene)

    def drop(self, seconds: float) -> None:
        """Lose the next so much of capture and playback, as an overrun does; the core is told."""
        self._blocks_to_drop = math.ceil(seconds * self.rate_hz / self.block_frames)

    def die(self, seconds: float) -> None:
        """Let the microphone give nothing at all for so long."""
        self._dead_blocks = math.ceil(seconds * self.rate_hz / self.block_frames)

    def delay(self, seconds: float) -> None:
        """Hold blocks back so long, then hand them over in one go: late, but nothing lost."""
        self._held_blocks = math.ceil(seconds * self.rate_hz / self.block_frames)

    def stall(self) -> None:
        """Give no more blocks, and no reason, until the card is opened anew."""
        self._stalled = True

    def freeze(self) -> None:
        """Let the microphone give the same block again and again until the card is opened anew."""
        self._frozen = True

    def stall_loudspeaker(self) -> None:
        """Take nothing that is to be played, until the card is opened anew."""
        self._takes_sound = False

    @property
    def works(self) -> bool:
        """Whether the card gives and takes sound."""
        return (
            self._plugged_in
            and self._takes_sound
            and not (self._gone or self._stalled or self._frozen)
        )

    def unplug(self) -> None:
        """Pull the plug: no more blocks, and `start` fails until `replug`."""
        self._plugged_in, self._gone = False, True

    def replug(self) -> None:
        """Put the plug back; `start` works again, what was missed stays lost."""
        self._plugged_in = True

    def start(self, now_s: float) -> None:
        """Begin to move sound; raises DeviceError while unplugged."""
        if not self._plugged_in:
            raise DeviceError("room: the device is unplugged; plug it in")
        self._gone = self._stalled = self._frozen = False
        self._takes_sound = True
        super().start(now_s)

    def pump(self, now_s: float) -> None:
        """Run the blocks that are due; none while unplugged, stalled, or after the end."""
        if self.ended() is None and not self._stalled:
            super().pump(now_s)

    def ended(self) -> str | None:
        """Return why nothing more will come, or None."""
        if self._gone:
            return "the device was unplugged"
        lasts_s = self._scene.lasts_s
        if lasts_s is not None and self.position >= lasts_s * self.rate_hz:
            return "the script is over"
        return None

    @property
    def may_return(self) -> bool:
        """A plug can be put back; a script is over for good."""
        return self._gone

    def reopen(self, now_s: float) -> None:
        """Go on where the clock is now; raises DeviceError while unplugged."""
        self.start(now_s)

    def close(self) -> None:
        """Stop; the recording stays."""
        self.core.close()

    def recording(self) -> tuple[Samples, Samples]:
        """Return what was said (dry) and what the loudspeaker gave, sample by sample aligned."""
        with self._lock:
            said = np.concatenate([np.empty(0, np.int16), *self._said_record])
            late = np.zeros(self.latency_frames, np.int16)
            played = np.concatenate([late, *self._played_record])
        return said, played[: len(said)]

    def _microphone(self, start: int) -> Samples:
        stop = start + self.block_frames
        with self._lock:
            heard = _mix([(voice.start, voice.wet) for voice in self._voices], start, stop)
            if self._scene.record:
                said = _mix([(voice.start, voice.dry) for voice in self._voices], start, stop)
                self._said_record.append(to_int16(said))
            self._voices = [voice for voice in self._voices if voice.stop > stop]
        heard += self._next_echo()
        if len(self._noise):
            # Not `start` itself: numpy finds the way back from afar step by step.
            first = start % len(self._noise)
            heard += self._noise.take(np.arange(first, first + self.block_frames), mode="wrap")
        if self._dead_blocks:
            self._dead_blocks -= 1
            return np.zeros(self.block_frames, np.int16)
        if self._frozen:
            return self._heard_last
        scene = self._scene
        heard *= db_to_gain(scene.microphone_gain_db)
        self._heard_last = to_int16(heard + scene.microphone_offset * FULL_SCALE)
        return self._heard_last

    def _loudspeaker(self, start: int, played: Samples) -> None:
        if self._scene.record:
            self._played_record.append(played)
        if self._echo is not None:
            arriving = self._drift.process(played) if self._drift else played
            self._on_its_way = np.concatenate((self._on_its_way, arriving))

    def _status(self) -> int:
        flags = INPUT_OVERFLOW | OUTPUT_UNDERFLOW if self._just_dropped else 0
        self._just_dropped = False
        return flags

    def _run_block(self, now_s: float) -> None:
        if self._blocks_to_drop:
            self._blocks_to_drop -= 1
            self._just_dropped = True
            self._lose_blocks(1)
        else:
            super()._run_block(now_s)

    def _lose_blocks(self, count: int) -> None:
        """The room goes on while the device is deaf and mute."""
        for _ in range(count):
            start = self.position
            self._microphone(start)
            super()._lose_blocks(1)
            self._loudspeaker(start, np.zeros(self.block_frames, np.int16))

    def _next_echo(self) -> Floats:
        if self._echo is None:
            return np.zeros(self.block_frames)
        arriving = self._on_its_way[: self.block_frames]
        self._on_its_way = self._on_its_way[self.block_frames :]
        # A microphone so much slower that all delay is used up hears a click, as from real cards.
        arriving = np.pad(arriving, (0, self.block_frames - len(arriving)))
        return self._echo.process(arriving.astype(np.float64)) * self._echo_gain


def _mix(parts: list[tuple[int, Floats]], start: int, stop: int) -> Floats:
    total = np.zeros(stop - start)
    for at, sound in parts:
        first, last = max(at, start), min(at + len(sound), stop)
        if first < last:
            total[first - start : last - start] += sound[first - at : last - at]
    return total


def _at_level(sound: Floats, wanted_db: float | None) -> Floats:
    if wanted_db is None or not sound.any():
        return sound
    return sound * db_to_gain(wanted_db - level_db(sound))


def _noise_bed(scene: RoomScene) -> Floats | NDArray[np.float32]:
    if not isinstance(scene.noise, str):
        return _at_level(scene.noise.astype(np.float64), scene.noise_db)
    if scene.noise_db is None:
        return np.empty(0)
    loop = noise_loop(scene.noise, scene.rate_hz, scene.seed)
    # Half the memory, and finer than any microphone all the same.
    return _at_level(loop, scene.noise_db).astype(np.float32)


def _echo_response(scene: RoomScene) -> Floats:
    if scene.echo_response is not None:
        return unit_energy(scene.echo_response)
    return room_response(scene.rt60_s, scene.rate_hz, scene.seed)
