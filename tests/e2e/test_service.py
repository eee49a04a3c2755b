"""The service as it is installed, shut in as it is shipped, under a real systemd."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import service_probe
from tests.e2e.test_live_appliance import say
from tests.pulse import LOUDSPEAKER, MICROPHONE, needs_pulse, record
from tests.service_probe import FACTS, STAND_STILL
from tests.surroundings import Surroundings
from tests.systemd_machine import CHECKOUT, Machine, missing_part, until
from xtalk_edge.cli.bench.pulse import PrivatePulse
from xtalk_edge.service.board import look
from xtalk_edge.service.notify import LONGEST_LOAD_S

pytestmark = [
    pytest.mark.alone,
    pytest.mark.timeout(400),
    needs_pulse,
    pytest.mark.skipif(missing_part() is not None, reason=missing_part() or ""),
]

WATCHDOG_S = 6
"""Shorter than the unit's own, which is as long as an owner would wait."""

SETTINGS = """\
[audio]
input_device = "{microphone}"
output_device = "{loudspeaker}"
dead_after_s = 0
[wake]
mode = "always"
[board]
port = "{board}"
[uplink]
url = "{server}"
agent = "fallback"
token = "credential:token_uplink"
[turn]
silence_ms = 500
[[managers]]
spec = "probe.py:Probe"
"""

# Nothing in it opens the service: it says where this checkout, sound and a sensor of heat are.
DROP_IN = """\
[Service]
Environment=PYTHONPATH={checkout} PULSE_SERVER={pulse} ALSA_CONFIG_PATH={alsa}
BindPaths={sound}
BindReadOnlyPaths=/run/heat:/sys/class/thermal
WatchdogSec={watchdog_s}
StandardError=append:/run/xtalk-edge.log
"""


