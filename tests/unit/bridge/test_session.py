"""Host and board understand each other over lines that lose, damage and delay: in no real time."""

from __future__ import annotations

import dataclasses
import heapq
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.board_session import BoardSession
from firmware_bridge.errors import BoardLostError, BoardVersionError
from firmware_bridge.faults import Faults, FaultyLine
from firmware_bridge.messages import (
    Ack,
    Action,
    Beat,
    Button,
    Greet,
    Hello,
    Knob,
    Light,
    Mute,
    SetLevel,
    SetLight,
    SetOutput,
    encode,
)
from firmware_bridge.outbox import MOST_WAITING, Outbox
from firmware_bridge.session import (
    FLOOD_BYTES,
    SILENCE_S,
    HostSession,
    Lost,
    Ready,
    Received,
    Send,
    SessionAction,
)
from firmware_bridge.simulator import SIMULATED
from firmware_bridge.wire import frame
from tests.unit.bridge.messages import MESSAGES

STEP_S = 0.002
BAD = Faults(loss=0.2, corruption=0.1, duplicates=0.1, delay_s=0.01)


class Pair:
    """A host and a board, and two bad lines between them."""

    def __init__(self, faults: Faults | None = None, seed: int = 0) -> None:
        self.now_s = 10.0
        self.host = HostSession(7, self.now_s)
        self.board = BoardSession(SIMULATED, self.now_s)
        self._lines = [FaultyLine(faults or Faults(), 2 * seed + i) for i in range(2)]
        self._flying: list[tuple[float, int, int, bytes]] = []
        self._count = itertools.count()
        self.told: list[SessionAction] = []
        self._arrivals: list[tuple[float, Button]] = []

    def _fly(self, towards: int, data: bytes) -> None:
        for at_s, arriving in self._lines[towards].carry(data, self.now_s) if data else []:
            heapq.heappush(self._flying, (at_s, next(self._count), towards, arriving))

    def perform(self, actions: list[SessionAction]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self._fly(1, action.data)
            else:
                self.told.append(action)
            if isinstance(action, Received) and isinstance(action.message, Button):
                self._arrivals.append((self.now_s, action.message))

    def run(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += STEP_S
            while self._flying and self._flying[0][0] <= self.now_s:
                _, _, towards, data = heapq.heappop(self._flying)
                if towards == 1:
                    self.board.received(data, self.now_s)
                else:
                    self.perform(self.host.received(data, self.now_s))
            self._fly(0, self.board.due(self.now_s))
            if self.now_s >= self.host.next_s:
                self.perform(self.host.tick(self.now_s))

    def until_ready(self) -> None:
        while not self.host.ready:
            self.run(STEP_S)

    def arrivals(self) -> list[tuple[float, Button]]:
        return self._arrivals


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(0.0, 0.3), min_size=1, max_size=12))
def test_each_press_arrives_once_in_order_and_where_it_was(seed: int, gaps_s: list[float]) -> None:
    pair = Pair(BAD, seed)
    pair.until_ready()
    pressed_s = []
    for index, gap_s in enumerate(gaps_s):
        pair.run(gap_s)
        pressed_s.append(pair.now_s)
        pair.board.tell(Button(index % 8, Action.PRESS, 5), pair.now_s)
    while len(pair.arrivals()) < len(gaps_s):
        pair.run(STEP_S)
    for at_s, (arrived_s, message) in zip(pressed_s, pair.arrivals(), strict=True):
        # What is said of its age leads back to the moment, but for what the line takes.
        assert arrived_s - message.age_ms / 1000 == pytest.approx(at_s - 0.005, abs=0.02)
    pair.run(0.5)
    buttons = [message.button for _, message in pair.arrivals()]
    assert buttons == [index % 8 for index in range(len(gaps_s))]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.one_of(st.sampled_from(Light), st.tuples(st.integers(0, 3), st.booleans()))),
)
def test_in_the_end_the_board_shows_and_does_what_was_asked_last(
    seed: int, wishes: list[Light | tuple[int, bool]]
) -> None:
    pair = Pair(BAD, seed)
    pair.until_ready()
    for wish in wishes:
        asked = SetLight(wish) if isinstance(wish, Light) else SetOutput(*wish)
        pair.perform(pair.host.send(asked, pair.now_s))
        pair.run(0.01)
    pair.run(2.9)
    lights: list[Light] = []
    outputs: dict[int, bool] = {}
    for granted in pair.board.wishes:
        if isinstance(granted, SetLight):
            lights.append(granted.light)
        elif isinstance(granted, SetOutput):
            outputs[granted.output] = granted.on
    assert lights[-1:] == [wish for wish in wishes if isinstance(wish, Light)][-1:]
    assert outputs == dict(wish for wish in wishes if isinstance(wish, tuple))
    assert pair.host.ready


