"""`bench idle` counts what this process and its children take while nobody talks to the device."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import idle
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.cli.bench.process_tree import cost

BUSY_CHILD = "import sys; print('ready', flush=True)\nwhile True: pass"


@pytest.mark.slow
def test_children_count_too() -> None:
    alone = cost()
    with subprocess.Popen([sys.executable, "-c", BUSY_CHILD], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            deadline_s = time.monotonic() + 20
            while cost(child.pid).cpu_s < 0.2 and time.monotonic() < deadline_s:
                time.sleep(0.05)
            both = cost()
        finally:
            child.kill()
    assert both.processes == alone.processes + 1
    assert both.memory_mb > alone.memory_mb > 0
    assert both.cpu_s >= alone.cpu_s + 0.2


def test_a_process_that_is_gone_costs_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert (cost(child.pid).processes, cost(child.pid).memory_mb) == (0, 0.0)


@pytest.mark.parametrize(
    ("cpu", "memory_mb", "passed"), [(5.9, 199, True), (6.1, 100, False), (1.0, 201, False)]
)
def test_both_limits_count(cpu: float, memory_mb: float, passed: bool) -> None:
    found = idle.Idle("quiet", Percentiles(cpu, cpu, cpu, 10), memory_mb, 1)
    assert found.passed is passed


@pytest.mark.slow
@pytest.mark.alone
def test_it_listens_and_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "WARM_UP_S", 0.5)
    result = CliRunner().invoke(idle.command, ["--seconds", "3", "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == (0 if told["passed"] else 1)
    assert [row["condition"] for row in told["rows"]] == ["a quiet room", "talk to somebody else"]
    for row in told["rows"]:
        assert row["cpu_percent"]["p50"] > 0
        assert row["memory_mb"] > 50
        assert row["processes"] >= 1
