"""Every command works from an installed wheel, outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SOURCES = (
    "xtalk_edge",
    "configs",
    "models",
    "systemd",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the package as its wheel installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    ignore = shutil.ignore_patterns("*.so", "__pycache__", "_data")
    for name in SOURCES:
        at = CHECKOUT / name
        if at.is_dir():
            shutil.copytree(at, source / name, ignore=ignore)
        else:
            shutil.copy(at, source / name)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", target, wheel], check=True)
    return target


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["config", "check"], "all settings are right"),
        (["ask", "what time is it"], "get_time"),
        (["say", "Hello.", "-o", "hello.wav"], "s of speech"),
        (["demo", "--help"], "simulated room"),
        (["service", "install", "--dry-run"], "99-xtalk-edge.rules"),
    ],
)
def test_a_command_works_outside_the_checkout(
    installed: Path, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    assert expected in run_installed(installed, tmp_path, *arguments)


def test_the_ears_work_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    voice = ("--set", "tts.voice=en-us+klatt4")
    run_installed(installed, tmp_path, "say", "What time is it?", "-o", "q.wav", *voice)
    assert "what time is it" in run_installed(installed, tmp_path, "transcribe", "q.wav")


def run_installed(installed: Path, folder: Path, *arguments: str) -> str:
    """Run a command of the wheel in a folder of its own; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "xtalk_edge", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    code = "import xtalk_edge.audio.core as core; print(core.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(installed))


def test_the_page_is_in_it(installed: Path) -> None:
    parts = {path.suffix for path in (installed / "xtalk_edge/service/page/web").iterdir()}
    assert parts == {".html", ".css", ".js"}
