"""Device choice and error sentences, without a sound card."""

import ctypes
import os
import sys
import threading
import time
import types
from typing import Any, ClassVar

import numpy as np
import pytest

from xtalk_edge.audio import _core, portaudio, portaudio_devices
from xtalk_edge.audio.portaudio import PortAudioCard
from xtalk_edge.audio.portaudio_devices import Device, find_device
from xtalk_edge.audio.portaudio_library import reason_given
from xtalk_edge.errors import DeviceError

USB = Device(3, "USB Speakerphone", 2, 2, 48_000, "ALSA", True, False)
JABRA = Device(4, "USB Speakerphone Pro", 1, 0, 16_000, "ALSA", False, False)
HDMI = Device(5, "HDMI", 0, 8, 48_000, "ALSA", False, True)
DEVICES = [USB, JABRA, HDMI]


class FakeError(Exception):
    pass


class FakeStream:
    """As much of sounddevice's stream as the card uses; `rules` decide what opens."""

    rules: ClassVar[dict[Any, int]] = {}
    opened: ClassVar[list[Any]] = []

    def __init__(self, **settings):
        code = self.rules.get((settings["samplerate"], settings["channels"]), 0)
        if code:
            raise FakeError("Error opening stream", code)
        self.settings = settings
        self.latency = (0.01, 0.03)
        self.closed = False
        self.opened.append(self)

    def start(self):
        if "start" in self.rules:
            raise FakeError("Error starting stream", self.rules["start"])

    def close(self, ignore_errors):
        if "close" in self.rules:
            threading.Event().wait()
        self.closed = True


@pytest.fixture
def fake(monkeypatch):
    """PortAudio with two devices and no hardware."""
    entries = [
        {"name": "USB Speakerphone", "max_input_channels": 2, "max_output_channels": 2,
         "default_samplerate": 16_000.0, "hostapi": 0},
        {"name": "HDMI", "max_input_channels": 0, "max_output_channels": 8,
         "default_samplerate": 44_100.0, "hostapi": 0},
    ]  # fmt: skip
    calls = []
    module = types.SimpleNamespace(
        PortAudioError=FakeError,
        _StreamBase=FakeStream,
        _ffi=types.SimpleNamespace(cast=lambda kind, pointer: pointer),
        _lib=types.SimpleNamespace(
            Pa_GetDefaultInputDevice=lambda: 0, Pa_GetDefaultOutputDevice=lambda: 1
        ),
        query_hostapis=lambda: ({"name": "ALSA"},),
        query_devices=lambda: entries,
        _terminate=lambda: calls.append("terminate"),
        _initialize=lambda: calls.append("initialize"),
        entries=entries,
        calls=calls,
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(FakeStream, "rules", {})
    monkeypatch.setattr(FakeStream, "opened", [])
    monkeypatch.setattr(portaudio_devices, "open_cards", set())
    monkeypatch.setattr(portaudio, "open_cards", portaudio_devices.open_cards)
    return module


@pytest.mark.parametrize(
    ("wanted", "direction", "found"),
    [
        (None, "input", USB),
        ("", "output", HDMI),
        ("4", "input", JABRA),
        ("usb speakerphone", "input", USB),
        ("Pro", "input", JABRA),
        ("hdmi", "output", HDMI),
    ],
)
def test_a_device_is_found_by_number_name_or_part(wanted, direction, found):
    assert find_device(DEVICES, wanted, direction) == found


def test_an_unknown_device_is_answered_with_the_known_ones():
    with pytest.raises(DeviceError, match=r"no output device 'Jabra'; known ones are: .*'HDMI'"):
        find_device(DEVICES, "Jabra", "output")


def test_without_a_default_the_first_usable_device_is_taken():
    assert find_device([JABRA], None, "input") == JABRA


def test_no_device_at_all_says_what_to_plug_in():
    with pytest.raises(DeviceError, match="plug in a loudspeaker"):
        find_device([JABRA], None, "output")


def test_the_preferred_rate_is_asked_first(fake):
    card = PortAudioCard()
    assert (card.rate_hz, card.block_frames, card.latency_s) == (48_000, 480, 0.03)
    assert card.name == "USB Speakerphone + HDMI"
    card.start(0.0)
    card.pump(0.0)
    assert card.ended() is None
    card.close()
    card.close()
    assert card.ended() == "USB Speakerphone + HDMI was closed"
    assert FakeStream.opened[0].closed
    with pytest.raises(DeviceError, match="was closed"):
        card.start(0.0)


def test_a_device_of_one_rate_and_two_channels_is_taken_as_it_is(fake):
    for channels in portaudio.CHANNEL_CHOICES:
        FakeStream.rules[(48_000, channels)] = portaudio_devices.PA_INVALID_SAMPLE_RATE
    FakeStream.rules[(16_000, (1, 1))] = portaudio_devices.PA_INVALID_CHANNEL_COUNT
    card = PortAudioCard()
    assert card.rate_hz == 16_000
    assert FakeStream.opened[0].settings["channels"] == (1, 2)
    card.close()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (portaudio_devices.PA_DEVICE_UNAVAILABLE, "is busy or gone"),
        (portaudio_devices.PA_INVALID_SAMPLE_RATE, "does not run at that rate"),
        (portaudio_devices.PA_INVALID_CHANNEL_COUNT, "neither one nor two channels"),
        (-9999, "cannot be opened: Error opening stream"),
    ],
)
def test_what_cannot_be_opened_is_explained_after_looking_again(fake, code, says):
    for channels in portaudio.CHANNEL_CHOICES:
        FakeStream.rules[(44_100, channels)] = code
    with pytest.raises(DeviceError, match=says):
        PortAudioCard(rate_hz=44_100)
    assert fake.calls == ["terminate", "initialize"]