def test_a_board_that_was_reset_is_greeted_anew() -> None:
    pair = Pair()
    pair.until_ready()
    pair.board = BoardSession(SIMULATED, pair.now_s)
    pair.board.muted = True
    pair.run(1.0)
    assert [type(action) for action in pair.told if not isinstance(action, Received)] == [Ready] * 2
    assert pair.told.count(Received(Mute(True))) == 1
    pair.board.tell(Button(0, Action.PRESS, 0), pair.now_s)
    pair.run(0.1)
    assert len(pair.arrivals()) == 1


def test_how_switch_and_knob_stand_is_told_at_once() -> None:
    pair = Pair()
    pair.board.muted, pair.board.knob = True, 30
    pair.until_ready()
    pair.run(0.1)
    assert Received(Mute(True)) in pair.told
    assert Received(Knob(30)) in pair.told


def test_a_state_told_twice_while_the_line_is_dead_is_told_once() -> None:
    pair = Pair(Faults(loss=0.0))
    pair.until_ready()
    pair.run(0.2)
    before = len(pair.told)
    for percent in range(20, 30):
        pair.board.tell(Knob(percent), pair.now_s)
    pair.run(0.2)
    knobs = [action for action in pair.told[before:] if action != Received(Mute(False))]
    assert Received(Knob(29)) in knobs
    assert sum(isinstance(a, Received) and isinstance(a.message, Knob) for a in knobs) <= 2


def test_a_board_that_falls_silent_is_lost_and_one_that_never_spoke_too() -> None:
    pair = Pair()
    pair.until_ready()
    was_at_s = pair.now_s
    pair._lines[0] = FaultyLine(Faults(loss=1.0), 0)
    while not isinstance(pair.told[-1], Lost):
        pair.run(STEP_S)
    assert pair.now_s - was_at_s == pytest.approx(SILENCE_S, abs=0.6)
    assert "says nothing any more" in str(pair.told[-1].error)
    never = HostSession(1, 0.0)
    lost = never.tick(SILENCE_S)[-1]
    assert isinstance(lost, Lost)
    assert "flash the board" in str(lost.error)
    assert never.tick(SILENCE_S + 1) == []


def test_a_wish_that_nobody_acknowledges_ends_it_although_the_board_beats() -> None:
    host = _ready_host()
    host.send(SetLight(Light.ERROR), 1.0)
    at_s = 1.0
    actions: list[SessionAction] = []
    while not any(isinstance(action, Lost) for action in actions):
        at_s += 0.04
        actions = host.received(frame(encode(Beat(7, 0, 0, False, 0, 0))), at_s)
        actions += host.tick(at_s)
    assert at_s == pytest.approx(1.0 + SILENCE_S, abs=0.1)


def test_a_board_without_a_host_shows_an_error_and_forgets_presses() -> None:
    pair = Pair()
    pair.until_ready()
    pair._lines[1] = FaultyLine(Faults(loss=1.0), 0)
    pair.run(SILENCE_S + 0.1)
    assert pair.board.wishes[-1] == SetLight(Light.ERROR)
    assert not pair.board.in_session
    pair.board.tell(Button(0, Action.PRESS, 0), pair.now_s)
    assert b"\x03\x00" not in pair.board.due(pair.now_s)


