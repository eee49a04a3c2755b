"""Who may come in, what may be asked, and how often."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.service.page import commands
from xtalk_edge.service.page.allowance import (
    MOST_PEERS,
    WRONG_TOKEN_EVERY_S,
    WRONG_TOKENS,
    WRONG_TOKENS_OF_ALL,
    Allowance,
    Guesses,
    neighbourhood,
)
from xtalk_edge.service.page.commands import LONGEST_TEXT_CHARS, UnreadableError, command_of
from xtalk_edge.service.page.gate import Gate, RefusedError

CLOSED, OPEN = Gate(True, {"kitchen.example"}), Gate(False, {"kitchen.local"})


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ('{"do": "hello"}', commands.Hello("")),
        ('{"do": "hello", "token": "x"}', commands.Hello("x")),
        ('{"do": "mute", "on": true}', commands.Mute(True)),
        ('{"do": "press"}', commands.Press()),
        ('{"do": "release"}', commands.Release()),
        ('{"do": "stop"}', commands.Stop()),
        ('{"do": "ask", "text": " what\\u0007 time\\n is it "}', commands.Ask("what time is it")),
        ('{"do": "say", "text": "Dinner."}', commands.Say("Dinner.")),
        ('{"do": "volume", "percent": 0}', commands.Volume(0)),
        ('{"do": "sound", "on": false}', commands.Sound(False)),
    ],
)
def test_what_pages_ask_is_understood(message: str, command: commands.Command) -> None:
    assert command_of(message) == command


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[" * 8_000,
        "null",
        '["do"]',
        '{"do": {}}',
        '{"do": "format"}',
        '{"do": "mute", "on": 1}',
        '{"do": "volume", "percent": 101}',
        '{"do": "volume", "percent": true}',
        '{"do": "volume", "percent": 1e999}',
        '{"do": "ask", "text": "\\u0000 \\ud800"}',
        '{"do": "ask", "text": 5}',
        json.dumps({"do": "say", "text": "x" * (LONGEST_TEXT_CHARS + 1)}),
        json.dumps({"do": "hello", "token": "x" * 5_000}),
    ],
)
def test_what_no_page_asks_is_refused_in_a_sentence(message: str) -> None:
    with pytest.raises(UnreadableError, match=r"must be|nothing in it"):
        command_of(message)


@given(
    st.one_of(
        st.text(),
        st.dictionaries(
            st.sampled_from(["do", "on", "text", "percent", "token"]),
            st.one_of(
                st.sampled_from(["mute", "ask", "say", "volume", "hello", "sound"]),
                *(st.text(), st.integers(), st.booleans(), st.none(), st.floats()),
            ),
        ).map(json.dumps),
    )
)
def test_whatever_comes_is_a_command_or_a_sentence(message: str) -> None:
    try:
        command: Any = command_of(message)
    except UnreadableError as error:
        assert len(str(error)) < 120
    else:
        text = getattr(command, "text", "word")
        assert text.isprintable()
        assert 0 < len(text) <= LONGEST_TEXT_CHARS


def test_a_token_does_not_show() -> None:
    assert "xyzzy" not in repr(command_of('{"do": "hello", "token": "xyzzy"}'))


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8380", "127.0.0.1:8380", "127.8.8.8", "[::1]:80", "kitchen.example"],
)
def test_this_machine_is_asked_for_by_its_own_names(host: str) -> None:
    CLOSED.check([host], [])
    CLOSED.check([host], [f"http://{host}"])
    CLOSED.check([host], [f"https://{host}"])


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.example"],
        ["localhost.evil.example"],
        ["192.168.1.7"],
        ["localhost", "localhost"],
        ["localhost@evil.example"],
        ["127.1"],
        ["0.0.0.0:8380"],
        ["kitchen.local"],
        ["localhost:99999999"],
        ["localhost:8380\\evil"],
        ["\xe9"],
    ],
)
def test_no_other_name_leads_here(hosts: list[str]) -> None:
    with pytest.raises(RefusedError) as refused:
        CLOSED.check(hosts, [])
    assert refused.value.status == 421


def test_others_may_ask_by_number_and_by_known_names_only() -> None:
    for host in ("192.168.1.7:8380", "[fd00::7]", "kitchen.local", "Kitchen.LOCAL.", "localhost"):
        OPEN.check([host], [])
    for host in ("evil.example", "kitchen.local.evil.example", "kitchen"):
        with pytest.raises(RefusedError):
            OPEN.check([host], [])


@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.example"],
        ["null"],
        [""],
        ["http://localhost"],
        ["http://localhost:8380.evil.example"],
        ["http://localhost:8380", "http://localhost:8380"],
        ["file://"],
    ],
)
def test_pages_of_others_are_refused(origins: list[str]) -> None:
    with pytest.raises(RefusedError) as refused:
        CLOSED.check(["localhost:8380"], origins)
    assert refused.value.status == 403


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 10)), max_size=40))
def test_no_more_is_let_through_than_is_allowed(wanted: list[tuple[float, float]]) -> None:
    allowance, now_s, taken = Allowance(10, 2.0), 0.0, 0.0
    for pause_s, amount in wanted:
        now_s += pause_s
        if allowance.take(amount, now_s):
            taken += amount
        assert taken <= 10 + 2.0 * now_s + 1e-6


def test_who_guesses_must_wait_and_nobody_else_does() -> None:
    guesses = Guesses()
    for _ in range(WRONG_TOKENS):
        assert guesses.may_try("192.168.1.7", 0.0)
        guesses.wrong("192.168.1.7", 0.0)
    assert not guesses.may_try("192.168.1.7", 1.0)
    assert guesses.may_try("192.168.1.8", 1.0)
    assert guesses.may_try("192.168.1.7", WRONG_TOKEN_EVERY_S)
    guesses.wrong("192.168.1.7", WRONG_TOKEN_EVERY_S)
    assert not guesses.may_try("192.168.1.7", WRONG_TOKEN_EVERY_S)


def test_many_addresses_help_nobody_and_are_not_all_remembered() -> None:
    guesses = Guesses()
    for number in range(WRONG_TOKENS_OF_ALL):
        guesses.wrong(f"10.0.{number // 250}.{number % 250}", 0.0)
    assert not guesses.may_try("10.9.9.9", 0.0)
    for number in range(2 * MOST_PEERS):
        guesses.wrong(f"10.1.{number // 250}.{number % 250}", float(number))
    assert len(guesses._of) == MOST_PEERS


def test_a_household_has_one_allowance() -> None:
    assert neighbourhood("fd00:1:2:3::7") == neighbourhood("fd00:1:2:3:ffff::9%eth0")
    assert neighbourhood("fd00:1:2:4::7") != neighbourhood("fd00:1:2:3::7")
    assert neighbourhood("192.168.1.7") != neighbourhood("192.168.1.8")
    assert neighbourhood("::ffff:192.168.1.7") != neighbourhood("::ffff:192.168.1.8")
    assert neighbourhood("somewhere") == "somewhere"