def test_devices_are_not_looked_for_while_a_card_is_open(fake):
    card = PortAudioCard()
    with pytest.raises(DeviceError, match="close the sound card"):
        portaudio_devices.rescan_devices()
    with pytest.raises(DeviceError, match="no input device 'nosuch'"):
        PortAudioCard("nosuch")
    assert fake.calls == []
    card.close()


def test_a_card_that_does_not_start_is_let_go(fake):
    card = PortAudioCard()
    FakeStream.rules["start"] = portaudio_devices.PA_DEVICE_UNAVAILABLE
    with pytest.raises(DeviceError, match="busy or gone"):
        card.start(0.0)
    assert FakeStream.opened[0].closed


def stop(stream):
    """Do what PortAudio does at the first error of the sound system."""
    _core.lib.core_finished_callback(stream.settings["userdata"])


def test_a_stream_that_the_sound_system_stops_is_opened_anew_until_it_keeps_stopping(fake):
    card = PortAudioCard()
    card.start(0.0)
    card.pump(1.0)
    assert card.reopened == 0
    stop(FakeStream.opened[0])
    assert card.ended() is None
    card.pump(2.0)
    card.pump(2.01)
    assert card.ended() is None
    assert card.reopened == 1
    assert FakeStream.opened[0].closed
    assert FakeStream.opened[1].settings == FakeStream.opened[0].settings
    assert not FakeStream.opened[1].closed
    for at_s in (3.0, 4.0):
        stop(FakeStream.opened[-1])
        card.pump(at_s)
    assert (card.reopened, card.ended()) == (3, None)
    stop(FakeStream.opened[-1])
    card.pump(5.0)
    card.pump(5.01)
    assert "keeps stopping the stream of USB Speakerphone + HDMI" in (card.ended() or "")
    card.close()
    assert "keeps stopping" in (card.ended() or "")


def test_a_stream_that_stops_again_much_later_is_opened_anew_again(fake):
    card = PortAudioCard()
    for stops, at_s in enumerate((100.0, 101.0, 102.0, 111.0, 112.0, 121.0), 1):
        stop(FakeStream.opened[-1])
        card.pump(at_s)
        assert (card.reopened, card.ended()) == (stops, None)
    card.close()


def hand_over(card, lag_s, at_s):
    """Do what the callback does with a block that is so old."""
    block = np.zeros(480, np.int16)
    card.core.process(block, adc_s=at_s - lag_s, dac_s=at_s, now_s=at_s)


