"""Real sound cards through PortAudio: one duplex stream whose callback is the C audio core.

PortAudio's own thread runs the callback; everything here runs in the caller's.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from ..config.schema import AudioConfig
from ..errors import DeviceError
from .card import Card
from .core import AudioCore
from .lateness import Lateness
from .portaudio_devices import (
    PA_INVALID_CHANNEL_COUNT,
    PA_INVALID_SAMPLE_RATE,
    Device,
    error_code,
    find_device,
    list_devices,
    open_cards,
    rescan_devices,
    sentence,
)
from .portaudio_library import forget_reason, load_sounddevice, quiet_stderr, reason_given

log = logging.getLogger(__name__)

PREFERRED_RATE_HZ = 48_000
"""What nearly every codec runs at inside, so that nobody else resamples."""

CHANNEL_CHOICES = ((1, 1), (1, 2), (2, 1), (2, 2))
"""Mono where the driver can, else stereo: the core averages and doubles."""

STOPS_COUNTED_S = 10.0
STOPS_BORNE = 3
"""A stream stopped more often within that time is given up, and with it what was being said. On a
busy machine PulseAudio's plugin was seen to stop two within six seconds and to keep the third."""

CLOSE_LIMIT_S = 3.0
"""A stream is closed within a tenth of a second, or never: beside a sound server that had stopped,
Pa_CloseStream through PulseAudio's plugin was seen not to come back."""


