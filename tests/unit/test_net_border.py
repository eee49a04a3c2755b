import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import KINDS, Border, Sent

HOST = "example.org"


def totals(sent):
    return {(each.host, each.kind): each.n_bytes for each in sent}


def test_at_first_everything_may_leave_and_is_counted():
    border = Border()
    border.send(HOST, "audio", 3)
    border.send(HOST, "audio", 4)
    border.send("other.example", "text", 5)
    assert border.take() == [Sent(HOST, "audio", 7), Sent("other.example", "text", 5)]
    assert border.take() == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_leave_is_stopped_with_the_reason_and_not_counted(kind):
    border = Border()
    border.allow(set(KINDS) - {kind})
    with pytest.raises(UplinkError, match=f"^{kind} may not leave .* uplink.cloud_allowed"):
        border.send(HOST, kind, 1)
    with pytest.raises(UplinkError):
        border.check(*KINDS)
    assert not border.is_open(kind)
    assert not border.is_open(*KINDS)
    assert border.is_open(*border.allowed)
    border.check(*border.allowed)
    assert border.take() == []


def test_offline_goes_before_whatever_is_allowed():
    border = Border()
    border.send(HOST, "text", 1)
    border.offline = True
    for kind in KINDS:
        with pytest.raises(UplinkError, match='say "go online"'):
            border.send(HOST, kind, 1)
    assert not border.is_open()
    assert border.take() == [Sent(HOST, "text", 1)]
    border.offline = False
    border.send(HOST, "text", 2)
    assert border.take() == [Sent(HOST, "text", 2)]


def test_a_border_that_is_closed_stays_so():
    border = Border()
    border.close("nobody could count it here; run it elsewhere")
    border.allow(KINDS)
    border.offline = False
    with pytest.raises(UplinkError, match="nobody could count it here; run it elsewhere"):
        border.send(HOST, "text", 1)
    assert not border.is_open("text")


def test_whoever_watches_is_told_of_changes_only():
    border, told = Border(), []
    ends = border.watch(lambda: told.append(border.offline))
    border.offline = False
    border.offline = True
    border.offline = True
    border.offline = False
    ends()
    border.offline = True
    assert told == [True, False]


def test_nothing_is_lost_between_threads():
    border = Border()
    taken: Counter[tuple[str, str]] = Counter()

    def send():
        for _ in range(5_000):
            border.send(HOST, "audio", 1)

    sending = [threading.Thread(target=send) for _ in range(4)]
    for each in sending:
        each.start()
    while any(each.is_alive() for each in sending):
        taken.update(totals(border.take()))
    taken.update(totals(border.take()))
    assert taken == {(HOST, "audio"): 20_000}


STEPS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(["a", "b"]), st.sampled_from(KINDS),
              st.integers(0, 10**9)),
    st.tuples(st.just("offline"), st.booleans()),
    st.tuples(st.just("allow"), st.sets(st.sampled_from(KINDS))),
    st.tuples(st.just("take")),
)  # fmt: skip


@given(st.lists(STEPS, max_size=40))
def test_what_is_taken_is_what_was_let_pass(steps):
    border, offline, allowed = Border(), False, set(KINDS)
    passed: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for step in steps:
        match step:
            case ("send", host, kind, n_bytes):
                may = not offline and kind in allowed
                assert border.is_open(kind) is may
                try:
                    border.send(host, kind, n_bytes)
                except UplinkError:
                    assert not may
                else:
                    assert may
                    passed[host, kind] += n_bytes
            case ("offline", offline):
                border.offline = offline
            case ("allow", allowed):
                border.allow(allowed)
            case _:
                taken.update(totals(border.take()))
    taken.update(totals(border.take()))
    assert taken == passed
