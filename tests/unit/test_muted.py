"""Muted, not one sample that is not zero goes anywhere, and none of it comes later."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.test_ear import Notes
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.mute import Mute
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.engines.echo.webrtc import WebRTCEchoCanceller
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor
from xtalk_edge.managers.ear import Ear, Rings

LASTS_S = 1.2

PACKAGE = Path(__file__).resolve().parents[2] / "xtalk_edge"


class TaughtCanceller(WebRTCEchoCanceller):
    """The real one, which leaves some of everything behind; keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[bool, bool]] = []
        """Whether near and far were all zeros, a frame each."""

    def cancel(self, near: bytes, far: bytes) -> bytes:
        self.given.append((not any(near), not any(far)))
        return super().cancel(near, far)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    rate_hz=st.sampled_from([16000, 44100, 48000]),
    step_s=st.sampled_from([0.01, 0.0137, 0.04]),
    from_s=st.floats(0.1, 0.5),
    for_s=st.floats(0.05, 0.4),
)
@example(rate_hz=48000, step_s=0.01, from_s=0.3, for_s=0.2)
def test_while_muted_everything_behind_the_ear_is_zero(
    rate_hz: int, step_s: float, from_s: float, for_s: float
) -> None:
    room = RoomCard(RoomScene(rate_hz=rate_hz, noise_db=-20.0, echo_db=-6.0))
    rings, notes, canceller = Rings.of_seconds(10), Notes(), TaughtCanceller()
    ear = Ear(room, canceller, WebRTCNoiseSuppressor(), rings, [notes], lambda event: None)
    room.start(0.0)
    room.core.write(np.full(round(LASTS_S * rate_hz), 5000, np.int16))
    now_s, to_s, lifted_s = 0.0, from_s + for_s, 0.0
    given_while_muted = []
    muted_steps_s = [LASTS_S, 0.0]
    while now_s < LASTS_S:
        if from_s <= now_s < to_s and not ear.mute.on:
            ear.mute.put(True, "switch", now_s)
        if now_s >= to_s and ear.mute.on:
            ear.mute.put(False, "switch", now_s)
            lifted_s = now_s
        given = len(canceller.given)
        now_s += step_s
        ear.step(now_s)
        if ear.mute.on:
            given_while_muted += canceller.given[given:]
            muted_steps_s = [min(muted_steps_s[0], now_s - step_s), now_s]
    first, last = (round(each * RATE_HZ) for each in (muted_steps_s[0], lifted_s))
    for ring in (rings.raw, rings.clean):
        sound, _ = ring.slice(0, ring.head)
        assert not sound[first:last].any()
        assert sound[:first].any()
        assert sound[last + round(0.1 * RATE_HZ) :].any()
    clean, _ = rings.clean.slice(0, rings.clean.head)
    assert np.array_equal(np.concatenate([part for _, part in notes.heard]), clean)
    assert given_while_muted
    assert all(near and far for near, far in given_while_muted)


def test_nothing_takes_sound_from_a_card_but_the_ear() -> None:
    """Of the appliance: commands that check a sound card do without one."""
    takers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\bcore\.read\(", path.read_text("utf-8"))
    }
    assert takers == {"managers/ear.py", "audio/listening.py", "cli/bench/loop.py"}


def test_what_is_captured_while_muted_is_never_heard_however_late_it_comes() -> None:
    mute = Mute()
    assert not mute.covers(1.0)
    assert mute.put(True, "switch", 1.0)
    assert not mute.put(True, "command", 1.5)
    assert not mute.put(False, "switch", 2.0)
    assert mute.on
    assert mute.put(False, "command", 3.0)
    assert not mute.on
    assert mute.covers(2.9)
    assert not mute.covers(3.0)
    assert not mute.put(False, "command", 4.0)
    assert not mute.covers(3.5)
