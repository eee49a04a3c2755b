"""`bench bus` measures every bus with every number of subscribers, in numbers that make sense."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import bus as bench
from xtalk_edge.clock import run_virtual


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    # Before each the garbage of all tests so far is collected, which takes half a second.
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "PACED_S", 0.01)


@pytest.mark.slow
def test_the_figures_come_as_json() -> None:
    result = CliRunner().invoke(bench.command, ["--json", "--events", "200"])
    assert result.exit_code == 0
    told = json.loads(result.output)
    assert told["events"] == 200
    assert [(row["subscribers"], row["bus"]) for row in told["rows"]] == [
        (subscribers, name) for subscribers in (1, 3, 10) for name in bench._BUSES
    ]
    for row in told["rows"]:
        assert row["burst_events_per_s"] > 0
        assert 0 < row["paced_p50_us"] <= row["paced_p99_us"]


@pytest.mark.slow
def test_the_figures_come_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SUBSCRIBERS", (1,))
    result = CliRunner().invoke(bench.command, ["--events", "100"])
    assert result.exit_code == 0
    header, *rows = result.output.splitlines()
    assert "burst events/s" in header
    assert len(rows) == len(bench._BUSES)
    assert {len(row) for row in rows} == {len(header)}


def test_help_teaches() -> None:
    result = CliRunner().invoke(bench.command, ["--help"])
    assert "compare rows of one run" in " ".join(result.output.split())


def test_the_other_bus_loses_the_order_when_handlers_wait() -> None:
    """The reason for having inboxes."""

    async def main() -> None:
        seen: list[float] = []

        async def handler(event: bench.BenchEvent) -> None:
            await asyncio.sleep(1.0 - event.published_s)
            seen.append(event.published_s)

        bus = bench.TaskPerHandlerBus()
        bus.subscribe(handler)
        for published_s in (0.0, 0.5):
            bus.publish(bench.BenchEvent(published_s=published_s))
        await bus.aclose()
        assert seen == [0.5, 0.0]

    run_virtual(main())
