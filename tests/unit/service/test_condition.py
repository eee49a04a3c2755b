"""How the service is, in sentences."""

from __future__ import annotations

import pytest

from xtalk_edge.service.condition import is_working, told

RUNS = {
    "LoadState": "loaded",
    "UnitFileState": "enabled",
    "ActiveState": "active",
    "SubState": "running",
    "StatusText": "Listens.",
    "Result": "success",
    "ExecMainStatus": "0",
    "NRestarts": "0",
    "MemoryCurrent": "201000000",
    "ActiveEnterTimestamp": "Mon 2026-11-30 07:49:16 UTC",
}


def test_one_that_works() -> None:
    assert is_working(RUNS)
    assert told(RUNS) == [
        "It runs since Mon 2026-11-30 07:49:16 UTC.",
        "It says: Listens.",
        "It uses 201 MB of memory.",
    ]


@pytest.mark.parametrize(
    ("properties", "line"),
    [
        (
            {"LoadState": "not-found", "ActiveState": "inactive"},
            "It is not installed; run xtalk-edge service install.",
        ),
        ({"ActiveState": "activating", "SubState": "start"}, "It is starting."),
        ({"ActiveState": "inactive"}, "It does not run."),
        (
            {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "3"},
            "It does not run: a model file is missing or damaged. See xtalk-edge service logs.",
        ),
        (
            {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "77"},
            "It does not run: it ended with exit code 77. See xtalk-edge service logs.",
        ),
        (
            {"ActiveState": "activating", "SubState": "auto-restart", "Result": "watchdog"},
            "It is about to be started again: it stood still, and was ended by the watchdog.",
        ),
        (
            {"ActiveState": "failed", "Result": "something new"},
            "It does not run: something new. See xtalk-edge service logs.",
        ),
    ],
)
def test_one_that_does_not(properties: dict[str, str], line: str) -> None:
    shown = {**RUNS, **properties}
    assert not is_working(shown)
    assert told(shown)[0] == line
    assert not any("memory." in each for each in told(shown))


def test_what_an_owner_should_know_besides() -> None:
    lines = told(
        {**RUNS, "NRestarts": "3", "UnitFileState": "disabled", "MemoryCurrent": "[not set]"}
    )
    assert "It failed and was started again 3 times." in lines
    assert "It does not start by itself; run xtalk-edge service install." in lines
    assert not any("memory" in line for line in lines)


def test_a_manager_that_tells_nothing_is_understood() -> None:
    assert told({}) == ["It does not run."]
