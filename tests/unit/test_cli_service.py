"""`xtalk-edge service`, against a systemctl that only takes note."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from xtalk_edge.cli import service as cli
from xtalk_edge.errors import ConfigError, ServiceError
from xtalk_edge.service import systemd
from xtalk_edge.service.installation import Place

SYSTEMCTL = """#!/bin/sh
echo "$@" >>{folder}/asked
case "$*" in
*show*) cat {folder}/shown ;;
*) cat {folder}/refusal >&2; [ ! -s {folder}/refusal ] ;;
esac
"""

STOPPED = "LoadState=loaded\nUnitFileState=disabled\nActiveState=inactive\nStatusText=\n"
RUNS = "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nStatusText=Listens.\n"


@dataclass
class Machine:
    """A folder that stands for the machine, and its service manager."""

    folder: Path
    place: Place

    def shows(self, text: str) -> None:
        (self.folder / "shown").write_text(text)

    def refuses(self, text: str) -> None:
        (self.folder / "refusal").write_text(text)

    @property
    def asked(self) -> list[str]:
        path = self.folder / "asked"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if "show" not in line]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    place = Place.of_machine(tmp_path / "root")
    made = Machine(tmp_path, place)
    made.shows(STOPPED)
    made.refuses("")
    script = tmp_path / "bin" / "systemctl"
    script.parent.mkdir()
    script.write_text(SYSTEMCTL.format(folder=tmp_path))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    monkeypatch.setattr("shutil.which", lambda name: None if name == "udevadm" else str(script))
    monkeypatch.setattr(systemd, "BOOTED", tmp_path)
    monkeypatch.setattr(Place, "of_machine", lambda: place)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return made


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli.command, arguments, input=answer)


def test_a_dry_run_shows_all_and_does_nothing(machine: Machine) -> None:
    result = run("install", "--dry-run")
    assert result.exit_code == 0
    assert result.output.startswith("This would be done:\n  make the folder")
    assert "run systemctl enable xtalk-edge.service" in result.output
    assert not (machine.folder / "root").exists()
    assert machine.asked == []


def test_nobody_is_taken_by_surprise(machine: Machine) -> None:
    result = run("install")
    assert result.exit_code == 2
    assert "there is nobody to ask: say --yes" in result.output
    assert machine.asked == []
    assert not machine.place.unit.exists()


def test_whoever_is_asked_may_refuse(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_is_asked", lambda: True)
    assert isinstance(run("install", answer="n\n").exception, SystemExit | click.Abort)
    assert machine.asked == []
    assert run("install", answer="y\n").exit_code == 0
    assert machine.asked[-1] == "start xtalk-edge.service"


def test_installed_shown_and_taken_away(machine: Machine) -> None:
    assert "The service runs." in run("install", "--yes").output
    machine.shows(RUNS)
    assert "there is nothing to do" in run("install", "--yes").output
    assert run("status").output == "It runs.\nIt says: Listens.\n"
    result = run("uninstall", "--yes")
    assert f"{machine.place.settings.parent} stays: it is yours" in result.output
    assert "there is nothing to do" in run("uninstall").output


def test_a_service_that_does_not_run_is_no_success(machine: Machine) -> None:
    result = run("status")
    assert result.exit_code == 1
    assert "It does not run." in result.output


def test_settings_of_the_owner_are_begun_with(machine: Machine, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[turn]\nsilence_ms = 700\n")
    assert run("install", "--yes", "--config", str(own)).exit_code == 0
    assert machine.place.settings.read_text() == own.read_text()
    own.write_text("[turn]\nsilence_ms = 800\n")
    result = run("install", "--yes", "--config", str(own))
    assert isinstance(result.exception, ConfigError)
    assert "is there already and says something else" in str(result.exception)


def test_wrong_settings_are_not_installed(machine: Machine, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[turn]\nsilence_ms = true\n")
    result = run("install", "--yes", "--config", str(own))
    assert isinstance(result.exception, ConfigError)
    assert machine.asked == []


def test_a_reload_tells_what_came_of_it(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    run("install", "--yes")
    machine.shows(RUNS)

    def at_last(_s: float) -> None:
        machine.shows(RUNS.replace("Listens.", "Listens. At 12:00:00: vad.threshold changed."))

    monkeypatch.setattr("time.sleep", at_last)
    assert run("reload").output == "Listens. At 12:00:00: vad.threshold changed.\n"
    assert machine.asked[-1] == "reload xtalk-edge.service"


def test_wrong_settings_do_not_reach_the_service(machine: Machine) -> None:
    run("install", "--yes")
    machine.shows(RUNS)
    machine.place.settings.write_text("[turn]\nsilence_ms = true\n")
    result = run("reload")
    assert isinstance(result.exception, ConfigError)
    assert "reload xtalk-edge.service" not in machine.asked


def test_what_does_not_run_is_not_reloaded(machine: Machine) -> None:
    run("install", "--yes")
    result = run("reload")
    assert str(result.exception) == "the service does not run; see xtalk-edge service status"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Failed to enable unit: Access denied", "only an administrator may; run it with sudo"),
        ("Failed to connect to bus: No medium found", "nobody is logged in"),
        ("Failed: something new\nand more", "Failed: something new"),
        ("\n", "it failed without a word"),
    ],
)
def test_a_refusal_is_put_into_words(machine: Machine, said: str, sentence: str) -> None:
    machine.refuses(said)
    result = run("install", "--yes")
    assert isinstance(result.exception, ServiceError)
    assert sentence in str(result.exception)


@pytest.mark.parametrize("command", ["install", "uninstall", "reload"])
def test_without_rights_one_is_told_how(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    run("install", "--yes")
    machine.shows(STOPPED)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = run(command)
    assert isinstance(result.exception, ServiceError)
    assert "run it with sudo, or with --user" in str(result.exception)


@pytest.mark.parametrize("command", ["install", "status", "logs", "reload"])
def test_where_there_is_no_systemd_one_is_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(systemd, "BOOTED", machine.folder / "nowhere")
    result = run(command)
    assert isinstance(result.exception, ServiceError)
    assert "systemd does not run this machine" in str(result.exception)
    assert run("install", "--dry-run").exit_code == 0


def test_the_journal_is_shown(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    script = machine.folder / "bin" / "journalctl"
    script.write_text(f'#!/bin/sh\necho "$@" >>{machine.folder}/asked\n')
    script.chmod(0o755)
    assert run("logs", "-n", "3").exit_code == 0
    assert machine.asked[-1] == "--unit xtalk-edge.service --lines=3 --no-pager"
    monkeypatch.setenv("PATH", "/nowhere")
    assert "journalctl is not installed" in str(run("logs").exception)
    monkeypatch.setenv("PATH", str(script.parent))
    run("logs", "--user", "--follow")
    assert machine.asked[-1] == "--user-unit xtalk-edge.service --lines=50 --follow"
