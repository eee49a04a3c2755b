"""Who answers a turn: the rules one by one, and what holds whatever happens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.config.uplink import Policy
from xtalk_edge.uplink.breaker import Failure
from xtalk_edge.uplink.choice import (
    Abandoned,
    Action,
    AskServer,
    DeviceFailed,
    DeviceKnows,
    Drop,
    Fact,
    GiveUp,
    GoOn,
    Judge,
    LetAnswer,
    PrepareDevice,
    ServerEnded,
    ServerFailed,
    ServerSent,
    Why,
)
from xtalk_edge.uplink.policy import Hedge, HedgePolicy, Phase

TALK = DeviceKnows()
WORDS = DeviceKnows(is_speakable=True)
COMMAND = DeviceKnows(is_command=True)
SORRY = DeviceKnows(is_speakable=True, abstains=True)
CLAUSE, SIGN = ServerSent(is_speakable=True), ServerSent(is_speakable=False)
SLOW, LOST = ServerFailed(Failure.SLOW), ServerFailed(Failure.LOST)
NEUTRAL = Judge()


def hedge(mode: Policy, **policy: float) -> Hedge:
    return Hedge(HedgePolicy(mode, deadline_s=1.5, **policy), None)


def let(side: str, why: Why) -> LetAnswer:
    return LetAnswer(side, why)  # type: ignore[arg-type]


# -- who is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize("why", [Why.ABSENT, Why.RESTING, Why.PRIVATE])
@pytest.mark.parametrize("mode", ["off", "fallback", "prefer", "race"])
def test_a_server_that_may_not_be_asked_costs_no_time(mode: Policy, why: Why) -> None:
    turn = Hedge(HedgePolicy(mode, 1.5), why)
    expected = Why.OFF if mode == "off" else why
    assert turn.begin(0.0) == [let("device", expected)]
    assert turn.handle(DeviceFailed(), 0.1) == [GiveUp()]


@pytest.mark.parametrize("mode", ["prefer", "race"])
def test_both_work_at_once(mode: Policy) -> None:
    turn = hedge(mode)
    assert turn.begin(0.0) == [PrepareDevice(), AskServer()]


def test_the_server_is_asked_once_the_device_had_a_look() -> None:
    turn = hedge("prefer", head_start_s=0.1)
    assert turn.begin(0.0) == [PrepareDevice()]
    assert turn.wake_at_s == pytest.approx(0.1)
    assert turn.tick(0.1) == [AskServer()]
    # It may have looked at the text while it was spoken.
    early = hedge("prefer", head_start_s=0.1)
    assert AskServer() in early.begin(5.0, None, 4.5)


@pytest.mark.parametrize("mode", ["fallback", "prefer", "race"])
def test_a_known_command_never_leaves_the_device(mode: Policy) -> None:
    turn = hedge(mode)
    assert turn.begin(0.0, COMMAND) == [let("device", Why.COMMAND)]


def test_fallback_shows_the_server_nothing_the_device_can_answer() -> None:
    turn = hedge("fallback")
    assert turn.begin(0.0) == [PrepareDevice()]
    assert math.isinf(turn.wake_at_s)
    assert turn.handle(TALK, 9.0) == [let("device", Why.FIRST)]


# -- who answers -----------------------------------------------------------------------------


def test_prefer_takes_the_server_in_time() -> None:
    turn = hedge("prefer")
    turn.begin(0.0)
    assert turn.handle(WORDS, 0.2) == []
    assert turn.handle(SIGN, 0.3) == []
    assert turn.handle(CLAUSE, 0.5) == [Drop("device"), let("server", Why.FIRST)]
    assert turn.handle(ServerEnded(), 0.9) == [Judge(first_clause_s=0.5)]


def test_prefer_takes_the_device_at_the_deadline() -> None:
    turn = hedge("prefer")
    turn.begin(0.0)
    assert turn.tick(1.4) == []
    assert turn.tick(1.5) == [Drop("server"), Judge(Failure.SLOW), let("device", Why.SLOW)]
    assert turn.handle(CLAUSE, 1.6) == []


def test_prefer_takes_the_device_at_once_when_the_server_fails() -> None:
    turn = hedge("prefer")
    turn.begin(0.0)
    assert turn.handle(LOST, 0.2) == [
        Drop("server"), Judge(Failure.LOST), let("device", Why.FAILED),
    ]  # fmt: skip


def test_an_answer_without_a_word_is_none() -> None:
    turn = hedge("prefer")
    turn.begin(0.0, WORDS)
    assert Judge(Failure.EMPTY) in turn.handle(ServerEnded(), 0.2)
    assert turn.phase is Phase.DEVICE


def test_a_clause_waits_until_the_device_knows_that_it_is_no_command() -> None:
    turn = hedge("prefer")
    turn.begin(0.0)
    assert turn.handle(CLAUSE, 0.3) == []
    assert turn.handle(COMMAND, 0.4) == [Drop("server"), NEUTRAL, let("device", Why.COMMAND)]
    # And no longer than to the deadline.
    slow = hedge("prefer")
    slow.begin(0.0)
    slow.handle(CLAUSE, 0.3)
    assert slow.tick(1.5) == [Drop("device"), let("server", Why.FIRST)]


def test_a_whole_answer_may_wait_too() -> None:
    turn = hedge("prefer")
    turn.begin(0.0)
    turn.handle(CLAUSE, 0.3)
    assert turn.handle(ServerEnded(), 0.4) == [Judge(first_clause_s=0.3)]
    assert turn.handle(TALK, 0.5) == [Drop("device"), let("server", Why.FIRST)]
    assert math.isinf(turn.wake_at_s)


def test_a_server_lost_while_its_clause_waits_has_said_nothing() -> None:
    turn = hedge("prefer")
    turn.begin(0.0)
    turn.handle(CLAUSE, 0.3)
    assert turn.handle(LOST, 0.4)[-1] == let("device", Why.FAILED)


def test_a_race_is_won_by_the_first_clause() -> None:
    turn = hedge("race")
    turn.begin(0.0)
    assert turn.handle(WORDS, 0.2) == [Drop("server"), NEUTRAL, let("device", Why.FIRST)]
    turn = hedge("race")
    turn.begin(0.0)
    turn.handle(TALK, 0.1)
    assert turn.handle(CLAUSE, 0.2) == [Drop("device"), let("server", Why.FIRST)]


def test_who_has_no_answer_wins_no_race() -> None:
    turn = hedge("race")
    turn.begin(0.0)
    assert turn.handle(SORRY, 0.1) == []
    assert turn.handle(CLAUSE, 1.0) == [Drop("device"), let("server", Why.FAILED)]
    turn = hedge("race")
    turn.begin(0.0, SORRY)
    assert turn.tick(1.5)[-1] == let("device", Why.SLOW)


@pytest.mark.parametrize("cannot", [SORRY, DeviceFailed()])
def test_fallback_asks_the_server_when_the_device_cannot(cannot: Fact) -> None:
    turn = hedge("fallback")
    turn.begin(0.0)
    assert turn.handle(cannot, 0.2) == [AskServer()]
    assert turn.handle(CLAUSE, 0.9) == [Drop("device"), let("server", Why.FAILED)]


def test_fallback_ends_with_the_devices_apology() -> None:
    turn = hedge("fallback")
    turn.begin(0.0, SORRY)
    assert turn.wake_at_s == 1.5
    assert turn.tick(1.5)[-1] == let("device", Why.SLOW)
    turn = hedge("fallback")
    turn.begin(0.0)
    turn.handle(DeviceFailed(), 0.1)
    # Whoever has nothing to say can as well wait.
    assert turn.tick(9.0) == []
    assert turn.handle(LOST, 9.5) == [Drop("server"), Judge(Failure.LOST), GiveUp()]


def test_the_server_steps_in_for_a_device_that_fails_before_its_first_word() -> None:
    turn = hedge("fallback")
    turn.begin(0.0, TALK)
    assert turn.handle(DeviceFailed(), 0.3) == [AskServer()]
    assert turn.handle(CLAUSE, 0.8)[-1] == let("server", Why.FAILED)
    # One that has failed already is not asked twice.
    turn = hedge("prefer")
    turn.begin(0.0)
    turn.handle(LOST, 0.1)
    assert turn.handle(DeviceFailed(), 0.3) == [GiveUp()]


def test_the_device_need_not_prepare_before_it_is_likely_to_be_needed() -> None:
    turn = hedge("prefer", device_lead_s=0.5)
    assert turn.begin(0.0, TALK) == [AskServer()]
    assert turn.wake_at_s == pytest.approx(1.0)
    assert turn.tick(1.0) == [PrepareDevice()]
    assert hedge("race", device_lead_s=0.5).begin(0.0, TALK) == [PrepareDevice(), AskServer()]


# -- in the middle ---------------------------------------------------------------------------


def test_a_server_lost_in_mid_answer_leaves_the_rest_to_the_device() -> None:
    turn = hedge("prefer")
    turn.begin(0.0, TALK)
    turn.handle(CLAUSE, 0.5)
    assert turn.handle(LOST, 0.9) == [Drop("server"), Judge(Failure.LOST), GoOn()]


def test_a_server_that_falls_silent_in_mid_answer_is_lost() -> None:
    turn = hedge("prefer", lull_s=4.0)
    turn.begin(0.0, TALK)
    turn.handle(CLAUSE, 0.5)
    turn.handle(SIGN, 2.0)
    assert turn.wake_at_s == 6.0
    assert turn.tick(5.9) == []
    assert turn.tick(6.0) == [Drop("server"), Judge(Failure.STALLED), GoOn()]


def test_an_interrupted_answer_shows_that_the_server_is_well() -> None:
    turn = hedge("prefer")
    turn.begin(0.0, TALK)
    turn.handle(CLAUSE, 0.5)
    assert turn.handle(Abandoned(), 0.6) == [Drop("server"), Judge(first_clause_s=0.5)]
    unanswered = hedge("prefer")
    unanswered.begin(0.0, TALK)
    assert unanswered.handle(Abandoned(), 0.6) == [Drop("server"), NEUTRAL]
    assert unanswered.handle(Abandoned(), 0.7) == []


# -- whatever happens ------------------------------------------------------------------------

FACTS = st.sampled_from(
    [TALK, WORDS, COMMAND, SORRY, DeviceFailed(), CLAUSE, SIGN, ServerEnded(), LOST, None]
)
TURNS = st.lists(st.tuples(FACTS, st.floats(0.0, 2.0)), max_size=15)


@given(
    st.sampled_from(["off", "fallback", "prefer", "race"]),
    st.sampled_from([None, Why.ABSENT]),
    st.sampled_from([None, TALK, WORDS, COMMAND, SORRY]),
    TURNS,
)
def test_every_turn_is_answered_once(
    mode: Policy, barred: Why | None, known: DeviceKnows | None, story: list[tuple[Fact, float]]
) -> None:
    turn = Hedge(HedgePolicy(mode, 1.5, head_start_s=0.1), barred)
    at_s, done = 0.0, list[Action]()
    done += turn.begin(at_s, known)
    for fact, wait_s in story:
        at_s += wait_s
        done += turn.tick(at_s) if fact is None else turn.handle(fact, at_s)
    # In the end the device knows what it has, and time passes.
    if turn.phase is Phase.CHOOSING:
        done += turn.handle(SORRY, at_s)
        done += turn.tick(at_s + 2.0)
    if turn.phase is Phase.CHOOSING:
        done += turn.handle(LOST, at_s + 3.0)
    assert turn.phase is not Phase.CHOOSING
    done += turn.handle(Abandoned(), at_s + 4.0)

    sides = [action.side for action in done if isinstance(action, LetAnswer)]
    asked, judged = done.count(AskServer()), sum(isinstance(each, Judge) for each in done)
    assert asked == judged <= 1
    assert bool(sides) != (GiveUp() in done) or sides == ["device"]
    # Nobody answers twice; the server may step in for a device that failed before its first word.
    assert sides in ([], ["device"], ["server"], ["device", "server"])
    if mode == "off" or barred:
        assert sides == ["device"]
        assert asked == 0
    if GoOn() in done:
        assert sides[-1] == "server"
    if sides == ["device"] and asked:
        # It is told to stop before the device's answer is let out, effects included.
        ended = {Drop("server")} & set(done[: done.index(_let_of(done))])
        assert ended or _completed(done)


def _let_of(done: list[Action]) -> LetAnswer:
    return next(action for action in done if isinstance(action, LetAnswer))


def _completed(done: list[Action]) -> bool:
    first = [each for each in done if isinstance(each, Judge)]
    return first[0].first_clause_s is not None or done.index(AskServer()) > done.index(
        _let_of(done)
    )
