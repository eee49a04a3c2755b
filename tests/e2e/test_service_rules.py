"""What the shipped unit lets a program see and do, asked by a program in its place."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd_machine import Machine, missing_part
from xtalk_edge.config.files import data_path
from xtalk_edge.service.unit import GROUPS, Installed, fitted

pytestmark = [
    pytest.mark.skipif(missing_part() is not None, reason=missing_part() or ""),
]

PROGRAM = """#!/bin/sh
echo "root: $(ls /root)"
echo "groups: $(id -Gn)"
echo "credential: $(cat "$CREDENTIALS_DIRECTORY/token_uplink")"
echo "state: $(echo kept >"$STATE_DIRECTORY/file" && cat "$XDG_STATE_HOME/xtalk-edge/file")"
echo "elsewhere: $(touch /usr/file 2>&1)"
echo "settings: $(touch /etc/xtalk-edge/file 2>&1)"
echo "memory: $(grep -c MemAvailable /proc/meminfo)"
echo "hurry: $(chrt --rr 5 echo first 2>&1)"
"""

AS_A_QUESTION = {
    "Type=notify\n": "Type=oneshot\n",
    "Restart=on-failure\n": "",
    "RestartForceExitStatus=SIGHUP\n": "",
    "StandardOutput=null\n": "StandardOutput=append:/run/answer\n",
    "StandardError=journal\n": "StandardError=append:/run/answer\n",
}
"""What makes of the unit one that answers and ends."""

# This machine's own systemd may not grant real-time priority by a limit; a capability does, and
# whether the unit's filter lets it pass is what counts.
HURRIES = {
    "CapabilityBoundingSet=\n": "CapabilityBoundingSet=CAP_SYS_NICE\n",
    "AmbientCapabilities=\n": "AmbientCapabilities=CAP_SYS_NICE\n",
    "PrivateUsers=yes\n": "",
}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Return a folder in somebody's home with a program and a secret beside it."""
    folder = Path(tempfile.mkdtemp(dir="/root", prefix="owner-"))
    program = folder / "bin" / "xtalk-edge"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with Machine() as made:
        made.write("/etc/xtalk-edge/tokens/uplink", "a-word")
        (made.root / "etc/xtalk-edge/tokens/uplink").chmod(0o600)
        yield made


def answers(machine: Machine, home: Path, **changes: str) -> dict[str, str]:
    """Run the program in the service's place; return what it saw."""
    shipped = data_path("systemd/xtalk-edge.service").read_text()
    known = {line.split(":")[0] for line in Path("/etc/group").read_text().splitlines()}
    groups = [each for each in GROUPS if each in known]
    unit = fitted(shipped, Installed(str(home / "bin/xtalk-edge"), (str(home),), groups))
    for old, new in {**AS_A_QUESTION, **changes}.items():
        assert unit.count(old) == 1, old
        unit = unit.replace(old, new)
    machine.write("/etc/systemd/system/question.service", unit)
    machine.write("/run/answer", "")
    machine.run("systemctl", "daemon-reload")
    done = machine.run("systemctl", "start", "question")
    said = (machine.root / "run/answer").read_text()
    assert done.returncode == 0, machine.run("systemctl", "status", "question").stdout + said
    return dict(line.split(": ", 1) for line in said.splitlines())


def test_it_sees_what_it_needs_and_nothing_else(machine: Machine, home: Path) -> None:
    seen = answers(machine, home)
    assert seen["root"] == home.name, "of a home, only the folder with the program"
    assert seen["credential"] == "a-word"
    assert seen["state"] == "kept"
    assert "cannot touch" in seen["elsewhere"]
    assert "cannot touch" in seen["settings"]
    assert seen["memory"] == "1"


def test_sound_may_come_before_everything_else(machine: Machine, home: Path) -> None:
    hurries = answers(machine, home, **HURRIES)
    assert hurries["hurry"] == "first"
    assert {"audio", "dialout"} <= set(hurries["groups"].split())
    calm = answers(machine, home, **HURRIES, **{"RestrictRealtime=no\n": "RestrictRealtime=yes\n"})
    assert "not permitted" in calm["hurry"]
