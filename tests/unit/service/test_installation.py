"""Installing and removing, step by step, in a folder that stands for the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from xtalk_edge.errors import ServiceError
from xtalk_edge.service.installation import Installation, Place, this_program
from xtalk_edge.service.steps import MakeFolder, RemoveFile, Run, WriteFile
from xtalk_edge.service.systemd import Systemd
from xtalk_edge.service.unit import Installed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.of_machine(tmp_path)


def made(place: Place, program: str = "/opt/x/bin/xtalk-edge") -> Installation:
    return Installation(place, Systemd(user=False), Installed(program))


def do_files(steps: list[object]) -> list[str]:
    """Do the steps that concern files; return the commands of the others."""
    commands = []
    for step in steps:
        if isinstance(step, Run):
            commands.append(" ".join(step.command))
        else:
            assert isinstance(step, MakeFolder | WriteFile | RemoveFile)
            assert not step.is_done
            step.do()
            assert step.is_done
    return commands


@pytest.fixture(autouse=True)
def _without_udev(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)


def test_everything_is_put_into_place_once(place: Place) -> None:
    steps = made(place).install_steps("[log]\n", active=False, enabled=False)
    assert do_files([*steps]) == [
        "systemctl daemon-reload",
        "systemctl enable xtalk-edge.service",
        "systemctl start xtalk-edge.service",
    ]
    assert "ExecStart=/opt/x/bin/xtalk-edge run" in place.unit.read_text()
    assert place.settings.read_text() == "[log]\n"
    assert place.settings.stat().st_mode & 0o777 == 0o644
    assert place.tokens is not None
    assert place.tokens.stat().st_mode & 0o777 == 0o700
    assert place.rules is not None
    assert "xtalk-edge-board" in place.rules.read_text()
    assert made(place).install_steps("[log]\n", active=True, enabled=True) == []


def test_an_owners_settings_stay(place: Place) -> None:
    place.settings.parent.mkdir(parents=True)
    place.settings.write_text("mine")
    do_files([*made(place).install_steps("other", active=False, enabled=False)])
    assert place.settings.read_text() == "mine"


def test_a_program_that_moved_is_started_anew(place: Place) -> None:
    do_files([*made(place).install_steps("", active=False, enabled=False)])
    steps = made(place, "/srv/xtalk-edge").install_steps("", active=True, enabled=True)
    assert do_files([*steps]) == [
        "systemctl daemon-reload",
        "systemctl restart xtalk-edge.service",
    ]
    assert "ExecStart=/srv/xtalk-edge run" in place.unit.read_text()


def test_one_that_was_stopped_is_started(place: Place) -> None:
    do_files([*made(place).install_steps("", active=False, enabled=False)])
    steps = made(place).install_steps("", active=False, enabled=True)
    assert do_files([*steps]) == ["systemctl start xtalk-edge.service"]


def test_what_is_the_owners_stays_behind(place: Place) -> None:
    do_files([*made(place).install_steps("", active=False, enabled=False)])
    place.state.mkdir(parents=True)
    assert do_files([*made(place).uninstall_steps()]) == [
        "systemctl disable --now xtalk-edge.service",
        "systemctl daemon-reload",
    ]
    assert not place.unit.exists()
    assert place.rules is not None
    assert not place.rules.exists()
    assert made(place).kept() == [place.settings.parent, place.state]
    assert made(place).uninstall_steps() == []


def test_a_half_removed_service_is_removed_wholly(place: Place) -> None:
    assert place.rules is not None
    place.rules.parent.mkdir(parents=True)
    place.rules.touch()
    assert do_files([*made(place).uninstall_steps()]) == []
    assert not place.rules.exists()


def test_a_user_has_no_part_in_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    place = Place.of_user()
    installation = Installation(place, Systemd(user=True), Installed("/opt/xtalk-edge"))
    commands = do_files([*installation.install_steps("", active=False, enabled=False)])
    assert commands[0] == "systemctl --user daemon-reload"
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"xtalk-edge.service", "edge.toml"}
    assert "DynamicUser" not in place.unit.read_text()


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    step = WriteFile(tmp_path / "file" / "unit", "", "the service")
    with pytest.raises(ServiceError, match=r"file/unit: .*; run it with sudo"):
        step.do()


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    WriteFile(tmp_path / "unit", "text", "the service").do()
    assert list(tmp_path.iterdir()) == [tmp_path / "unit"]


def test_this_program_is_found() -> None:
    here = this_program()
    assert Path(here.program).name == "xtalk-edge"
    assert str(Path(here.program).parent) in here.folders