class Service:
    """The installed service, and what surrounds it."""

    def __init__(self, machine: Machine, surroundings: Surroundings, folder: Path) -> None:
        self.machine = machine
        self.surroundings = surroundings
        self.folder = folder

    @property
    def state(self) -> Path:
        """Its state folder."""
        return self.machine.root / "var/lib/private/xtalk-edge"

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return (self.machine.root / "run/xtalk-edge.log").read_text()

    def facts(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Return what the probe of the process that runs now saw of that kind."""
        path, pid = self.state / FACTS, self.pid
        lines = path.read_text().splitlines() if path.exists() else []
        told = [json.loads(line) for line in lines if line.endswith("}")]
        return [
            each for each in told
            if each["kind"] == kind and self._is_now(each, pid)
            and all(each[name] == value for name, value in fields.items())
        ]  # fmt: skip

    def _is_now(self, fact: dict[str, Any], pid: str) -> bool:
        return str(fact["pid"]) == pid

    def fact(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Return the first fact of the kind, once it is there."""
        until(lambda: self.facts(kind, **fields), f"{kind} {fields}\n{self.log}")
        return self.facts(kind, **fields)[0]

    @property
    def pid(self) -> str:
        """Of its process, as the machine counts."""
        return self.machine.shown("MainPID")

    @property
    def restarts(self) -> int:
        """How often it failed and was started again."""
        return int(self.machine.shown("NRestarts"))

    def listens(self) -> None:
        """Wait until it says so, and let sound come before everything else from then on.

        `LimitRTPRIO=` does that where a systemd may raise limits, which this one may not.
        """
        until(self._says_so, f"it listens\n{self.log}")
        for thread in Path(f"/proc/{self.outer_pid()}/task").iterdir():
            with contextlib.suppress(OSError):
                os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(5))

    def _says_so(self) -> bool:
        shown = self.machine.shown("ActiveState", "StatusText").splitlines()
        return "active" in shown and any(line.startswith("Listens.") for line in shown)

    def outer_pid(self) -> int:
        """Return its process as this machine counts."""
        inner, machine = self.pid, Path(f"/proc/{self.machine.pid}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                lines = (process / "status").read_text().splitlines()
                ids = next(line.split() for line in lines if line.startswith("NSpid:"))
                if ids[2:] == [inner] and (process / "ns/pid").readlink() == machine:
                    return int(ids[1])
        raise AssertionError("the service has no process")

    def ask(self, words: str) -> str:
        """Say something into the microphone; return what was answered aloud.

        Asked again as by a person: a busy machine loses a piece of the words now and then. One that
        loses sound all the time tells nothing, and the test is skipped.
        """
        before = len(self._answers())
        for _ in range(3):
            say(words, self.folder)
            with contextlib.suppress(AssertionError):
                until(lambda: len(self._answers()) > before, "an answer", 15.0)
                return self._answers()[before]
        if self.log.count("late; opened anew") > 3:
            pytest.skip("this machine gave no steady sound")
        raise AssertionError(f"no answer to {words!r}:\n{self.log}")

    def _answers(self) -> list[str]:
        told = (str(each["text"]) for each in self.facts("TTSPlaybackFinished"))
        return [text for text in told if text and "Sorry" not in text]

    def change(self, old: str, new: str) -> None:
        """Change its settings."""
        path = self.machine.root / "etc/xtalk-edge/edge.toml"
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Install the service on a machine with a sound server, a board and a server."""
    with PrivatePulse() as pulse, Surroundings() as around, Machine() as machine:
        sound = Path(os.environ["ALSA_CONFIG_PATH"]).parent
        sound.chmod(0o755)
        board = around.board.path
        os.chown(board, 0, grp.getgrnam("dialout").gr_gid)
        Path(board).chmod(0o660)
        settings = SETTINGS.format(
            microphone=MICROPHONE, loudspeaker=LOUDSPEAKER, board=board, server=around.server.url
        )
        machine.write("/etc/xtalk-edge/edge.toml", settings)
        machine.write("/etc/xtalk-edge/probe.py", Path(service_probe.__file__).read_text())
        machine.write("/etc/xtalk-edge/tokens/uplink", "a-word-for-the-server\n")
        (machine.root / "etc/xtalk-edge/tokens/uplink").chmod(0o600)
        machine.write("/run/heat/thermal_zone0/temp", "51300\n")
        drop_in = DROP_IN.format(
            checkout=CHECKOUT,
            pulse=os.environ["PULSE_SERVER"],
            alsa=os.environ["ALSA_CONFIG_PATH"],
            sound=sound,
            watchdog_s=WATCHDOG_S,
        )
        machine.write("/etc/systemd/system/xtalk-edge.service.d/test.conf", drop_in)
        made = Service(machine, around, tmp_path_factory.mktemp("service"))
        said = machine.service("install", "--yes")
        assert "The service runs." in said, said + made.log
        made.listens()
        yield made
        del pulse


def test_shut_in_it_hears_and_speaks(service: Service) -> None:
    with record(service.folder) as recording:
        assert service.ask("what is twelve times seven") == "12 times 7 is 84."
    assert np.abs(np.fromfile(recording, np.int16).astype(np.int32)).max() > 1000
    assert "84" not in service.log


def test_shut_in_it_reaches_what_surrounds_it(service: Service) -> None:
    service.fact("BoardConnected")
    service.fact("UplinkStateChanged", abilities=["agent"])
    machine = service.fact("machine")
    assert machine["temperature_c"] == 51.3
    assert machine["memory_mb"] == look(service.folder).memory_mb
    assert machine["memory_free_mb"] > 100
    service.surroundings.mute_switch(True)
    service.fact("MicrophoneMuted", muted=True)
    until(lambda: "muted" in service.machine.service("status"), "the status says so")
    service.surroundings.mute_switch(False)
    service.fact("MicrophoneMuted", muted=False)
    service.listens()


def test_it_is_shut_in(service: Service) -> None:
    status = Path(f"/proc/{service.outer_pid()}/status").read_text()
    uids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    assert "0" not in uids
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    said = service.machine.run("systemd-analyze", "security", "--no-pager", "xtalk-edge.service")
    exposure = float(said.stdout.split("xtalk-edge.service: ")[1].split()[0])
    assert exposure <= 1.5, said.stdout


def test_installed_again_it_is_left_alone(service: Service) -> None:
    pid = service.pid
    assert "there is nothing to do" in service.machine.service("install", "--yes")
    assert service.pid == pid


def test_changed_settings_count_without_a_break(service: Service) -> None:
    pid = service.pid
    service.change("silence_ms = 500", "silence_ms = 600")
    assert "turn.silence_ms changed." in service.machine.service("reload")
    service.change("silence_ms = 600", "silence_ms = true")
    assert "edge.toml:14: turn.silence_ms: must be" in service.machine.service("reload")
    # Nor does the service itself take them.
    service.machine.run("systemctl", "reload", "xtalk-edge")
    wrong = service.fact("SettingsReloaded", changed=[])
    assert "edge.toml:14: turn.silence_ms: must be" in wrong["problem"]
    service.change("silence_ms = true", "silence_ms = 500")
    service.machine.run("systemctl", "reload", "xtalk-edge")
    until(lambda: len(service.facts("SettingsReloaded", problem="")) == 2, "they count")
    service.listens()
    assert service.pid == pid


def test_what_takes_a_restart_is_named_and_comes(service: Service) -> None:
    pid, restarts, began = service.pid, service.restarts, len(service.facts("process"))
    service.change("dead_after_s = 0", "dead_after_s = 0\nring_s = 20.0")
    service.machine.run("systemctl", "reload", "xtalk-edge")
    told = service.fact("SettingsReloaded", restarts=True)
    assert told["sentence"] == "audio.ring_s takes a restart, at the next pause."
    until(lambda: len(service.facts("process")) > began, "a new program")
    service.listens()
    # The same process: systemd saw no end of it, and the watchdog waited for its start.
    assert service.pid == pid
    assert service.restarts == restarts


def test_a_loop_that_stands_still_is_ended_and_its_timers_stay(service: Service) -> None:
    pid, restarts = service.pid, service.restarts
    # By another program: the service comes to know of it when it starts again.
    said = service.machine.run(
        *(sys.executable, "-m", "xtalk_edge", "ask", "set a timer for fifteen seconds"),
        *("--state-dir", "/var/lib/xtalk-edge"),
    )
    assert "Timer set for fifteen seconds." in said.stdout, said.stderr
    (service.state / STAND_STILL).touch()
    # A start that is not quite over has the watchdog wait for longer.
    until(
        lambda: "in _stand_still" in service.log,
        "the watchdog ends it, and it says where",
        within_s=LONGEST_LOAD_S + WATCHDOG_S,
    )
    until(lambda: service.restarts > restarts, "it starts again")
    service.listens()
    assert service.pid != pid
    until(
        lambda: any("timer" in each["text"] for each in service.facts("SpeechRequested")),
        "it rings",
    )
    assert "started again" in service.machine.service("status")


def test_killed_it_comes_back(service: Service) -> None:
    restarts, killed_s = service.restarts, time.monotonic()
    os.kill(service.outer_pid(), signal.SIGKILL)
    until(lambda: service.restarts == restarts + 1, "it starts again")
    service.listens()
    print(f"listening {time.monotonic() - killed_s:.1f} s after it was killed")


def test_what_its_owner_must_mend_is_not_tried_again_and_again(service: Service) -> None:
    service.change("silence_ms = 500", "silence_ms = true")
    try:
        service.machine.run("systemctl", "restart", "xtalk-edge")
        until(lambda: service.machine.shown("ActiveState") == "failed", "it gives up")
        said = service.machine.service("status")
        assert "It does not run: a setting is wrong." in said
    finally:
        service.change("silence_ms = true", "silence_ms = 500")
        service.machine.run("systemctl", "start", "xtalk-edge")
    service.listens()


def test_taken_away_it_leaves_what_is_its_owners(service: Service) -> None:
    said = service.machine.service("uninstall", "--yes")
    for kept in ("/etc/xtalk-edge stays", "/var/lib/xtalk-edge stays"):
        assert kept in said
    assert service.machine.shown("LoadState") == "not-found"
    assert (service.state / "edge.sqlite3").exists()
    assert "nothing to do" in service.machine.service("uninstall", "--yes")
    assert "It is not installed" in service.machine.service("status")
    assert "The service runs." in service.machine.service("install", "--yes")
    service.listens()
