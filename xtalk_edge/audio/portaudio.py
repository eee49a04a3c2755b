"""Real sound cards through PortAudio: one duplex stream whose callback is the C audio core.

PortAudio's own thread runs the callback; everything here runs in the caller's.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import DeviceError
from .card import Card
from .core import AudioCore
from .portaudio_library import forget_reason, load_sounddevice, quiet_stderr, reason_given

log = logging.getLogger(__name__)

Direction = Literal["input", "output"]

PREFERRED_RATE_HZ = 48_000
"""What nearly every codec runs at inside, so that nobody else resamples."""

CHANNEL_CHOICES = ((1, 1), (1, 2), (2, 1), (2, 2))
"""Mono where the driver can, else stereo: the core averages and doubles."""

REOPEN_PAUSE_S = 10.0
"""A stream that stops again so soon is given up: a third one would fare no better."""

PA_INVALID_CHANNEL_COUNT = -9998
PA_INVALID_SAMPLE_RATE = -9997
PA_DEVICE_UNAVAILABLE = -9985


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device as PortAudio lists it."""

    index: int
    name: str
    input_channels: int
    output_channels: int
    default_rate_hz: int
    host_api: str
    is_default_input: bool
    is_default_output: bool


class PortAudioCard(Card):
    """One duplex stream; devices are named in full, in part or by number, or are the default.

    PortAudio ends a stream at the first error of the sound system, and some pass: `pump` opens
    such a stream anew, and what was lost meanwhile is a gap of the core.
    """

    def __init__(
        self,
        input_device: str | None = None,
        output_device: str | None = None,
        rate_hz: int | None = None,
        block_ms: float = 10.0,
        latency: float | Literal["low", "high"] = "low",
        ring_s: float = 10.0,
    ) -> None:
        self._ring_s = ring_s
        self._ended: str | None = None
        self._stream: Any = None
        self._reopened_at_s = -REOPEN_PAUSE_S
        self.reopened = 0
        """How often the sound system stopped the stream and it was opened anew."""
        try:
            self._open(input_device, output_device, rate_hz, block_ms, latency)
        except DeviceError:
            if _open_cards:
                raise
            # PortAudio knows only what was there when it started: look again, once.
            rescan_devices()
            self._open(input_device, output_device, rate_hz, block_ms, latency)
        _open_cards.add(id(self))

    def _open(
        self,
        input_device: str | None,
        output_device: str | None,
        rate_hz: int | None,
        block_ms: float,
        latency: float | Literal["low", "high"],
    ) -> None:
        devices = list_devices()
        pair = (
            find_device(devices, input_device, "input"),
            find_device(devices, output_device, "output"),
        )
        self.name = " + ".join(dict.fromkeys(device.name for device in pair))
        rates = [rate_hz] if rate_hz else [PREFERRED_RATE_HZ, *(d.default_rate_hz for d in pair)]
        failure: Exception | None = None
        for rate in dict.fromkeys(rates):
            for channels in CHANNEL_CHOICES:
                try:
                    self._open_stream(pair, rate, channels, round(rate * block_ms / 1000), latency)
                except load_sounddevice().PortAudioError as exc:
                    failure = exc
                    if _error_code(exc) not in (PA_INVALID_CHANNEL_COUNT, PA_INVALID_SAMPLE_RATE):
                        raise DeviceError(_sentence(self.name, exc)) from exc
                else:
                    return
        raise DeviceError(_sentence(self.name, failure)) from failure

    def _open_stream(
        self,
        pair: tuple[Device, Device],
        rate_hz: int,
        channels: tuple[int, int],
        block_frames: int,
        latency: float | Literal["low", "high"],
    ) -> None:
        self._make_stream: Callable[[AudioCore], Any] = functools.partial(
            _new_stream, pair, rate_hz, channels, block_frames, latency
        )
        core = AudioCore(rate_hz, ring_s=self._ring_s)
        self._stream = self._make_stream(core)
        self.core = core
        self.rate_hz = rate_hz
        self.block_frames = block_frames
        self.latency_s = self._stream.latency[1]

    def start(self, now_s: float) -> None:
        """Begin to move sound; raises DeviceError."""
        if self._stream is None:
            raise DeviceError(f"{self.name} was closed; open it anew")
        forget_reason()
        try:
            with quiet_stderr():
                self._stream.start()
        except load_sounddevice().PortAudioError as exc:
            self.close()
            raise DeviceError(_sentence(self.name, exc)) from exc
        log.info(
            "sound card %s: %d Hz, blocks of %d frames, output latency %.0f ms",
            self.name, self.rate_hz, self.block_frames, self.latency_s * 1000,
        )  # fmt: skip

    def pump(self, now_s: float) -> None:
        """Open the stream anew if the sound system stopped it; it moves the sound by itself."""
        if self._stream is None or self._ended is not None or not self.core.finished:
            return
        reason = reason_given()
        forget_reason()
        if now_s - self._reopened_at_s < REOPEN_PAUSE_S:
            self._ended = (
                f"the sound system keeps stopping the stream of {self.name}{reason}: end other "
                "programs, choose longer blocks, or look at its plug"
            )
            return
        self._reopened_at_s = now_s
        try:
            with quiet_stderr():
                self._stream.close(ignore_errors=True)
                self._stream = self._make_stream(self.core)
                self._stream.start()
        except load_sounddevice().PortAudioError as exc:
            self._ended = (
                f"the sound system stopped the stream of {self.name}{reason} and it cannot be "
                f"opened again ({exc.args[0]}): it was unplugged, or its sound server went away"
            )
            return
        self.reopened += 1
        log.warning(
            "sound card %s: the sound system stopped the stream%s; opened anew", self.name, reason
        )

    def ended(self) -> str | None:
        """Return why the device stopped for good, as `pump` found it, or None."""
        return self._ended

    def close(self) -> None:
        """Stop at once and let go of the device."""
        if self._stream is None:
            return
        self._ended = self._ended or f"{self.name} was closed"
        stream, self._stream = self._stream, None
        with quiet_stderr():
            stream.close(ignore_errors=True)
        self.core.close()
        _open_cards.discard(id(self))