@pytest.mark.parametrize(("protocol", "advice"), [(0, "flash the board"), (2, "update xtalk-edge")])
def test_another_version_is_told_with_what_to_do(protocol: int, advice: str) -> None:
    host = HostSession(7, 0.0)
    (lost,) = host.received(frame(bytes((Hello.TYPE, 0, protocol)) + b"new"), 0.1)
    assert isinstance(lost, Lost)
    assert isinstance(lost.error, BoardVersionError)
    assert advice in str(lost.error)
    assert host.received(frame(encode(SIMULATED)), 0.2) == []


def test_a_board_that_floods_is_given_up() -> None:
    host = _ready_host()
    (lost,) = host.received(bytes(FLOOD_BYTES + 1), 1.0)
    assert isinstance(lost, Lost)
    assert isinstance(lost.error, BoardLostError)
    assert "floods" in str(lost.error)


def test_as_much_in_a_longer_time_is_no_flood() -> None:
    host = _ready_host()
    for second in range(1, 10):
        beat = frame(encode(Beat(7, 0, 0, False, 0, 0)))
        assert not any(isinstance(a, Lost) for a in host.received(beat * 100, float(second)))


def test_what_only_a_host_says_is_not_believed_of_a_board() -> None:
    host = _ready_host()
    said = frame(encode(SetLight(Light.MUTED), 3)) + frame(encode(Greet(7)))
    assert [a for a in host.received(said, 0.1) if not isinstance(a, Send)] == []
    assert host.unreadable == 2


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.tuples(MESSAGES, st.integers(0, 255)).map(lambda said: frame(encode(*said))),
        ),
        max_size=30,
    ),
    st.booleans(),
)
def test_whatever_comes_neither_side_breaks(said: list[bytes], ready: bool) -> None:
    host = _ready_host() if ready else HostSession(7, 0.0)
    board = BoardSession(SIMULATED, 0.0)
    board.received(frame(encode(Greet(7))), 0.0)
    at_s = 0.0
    for data in said:
        at_s += 0.01
        for action in host.received(data, at_s) + host.tick(at_s):
            assert isinstance(action, Send | Ready | Received | Lost)
        board.received(data, at_s)
        board.due(at_s)
    assert host.next_s >= 0.0
    # It still understands a good greeting: what came before has left nothing behind.
    board.received(b"\0" + frame(encode(Greet(99))), at_s)
    assert frame(encode(dataclasses.replace(SIMULATED, session=99))) in board.due(at_s)


def test_a_level_is_sent_and_forgotten() -> None:
    host = _ready_host()
    (sent,) = host.send(SetLevel(9), 0.05)
    assert sent == Send(frame(encode(SetLevel(9))))


def test_there_is_a_limit_to_what_waits() -> None:
    outbox = Outbox()
    for _ in range(MOST_WAITING + 5):
        outbox.put(Button(0, Action.TAP, 0), 0.0)
    for number in range(1, MOST_WAITING + 1):
        assert outbox.due(0.0)
        assert outbox.acknowledged(Ack(number))
    assert not outbox.due(0.0)


def test_numbers_go_round_without_the_zero() -> None:
    outbox, seen = Outbox(), []
    for turn in range(300):
        outbox.put(Button(0, Action.TAP, 0), float(turn))
        outbox.due(float(turn))
        number = turn % 255 + 1
        assert not outbox.acknowledged(Ack(number % 255 + 1))
        assert outbox.acknowledged(Ack(number))
        seen.append(number)
    assert seen[254:256] == [255, 1]


def _ready_host() -> HostSession:
    host = HostSession(7, 0.0)
    answer = Hello(7, (1, 0, 0), 1, 1, 0, "x")
    assert any(isinstance(action, Ready) for action in host.received(frame(encode(answer)), 0.0))
    return host