class PortAudioCard(Card):
    """One duplex stream; devices are named in full, in part or by number, or are the default.

    PortAudio ends a stream at the first error of the sound system, and some pass; and a stream that
    has fallen behind never catches up. `pump` opens such a stream anew, and what was lost
    meanwhile is a gap of the core.
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
        self._names = (input_device, output_device)
        self._latency = latency
        self._ended: str | None = None
        self._hangs = False
        """Whether the sound system does not let go of the stream."""
        self._stream: Any = None
        self._stopped_at_s = deque[float](maxlen=STOPS_BORNE)
        self.reopened = 0
        """How often the stream was opened anew: it had stopped, or fallen behind."""
        self._lateness = Lateness()
        try:
            self._open(rate_hz, block_ms)
        except DeviceError:
            if open_cards:
                raise
            # PortAudio knows only what was there when it started: look again, once.
            rescan_devices()
            self._open(rate_hz, block_ms)
        open_cards.add(id(self))

    def _open(self, rate_hz: int | None, block_ms: float) -> None:
        pair = self._pair()
        rates = [rate_hz] if rate_hz else [PREFERRED_RATE_HZ, *(d.default_rate_hz for d in pair)]
        failure: Exception | None = None
        for rate in dict.fromkeys(rates):
            for channels in CHANNEL_CHOICES:
                try:
                    core = AudioCore(rate, ring_s=self._ring_s)
                    self._open_stream(pair, channels, round(rate * block_ms / 1000), core)
                except load_sounddevice().PortAudioError as exc:
                    failure = exc
                    if error_code(exc) not in (PA_INVALID_CHANNEL_COUNT, PA_INVALID_SAMPLE_RATE):
                        raise DeviceError(sentence(self.name, exc)) from exc
                else:
                    return
        raise DeviceError(sentence(self.name, failure)) from failure

    def _pair(self) -> tuple[Device, Device]:
        """Return the devices that are meant, as they are now."""
        devices = list_devices()
        pair = (
            find_device(devices, self._names[0], "input"),
            find_device(devices, self._names[1], "output"),
        )
        self.name = " + ".join(dict.fromkeys(device.name for device in pair))
        return pair

    def _open_stream(
        self,
        pair: tuple[Device, Device],
        channels: tuple[int, int],
        block_frames: int,
        core: AudioCore,
    ) -> None:
        self._make_stream: Callable[[AudioCore], Any] = functools.partial(
            _new_stream, pair, core.rate_hz, channels, block_frames, self._latency
        )
        self._stream = self._make_stream(core)
        self._channels = channels
        self.core = core
        self.rate_hz = core.rate_hz
        self.block_frames = block_frames
        self.latency_s = self._stream.latency[1]

    def start(self, now_s: float) -> None:
        """Begin to move sound; raises DeviceError."""
        if self._stream is None:
            raise DeviceError(f"{self.name} was closed; open it anew")
        forget_reason()
        try:
            self._begin()
        except load_sounddevice().PortAudioError as exc:
            self.close()
            raise DeviceError(sentence(self.name, exc)) from exc
        log.info(
            "sound card %s: %d Hz, blocks of %d frames, output latency %.0f ms",
            self.name, self.rate_hz, self.block_frames, self.latency_s * 1000,
        )  # fmt: skip

    def _begin(self) -> None:
        self._lateness.restart()
        with quiet_stderr():
            self._stream.start()

    def _end(self) -> bool:
        """Let go of the stream, again does nothing; False when the sound system does not let go.

        It then holds on to it for as long as this process lives.
        """
        if not self._hangs:
            closing = threading.Thread(
                target=self._stream.close, kwargs={"ignore_errors": True}, daemon=True
            )
            with quiet_stderr():
                closing.start()
                closing.join(CLOSE_LIMIT_S)
            self._hangs = closing.is_alive()
        if self._hangs:
            self._ended = f"the sound system hangs with {self.name}; it has to be started afresh"
        return not self._hangs

    def pump(self, now_s: float) -> None:
        """Open the stream anew if it was stopped or has fallen behind; it moves sound by itself."""
        if self._stream is None or self._ended is not None:
            return
        if self.core.finished:
            self._revive(now_s)
        elif self._lateness.is_late(self.core.capture_lag_s, now_s):
            self._catch_up()

    def _revive(self, now_s: float) -> None:
        reason = reason_given()
        forget_reason()
        counted = [at_s for at_s in self._stopped_at_s if now_s - at_s < STOPS_COUNTED_S]
        if len(counted) == STOPS_BORNE:
            self._ended = (
                f"the sound system keeps stopping the stream of {self.name}{reason}: end other "
                "programs, choose longer blocks, or look at its plug"
            )
            return
        self._stopped_at_s.append(now_s)
        if self._renew(f"the sound system stopped the stream of {self.name}{reason}"):
            log.warning(
                "sound card %s: the sound system stopped the stream%s; opened anew",
                self.name, reason,
            )  # fmt: skip

    def _catch_up(self) -> None:
        lag_ms = 1000 * self.core.capture_lag_s
        if self._renew(f"sound from {self.name} came {lag_ms:.0f} ms late"):
            log.warning("sound card %s: sound came %.0f ms late; opened anew", self.name, lag_ms)

    def _renew(self, why: str) -> bool:
        """Open the stream anew; tell whether that worked."""
        if not self._end():
            return False
        try:
            self._stream = self._make_stream(self.core)
            self._begin()
        except load_sounddevice().PortAudioError as exc:
            self._ended = (
                f"{why} and it cannot be opened again ({exc.args[0]}): it was unplugged, or its "
                "sound server went away"
            )
            return False
        self.reopened += 1
        return True

    def ended(self) -> str | None:
        """Return why the device stopped for good, as `pump` found it, or None."""
        return self._ended

    @property
    def may_return(self) -> bool:
        """Whether it was lost and not closed, and the sound system has let go of it."""
        return self._stream is not None and not self._hangs

    def renew(self, now_s: float) -> None:
        """Open the stream anew on the same device; raises DeviceError."""
        why = f"no sound came from {self.name}"
        if not self._renew(why):
            raise DeviceError(self._ended or why)

    def reopen(self, now_s: float) -> None:
        """Look for the devices anew and go on with them; raises DeviceError while they are gone."""
        if not self._end():
            raise DeviceError(self._ended or self.name)
        open_cards.discard(id(self))
        try:
            rescan_devices()
            self._open_stream(self._pair(), self._channels, self.block_frames, self.core)
            self._begin()
        except load_sounddevice().PortAudioError as exc:
            raise DeviceError(sentence(self.name, exc)) from exc
        finally:
            open_cards.add(id(self))
        self._ended = None

    def close(self) -> None:
        """Stop at once and let go of the device."""
        if self._stream is None:
            return
        self._ended = self._ended or f"{self.name} was closed"
        self._end()
        self._stream = None
        self.core.close()
        open_cards.discard(id(self))


def open_card(audio: AudioConfig) -> Card:
    """Return the sound card the settings name.

    Raises:
        DeviceError: there is none, it is busy, or its name is unknown.
    """
    return PortAudioCard(
        input_device=audio.input_device or None,
        output_device=audio.output_device or None,
        rate_hz=audio.rate_hz,
        block_ms=audio.block_ms,
        latency=audio.latency_ms / 1000 if audio.latency_ms else "low",
    )


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