def test_a_stream_that_has_fallen_behind_is_opened_anew(fake):
    card = PortAudioCard()
    card.start(0.0)
    for step in range(600):
        at_s = 0.01 * step
        # A stall after three seconds: from then on every block is late.
        hand_over(card, 0.02 if at_s < 3 else 0.5, at_s)
        card.pump(at_s)
    assert (card.reopened, card.ended()) == (1, None)
    assert FakeStream.opened[0].closed
    card.close()


def test_a_stream_that_falls_behind_and_cannot_be_renewed_is_over(fake):
    card = PortAudioCard()
    card.start(0.0)
    FakeStream.rules["start"] = portaudio_devices.PA_DEVICE_UNAVAILABLE
    for step in range(600):
        at_s = 0.01 * step
        hand_over(card, 0.02 if at_s < 3 else 0.5, at_s)
        card.pump(at_s)
    assert "came 500 ms late and it cannot be opened again" in (card.ended() or "")
    card.close()


def test_a_device_that_is_back_goes_on_with_the_same_core(fake):
    card = PortAudioCard("speakerphone", "hdmi")
    core = card.core
    card.start(0.0)
    FakeStream.rules["start"] = portaudio_devices.PA_DEVICE_UNAVAILABLE
    stop(FakeStream.opened[0])
    card.pump(2.0)
    assert card.ended() is not None
    assert card.may_return
    with pytest.raises(DeviceError, match="busy or gone"):
        card.reopen(3.0)
    assert card.ended() is not None
    del FakeStream.rules["start"]
    card.reopen(4.0)
    assert card.ended() is None
    assert card.core is core
    assert "terminate" in fake.calls
    assert not FakeStream.opened[-1].closed
    card.close()
    assert not card.may_return


def test_a_device_that_is_gone_is_told_with_the_reason(fake):
    card = PortAudioCard()
    stop(FakeStream.opened[0])
    FakeStream.rules["start"] = portaudio_devices.PA_DEVICE_UNAVAILABLE
    card.pump(2.0)
    assert "cannot be opened again (Error starting stream)" in (card.ended() or "")
    assert "unplugged" in (card.ended() or "")
    card.close()


def test_broken_listing_is_a_sentence(fake):
    def fail():
        raise FakeError("Error querying device -1", -9996)

    fake.query_devices = fail
    with pytest.raises(DeviceError, match="the sound system cannot be opened"):
        portaudio_devices.list_devices()


def complain(text):
    """Print a line as PortAudio's own thread does: through the C library's standard error."""
    libc = ctypes.CDLL(None)
    stderr = ctypes.c_void_p.in_dll(libc, "stderr")
    libc.fputs(text.encode(), stderr)


def test_the_first_complaint_of_portaudio_is_passed_on_and_none_is_printed(fake, capfd):
    card = PortAudioCard()
    complain("Expression 'old' failed in 'src/old.c', line: 1\n")
    card.start(0.0)
    assert reason_given() == ""
    complain("Expression 'ret' failed in 'src/hostapi/alsa/pa_linux_alsa.c', line: 3350\n")
    complain("Expression 'second' failed in 'src/other.c', line: 2\n")
    complain("something else\n")
    stop(FakeStream.opened[0])
    FakeStream.rules["start"] = portaudio_devices.PA_DEVICE_UNAVAILABLE
    card.pump(2.0)
    said = "(Expression 'ret' failed in 'pa_linux_alsa.c', line: 3350) and it cannot be opened"
    assert said in (card.ended() or "")
    assert reason_given() == ""
    complain("Expression '" + "x" * 500 + "' failed in 'src/long.c', line: 3\n")
    assert len(reason_given()) < 250
    card.close()
    assert capfd.readouterr().err == "something else\n"


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(DeviceError, match="apt install libportaudio2"):
        portaudio_devices.list_devices()


def call_back(core, mic, channels, *times, frames=4):
    """Call the C callback as PortAudio does, in a thread of its own: its priority is raised.

    Once for each of `times`, at one go; return what the last call gave the loudspeaker.
    """
    out = _core.ffi.new("int16_t[]", frames * channels)
    heard = _core.ffi.NULL if mic is None else _core.ffi.from_buffer("int16_t[]", mic)
    blocks = [_core.ffi.new("double[3]", when) for when in times]
    said = []

    def card():
        for when in blocks:
            said.append(_core.lib.core_callback(heard, out, frames, when, 0, core.userdata))

    thread = threading.Thread(target=card)
    thread.start()
    thread.join()
    assert said == [0] * len(times)
    return list(out)


