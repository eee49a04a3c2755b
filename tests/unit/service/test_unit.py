"""The units that come with the program, and what becomes of them on a machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from xtalk_edge.config.files import data_path
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.service.unit import PROGRAM, Installed, fitted

MACHINE, USER = "systemd/xtalk-edge.service", "systemd/user/xtalk-edge.service"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing"
)


def text_of(name: str) -> str:
    return data_path(name).read_text(encoding="utf-8")


def here(name: str, folder: Path) -> Path:
    """Return the unit as it would be installed here."""
    program = Path(sys.executable).with_name("xtalk-edge")
    path = folder / "xtalk-edge.service"
    path.write_text(fitted(text_of(name), Installed(str(program), (str(program.parent),))))
    return path


@needs_systemd
@pytest.mark.parametrize("name", [MACHINE, USER])
def test_systemd_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    mode = "--user" if name == USER else "--system"
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", mode, here(name, tmp_path)],
        capture_output=True, text=True, check=False, env={"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_it_is_shut_in(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15",
         here(MACHINE, tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [MACHINE, USER])
def test_what_an_owner_must_mend_is_not_tried_again(name: str) -> None:
    codes = {error.exit_code for error in (ConfigError, ModelError, EngineError)}
    [told] = re.findall(r"^RestartPreventExitStatus=(.*)$", text_of(name), re.MULTILINE)
    assert {int(code) for code in told.split()} == codes


@pytest.mark.parametrize("name", [MACHINE, USER])
def test_what_is_said_does_not_reach_the_journal(name: str) -> None:
    assert "\nStandardOutput=null\n" in text_of(name)


def test_a_program_elsewhere_is_named() -> None:
    unit = fitted(text_of(MACHINE), Installed("/srv/a b/100%/$x/xtalk-edge"))
    assert '\nExecStart="/srv/a b/100%%/$$x/xtalk-edge" run --config' in unit
    assert PROGRAM not in unit
    assert "\nProtectHome=yes\n" in unit


def test_of_a_home_only_the_program_is_shown() -> None:
    home = "/home/pi/talk"
    folders = (f"{home}/.venv/bin", f"{home}/.venv", "/usr", home, f"{home}/sources", "/home2")
    unit = fitted(text_of(MACHINE), Installed(f"{home}/.venv/bin/xtalk-edge", folders))
    assert "\nProtectHome=tmpfs\nBindReadOnlyPaths=/home/pi/talk\nPrivateTmp" in unit


def test_a_user_is_shown_their_own_home() -> None:
    program = "/home/pi/.venv/bin/xtalk-edge"
    assert "BindReadOnlyPaths" not in fitted(text_of(USER), Installed(program, (program,)))


@pytest.mark.parametrize(
    ("groups", "line"),
    [
        (["audio", "dialout", "gpio"], "SupplementaryGroups=audio dialout gpio"),
        (["gpio", "audio"], "SupplementaryGroups=audio gpio"),
        ([], "SupplementaryGroups="),
    ],
)
def test_groups_that_do_not_exist_are_left_out(groups: list[str], line: str) -> None:
    unit = fitted(text_of(MACHINE), Installed(PROGRAM, groups=groups))
    assert f"\n{line}\n" in unit


def test_the_units_agree_where_they_say_the_same() -> None:
    """What the user's one says, the machine's says too, but for where it belongs."""
    own = {"After", "Description", "WantedBy", "Documentation"}
    machine, user = (
        {line for line in text_of(name).splitlines() if re.match(r"[A-Z]\w+=", line)}
        for name in (MACHINE, USER)
    )
    assert {line for line in user - machine if line.partition("=")[0] not in own} == set()
