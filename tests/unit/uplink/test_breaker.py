"""A server that lets turns down is left alone, and tried again with one of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink.breaker import Breaker, BreakerPolicy, Failure

POLICY = BreakerPolicy(opens_after=2, backoff=Backoff(first_s=10.0, longest_s=60.0))


def opened(at_s: float = 0.0, chance: float = 1.0) -> Breaker:
    breaker = Breaker(POLICY)
    for _ in range(2):
        assert breaker.admit(at_s)
        breaker.failed(Failure.SLOW, at_s, chance)
    return breaker


def test_one_failure_may_be_chance() -> None:
    breaker = Breaker(POLICY)
    breaker.failed(Failure.LOST, 0.0, 0.5)
    assert breaker.state(0.0) == "closed"
    breaker.succeeded(0.4)
    breaker.failed(Failure.LOST, 1.0, 0.5)
    assert breaker.admit(1.0)


def test_who_says_no_says_no_again() -> None:
    breaker = Breaker(POLICY)
    breaker.failed(Failure.REFUSED, 0.0, 1.0)
    assert breaker.state(0.0) == "open"


def test_one_turn_at_a_time_shows_how_it_is() -> None:
    breaker = opened()
    assert not breaker.admit(9.9)
    assert breaker.state(10.0) == "half-open"
    assert breaker.admit(10.0)
    assert not breaker.admit(10.0)
    breaker.succeeded(0.5)
    assert breaker.state(10.0) == "closed"
    assert breaker.admit(10.0)
    assert breaker.admit(10.0)


def test_a_trial_that_shows_nothing_is_repeated() -> None:
    breaker = opened()
    assert breaker.admit(10.0)
    breaker.abandoned()
    assert breaker.admit(10.0)


def test_it_waits_longer_each_time_and_never_for_ever() -> None:
    breaker = opened()
    at_s, waits = 0.0, []
    for wait_s in (10.0, 20.0, 40.0, 60.0, 60.0):
        assert not breaker.admit(at_s + wait_s - 0.1)
        assert breaker.admit(at_s + wait_s)
        at_s += wait_s
        waits.append(wait_s)
        breaker.failed(Failure.STALLED, at_s, 1.0)
    # Once it has answered, it is met without suspicion.
    assert breaker.admit(at_s + 60.0)
    breaker.succeeded(0.3)
    for _ in range(2):
        breaker.failed(Failure.SLOW, at_s, 1.0)
    assert breaker.admit(at_s + 10.0)


def test_devices_do_not_come_back_all_at_once() -> None:
    assert opened(chance=0.0).admit(5.0)
    assert not opened(chance=1.0).admit(5.0)


def test_how_long_it_usually_takes() -> None:
    breaker = Breaker(POLICY)
    assert breaker.usual_s is None
    for first_s in (0.3, 9.0, 0.4):
        breaker.succeeded(first_s)
    assert breaker.usual_s == 0.4


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["succeeded", "abandoned", *Failure]),
        st.floats(0.0, 100.0),
        st.floats(0.0, 1.0),
    ),
    max_size=40,
)


@given(DEEDS)
def test_it_is_always_asked_again(deeds: list[tuple[str | Failure, float, float]]) -> None:
    breaker, at_s = Breaker(POLICY), 0.0
    for deed, wait_s, chance in deeds:
        at_s += wait_s
        state = breaker.state(at_s)
        assert breaker.admit(at_s) == (state != "open")
        if state == "open":
            continue
        if isinstance(deed, Failure):
            breaker.failed(deed, at_s, chance)
        elif deed == "succeeded":
            breaker.succeeded(0.1)
            assert breaker.state(at_s) == "closed"
        else:
            breaker.abandoned()
            assert breaker.state(at_s) == state
    assert breaker.admit(at_s + POLICY.backoff.longest_s)
