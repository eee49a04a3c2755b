"""Which sound devices there are, and what their errors mean, through PortAudio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import DeviceError
from .portaudio_library import load_sounddevice, quiet_stderr

Direction = Literal["input", "output"]

PA_INVALID_CHANNEL_COUNT = -9998
PA_INVALID_SAMPLE_RATE = -9997
PA_DEVICE_UNAVAILABLE = -9985

open_cards: set[int] = set()
"""Cards that must be closed before devices can be looked for anew."""


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


def list_devices() -> list[Device]:
    """Return what PortAudio saw when it started, or at the last `rescan_devices`."""
    sounddevice = load_sounddevice()
    try:
        with quiet_stderr():
            apis = sounddevice.query_hostapis()
            found = list(sounddevice.query_devices())
    except sounddevice.PortAudioError as exc:
        raise DeviceError(sentence("the sound system", exc)) from exc
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
    if open_cards:
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


def error_code(exc: Exception) -> int:
    """Return PortAudio's number for an error; 0 if it has none."""
    return exc.args[1] if len(exc.args) > 1 else 0


def sentence(name: str, exc: Exception | None) -> str:
    """Return what an error means for the owner of the card, and what to do."""
    code = error_code(exc) if exc else 0
    if code == PA_DEVICE_UNAVAILABLE:
        return f"{name} is busy or gone: end the program that uses it, or plug it in again"
    if code == PA_INVALID_SAMPLE_RATE:
        return f"{name} does not run at that rate: leave rate_hz out to take the device's own"
    if code == PA_INVALID_CHANNEL_COUNT:
        return f"{name} offers neither one nor two channels at 16 bits; choose another device"
    return f"{name} cannot be opened: {exc.args[0] if exc and exc.args else 'no reason given'}"