def test_stereo_is_averaged_and_doubled(fake):
    core = PortAudioCard().core
    core.set_stream(2, 2, 0.01, 0.03)
    core.write(np.array([7, 8, 9], np.int16))
    mic = np.array([10, 20, -10, -20, 0, 3, 32767, 32767], np.int16)
    assert call_back(core, mic, 2, [5.0, 5.1, 5.2]) == [7, 7, 8, 8, 9, 9, 0, 0]
    got = core.read()
    assert got.mic.tolist() == [15, -15, 1, 32767]
    assert got.far.tolist() == [7, 8, 9, 0]
    block = got.blocks[0]
    assert block.adc_s == pytest.approx(block.now_s - 0.1)
    assert block.dac_s == pytest.approx(block.now_s + 0.03)  # reports count when they stand still


def test_an_adc_time_that_goes_back_is_not_believed(fake):
    while True:
        core = PortAudioCard().core
        core.set_stream(1, 1, 0.01, 0.03)
        began_s = time.monotonic()
        ages_s = (0.01, *[4.9] * 20, 0.01)
        call_back(core, None, 1, *([10.0 - age_s, 10.0, 10.03] for age_s in ages_s))
        # A machine on which these few samples take longer is told of a loss, and rightly.
        if time.monotonic() - began_s < 0.03:
            break
    got = core.read()
    assert got.gaps == ()
    assert np.ptp([block.adc_s for block in got.blocks]) < 0.1
    assert core.counters().device_lost_frames == 0


@pytest.mark.parametrize("times", [[0, 0, 0], [90.0, 5.0, 90.0], [1.0, float("nan"), 1.0]])
def test_a_host_without_times_is_judged_by_its_latency(fake, times):
    core = PortAudioCard().core
    core.set_stream(1, 1, 0.01, 0.03)
    call_back(core, None, 1, times)
    block = core.read().blocks[0]
    assert block.adc_s == pytest.approx(block.now_s - 0.01 - 4 / 48_000)
    assert block.dac_s == pytest.approx(block.now_s + 0.03)


def test_without_a_standard_error_sound_still_works(fake, monkeypatch):
    def no_descriptor(number):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", no_descriptor)
    assert [d.name for d in portaudio_devices.list_devices()] == ["USB Speakerphone", "HDMI"]


def test_a_device_that_gives_nothing_is_opened_anew_where_it_is(fake):
    card = PortAudioCard("speakerphone", "hdmi")
    core = card.core
    card.start(0.0)
    card.renew(2.0)
    assert (card.reopened, card.ended()) == (1, None)
    assert card.core is core
    assert FakeStream.opened[0].closed
    # To look for devices takes longer, and ends the streams of others.
    assert "terminate" not in fake.calls
    FakeStream.rules["start"] = portaudio_devices.PA_DEVICE_UNAVAILABLE
    with pytest.raises(DeviceError, match=r"no sound came from .* cannot be opened again"):
        card.renew(4.0)
    assert card.ended() is not None
    assert card.may_return


@pytest.mark.parametrize("way", ["renew", "reopen", "pump"])
def test_a_sound_system_that_does_not_let_go_ends_the_card_and_nobody_waits(fake, monkeypatch, way):
    monkeypatch.setattr(portaudio, "CLOSE_LIMIT_S", 0.01)
    card = PortAudioCard("speakerphone", "hdmi")
    card.start(0.0)
    FakeStream.rules["close"] = True
    if way == "pump":
        stop(FakeStream.opened[0])
        card.pump(2.0)
    else:
        with pytest.raises(DeviceError, match="the sound system hangs"):
            getattr(card, way)(2.0)
    assert "has to be started afresh" in (card.ended() or "")
    assert not card.may_return
    assert len(FakeStream.opened) == 1
    card.close()
    assert portaudio_devices.open_cards == set()
