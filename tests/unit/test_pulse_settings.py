"""PulseAudio's clients share no memory with the server, unless the owner has other settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xtalk_edge.audio.portaudio_library import PULSE_SETTINGS, load_sounddevice

pytest.importorskip("sounddevice")

NAME = "PULSE_CLIENTCONFIG"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings folder of an owner who has set nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    # First set, so that what the program sets is undone.
    monkeypatch.setenv(NAME, "")
    monkeypatch.delenv(NAME)
    return tmp_path


def test_nothing_is_shared_with_a_server_that_may_die(home: Path) -> None:
    load_sounddevice()
    assert os.environ[NAME] == str(PULSE_SETTINGS)
    assert "enable-shm = no" in PULSE_SETTINGS.read_text(encoding="utf-8").splitlines()


def test_an_owner_is_not_overruled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "pulse").mkdir()
    (home / "pulse" / "client.conf").touch()
    load_sounddevice()
    assert NAME not in os.environ
    monkeypatch.setenv(NAME, "/etc/own.conf")
    load_sounddevice()
    assert os.environ[NAME] == "/etc/own.conf"