_open_cards: set[int] = set()


def _new_stream(
    pair: tuple[Device, Device],
    rate_hz: int,
    channels: tuple[int, int],
    block_frames: int,
    latency: float | Literal["low", "high"],
    core: AudioCore,
) -> Any:
    sounddevice = load_sounddevice()
    with quiet_stderr():
        stream = sounddevice._StreamBase(
            kind="duplex",
            samplerate=rate_hz,
            blocksize=block_frames,
            device=(pair[0].index, pair[1].index),
            channels=channels,
            dtype="int16",
            latency=latency,
            callback=core.callback,
            # A pointer of PortAudio's own cffi instance, or it would build a Python callback.
            finished_callback=sounddevice._ffi.cast(
                "PaStreamFinishedCallback*", core.finished_callback
            ),
            userdata=core.userdata,
        )
    core.set_stream(*channels, *stream.latency)
    return stream


def list_devices() -> list[Device]:
    """Return what PortAudio saw when it started, or at the last `rescan_devices`."""
    sounddevice = load_sounddevice()
    try:
        with quiet_stderr():
            apis = sounddevice.query_hostapis()
            found = list(sounddevice.query_devices())
    except sounddevice.PortAudioError as exc:
        raise DeviceError(_sentence("the sound system", exc)) from exc
    default_in = sounddevice._lib.Pa_GetDefaultInputDevice()
    default_out = sounddevice._lib.Pa_GetDefaultOutputDevice()
    return [
        Device(
            index=index,
            name=entry["name"],
            input_channels=entry["max_input_channels"],
            output_channels=entry["max_output_channels"],
            default_rate_hz=round(entry["default_samplerate"]),
            host_api=apis[entry["hostapi"]]["name"],
            is_default_input=index == default_in,
            is_default_output=index == default_out,
        )
        for index, entry in enumerate(found)
    ]


def rescan_devices() -> None:
    """Look for devices anew; only while no PortAudioCard is open."""
    if _open_cards:
        raise DeviceError("close the sound card before looking for devices anew")
    sounddevice = load_sounddevice()
    with quiet_stderr():
        sounddevice._terminate()
        sounddevice._initialize()


def find_device(devices: Sequence[Device], wanted: str | None, direction: Direction) -> Device:
    """Return the device an owner means by `wanted`; raises DeviceError naming the known ones."""
    usable = [d for d in devices if _channels(d, direction)]
    if not usable:
        noun = "microphone" if direction == "input" else "loudspeaker"
        raise DeviceError(
            f"no sound {direction} was found: plug in a {noun}, or see "
            "that the sound server runs and that this user may use it (group audio)"
        )
    if not wanted:
        return next((d for d in usable if _is_default(d, direction)), usable[0])
    text = wanted.strip().casefold()
    matches = (
        [d for d in usable if str(d.index) == text]
        or [d for d in usable if d.name.casefold() == text]
        or [d for d in usable if text and text in d.name.casefold()]
    )
    if not matches:
        known = ", ".join(f"'{d.name}'" for d in usable)
        raise DeviceError(f"there is no {direction} device '{wanted}'; known ones are: {known}")
    return matches[0]


def _channels(device: Device, direction: Direction) -> int:
    return device.input_channels if direction == "input" else device.output_channels


def _is_default(device: Device, direction: Direction) -> bool:
    return device.is_default_input if direction == "input" else device.is_default_output


def _error_code(exc: Exception) -> int:
    return exc.args[1] if len(exc.args) > 1 else 0


def _sentence(name: str, exc: Exception | None) -> str:
    code = _error_code(exc) if exc else 0
    if code == PA_DEVICE_UNAVAILABLE:
        return f"{name} is busy or gone: end the program that uses it, or plug it in again"
    if code == PA_INVALID_SAMPLE_RATE:
        return f"{name} does not run at that rate: leave rate_hz out to take the device's own"
    if code == PA_INVALID_CHANNEL_COUNT:
        return f"{name} offers neither one nor two channels at 16 bits; choose another device"
    return f"{name} cannot be opened: {exc.args[0] if exc and exc.args else 'no reason given'}"
