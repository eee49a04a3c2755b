"""What the device does is counted, and told as Prometheus reads it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tests.clocks import on_virtual_clock
from tests.unit.manager_parts import plain_capture, turns_of_the_loop
from xtalk_edge import events
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.managers.metrics import MetricsManager
from xtalk_edge.net.border import BORDER
from xtalk_edge.service.counts import MOST_LABELS, OTHER, SECONDS, Counts, Family
from xtalk_edge.service.machine_state import MachineState
from xtalk_edge.service.metrics import FAMILIES

MACHINE = MachineState(
    temperature_c=61.5, throttled=False, memory_mb=4000, memory_free_mb=100,
    memory_stalled_percent=25.0,
)  # fmt: skip

SECRET = "my secret words"


async def told(*happened: events.Event, machine: MachineState = MACHINE) -> Mapping[str, float]:
    """Return each figure of the page by its name and its sorted labels, after these events."""
    bus = EventBus()
    manager = MetricsManager(
        event_bus=bus, config=Config(), capture=plain_capture(bus), machine=lambda: machine
    )
    bus.register(manager)
    for event in happened:
        bus.publish(event)
    await turns_of_the_loop(10)
    text = manager.text()
    assert SECRET not in text
    return {
        sample.name.removeprefix("xtalk_edge_")
        + "".join(f" {sample.labels[label]}" for label in sorted(sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@on_virtual_clock
async def test_turns_and_their_answers() -> None:
    found = await told(
        events.WakeWordDetected(phrase="okay nabu", at_sample=1),
        events.WakeWordYielded(phrase="okay nabu", at_sample=1),
        events.ASRResultFinal(turn_id=1, text=SECRET),
        events.TTSPlaybackStarted(turn_id=1),
        events.TTSPlaybackStarted(turn_id=1),
        events.ASRResultFinal(turn_id=2, text=""),
        events.ASRResultFinal(turn_id=3, text=SECRET),
        events.TTSPlaybackStarted(turn_id=4),  # something else is announced
        events.TTSStopped(turn_id=1, text=SECRET, reason="stop word"),
        events.ErrorOccurred(error_type="x", error_message=SECRET, component="tts"),
    )
    assert found["turns_total understood"] == 2
    assert found["turns_total not understood"] == 1
    assert found["answers_total"] == 1
    assert found["answers_cut_total stop word"] == 1
    assert found["wake_words_total answered"] == found["wake_words_total yielded"] == 1
    assert found["errors_total tts"] == 1


@on_virtual_clock
async def test_where_the_time_of_turns_goes() -> None:
    found = await told(
        events.LatencyMetricsUpdated(
            at_s=0.0, asr_final_ms=20.0, voice_to_voice_ms=400.0, thought_ahead=True
        ),
        events.LatencyMetricsUpdated(at_s=0.0, asr_final_ms=60.0, voice_to_voice_ms=20_000.0),
    )
    assert found["stage_seconds_count voice_to_voice"] == 2
    assert found["stage_seconds_sum voice_to_voice"] == pytest.approx(20.4)
    assert found["stage_seconds_bucket 0.5 voice_to_voice"] == 1
    assert found["stage_seconds_bucket 10.0 voice_to_voice"] == 1
    assert found["stage_seconds_bucket +Inf voice_to_voice"] == 2
    assert found["recent_stage_seconds p50 asr_final"] == pytest.approx(0.06)
    assert found["answers_ahead_total"] == 1
    assert "stage_seconds_count audible" not in found


@on_virtual_clock
async def test_sound_loop_health_and_recovery() -> None:
    found = await told(
        events.AudioGap(at_sample=0, samples=8_000, reason="device stalled"),
        events.CardLost(reason="the device was unplugged"),
        events.EchoMeasured(removed_db=31.5, delay_ms=42.0),
        events.LoopLagged(lag_s=0.3),
        events.HealthChanged(check="disk", healthy=False, detail="full"),
        events.HealthChanged(check="disk", healthy=True, detail="roomy"),
        events.RecoveryStepTaken(step="reopen", check="capture", count=1),
        events.GovernorStepped(rung="voice", eased=True, reason="hot"),
    )
    assert found["audio_gaps_total device stalled"] == found["card_losses_total"] == 1
    assert found["audio_lost_seconds_total"] == 0.5
    assert found["audio_xruns_total input"] == found["audio_xruns_total output"] == 0
    assert (found["echo_removed_db"], found["echo_delay_seconds"]) == (31.5, 0.042)
    assert found["loop_lag_seconds_count"] == 1
    assert (found["healthy disk"], found["health_losses_total disk"]) == (1, 1)
    assert found["recovery_steps_total reopen"] == 1
    assert (found["governor_eased voice"], found["governor_steps_total down voice"]) == (1, 1)


@on_virtual_clock
async def test_the_server_and_what_left_the_device() -> None:
    before = BORDER.sent_bytes("text")
    BORDER.send("example.org", "text", 120)
    found = await told(
        events.UplinkStateChanged(abilities=("agent",)),
        events.UplinkSideChosen(ability="agent", side="server", why="first"),
        events.UplinkSideChosen(ability="agent", side="server", why="first"),
    )
    assert found["egress_bytes_total text"] == before + 120
    assert (found["uplink_able agent"], found["uplink_able tts"]) == (1, 0)
    assert found["uplink_sides_total agent server first"] == 2


@on_virtual_clock
async def test_the_machine_and_the_process() -> None:
    found = await told()
    assert found["temperature_celsius"] == 61.5
    assert found["memory_free_bytes"] == 100 * 2**20
    assert found["memory_stalled_ratio"] == 0.25
    assert found["process_resident_memory_bytes"] > 10e6
    assert found["process_cpu_seconds_total"] > 0
    unknown = await told(machine=MachineState())
    assert not [name for name in unknown if name.startswith(("temperature", "memory_"))]


@pytest.mark.slow
def test_the_library_is_not_imported_before_somebody_asks() -> None:
    program = "import sys, xtalk_edge.appliance; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# -- counts ----------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1e4), max_size=50))
def test_each_time_falls_into_one_class(times_s: list[float]) -> None:
    counts = Counts({"t": Family("histogram", "")})
    for took_s in times_s:
        counts.time("t", took_s)
    for histogram in counts.histograms["t"].values():
        assert sum(histogram.classes) == len(times_s)
        for end, so_many in zip(SECONDS, histogram.classes, strict=False):
            assert so_many <= sum(took_s <= end for took_s in times_s)
        assert histogram.sum_s == pytest.approx(sum(times_s))


def test_labels_without_end_become_others() -> None:
    counts = Counts({"n": Family("counter", "", ("a", "b"))})
    for number in range(10 * MOST_LABELS):
        counts.add("n", str(number), "x")
    found = counts.numbers["n"]
    assert len(found) == MOST_LABELS + 1
    assert found[OTHER, OTHER] == 9 * MOST_LABELS
    counts.add("n", "3", "x", by=2.0)
    assert found["3", "x"] == 3.0


def test_every_name_says_what_it_is() -> None:
    for name, family in FAMILIES.items():
        assert family.about.endswith((".", ").")), name
        assert name.endswith("_total") is (family.kind == "counter"), name
