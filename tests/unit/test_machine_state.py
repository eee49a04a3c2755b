"""The machine tells how it feels in files; what is missing or nonsense is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from xtalk_edge.service.machine_state import MachineState, look_at_machine

PRESSURE = (
    "some avg10=0.50 avg60=12.25 avg300=3.00 total=123456\n"
    "full avg10=0.10 avg60=4.00 avg300=1.00 total=23456\n"
)


def machine(root: Path, files: dict[str, str]) -> MachineState:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return look_at_machine(root)


def test_all_of_it(tmp_path: Path) -> None:
    found = machine(tmp_path, {
        "proc/meminfo": "MemTotal:  4000000 kB\nMemFree: 1 kB\nMemAvailable:  512000 kB\n",
        "proc/pressure/memory": PRESSURE,
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
        "sys/class/thermal/thermal_zone0/temp": "71234\n",
        "sys/class/thermal/thermal_zone1/type": "rp1_adc\n",
        "sys/class/thermal/thermal_zone1/temp": "90000\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    })  # fmt: skip
    assert found == MachineState(
        temperature_c=71.2,
        throttled=False,
        memory_mb=3906,
        memory_free_mb=500,
        memory_stalled_percent=12.25,
    )


def test_nothing_of_it(tmp_path: Path) -> None:
    assert look_at_machine(tmp_path) == MachineState()
    nonsense = {"proc/meminfo": "\0\xff", "proc/pressure/memory": "some avg60=x\n"}
    assert machine(tmp_path, nonsense) == MachineState()


@pytest.mark.parametrize(
    ("bits", "slow"), [("0", False), ("50000", False), ("50005", True), ("4", True), ("8", True)]
)
def test_the_firmware_of_a_raspberry_pi_says_so(tmp_path: Path, bits: str, slow: bool) -> None:
    place = "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"
    assert machine(tmp_path, {place: f"{bits}\n"}).throttled is slow


@pytest.mark.parametrize(
    ("kind", "step", "slow"),
    [
        ("cpufreq-cpu0", "0", False),
        ("cpufreq-cpu0", "3", True),
        ("Processor", "1", True),
        ("pwm-fan", "4", None),
        ("Processor", "", None),
    ],
)
def test_elsewhere_what_cools_by_slowing_down_says_so(
    tmp_path: Path, kind: str, step: str, slow: bool | None
) -> None:
    place = "sys/class/thermal/cooling_device0"
    found = machine(tmp_path, {f"{place}/type": f"{kind}\n", f"{place}/cur_state": f"{step}\n"})
    assert found.throttled is slow


def test_this_machine_is_read_without_harm() -> None:
    found = look_at_machine()
    assert found.memory_mb is not None
    assert found.memory_free_mb is not None
    assert 0 < found.memory_free_mb <= found.memory_mb
