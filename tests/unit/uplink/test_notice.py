"""The owner hears once that the device is on its own, when it begins to matter."""

from __future__ import annotations

import pytest

from xtalk_edge.uplink.choice import Why
from xtalk_edge.uplink.notice import Notice

EVERY_S = 60.0


def notice() -> Notice:
    return Notice({"agent": "prefer", "tts": "race"}, EVERY_S)


@pytest.mark.parametrize("why", [Why.ABSENT, Why.RESTING, Why.LOST])
def test_it_is_told_at_the_first_answer_without_the_server(why: Why) -> None:
    told = notice()
    assert not told.is_due("agent", "server", Why.FIRST, 0.0)
    assert told.is_due("agent", "device", why, 1.0)
    assert not told.is_due("agent", "device", why, 2.0)
    # That the voice is another one too is no news.
    assert not told.is_due("tts", "device", why, 3.0)


@pytest.mark.parametrize("why", [Why.SLOW, Why.COMMAND, Why.FIRST, Why.PRIVATE, Why.OFF])
def test_what_the_owner_wants_or_will_not_notice_is_not_told(why: Why) -> None:
    assert not notice().is_due("agent", "device", why, 0.0)


def test_a_server_that_comes_and_goes_is_not_told_of_each_time() -> None:
    told = notice()
    assert told.is_due("agent", "device", Why.ABSENT, 0.0)
    told.is_due("agent", "server", Why.FIRST, 10.0)
    assert not told.is_due("agent", "device", Why.ABSENT, 20.0)
    told.is_due("agent", "server", Why.FIRST, 30.0)
    assert told.is_due("agent", "device", Why.ABSENT, EVERY_S)


def test_a_server_that_only_helps_out_is_not_missed() -> None:
    told = Notice({"agent": "fallback"}, EVERY_S)
    assert not told.is_due("agent", "device", Why.ABSENT, 0.0)
