"""`bench aec` plays pairs of recordings through every canceller."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.cli.bench import aec
from xtalk_edge.cli.bench.aecmos import Aecmos
from xtalk_edge.engines import registry
from xtalk_edge.errors import DeviceError


def recorded(folder: Path) -> None:
    """Write a loudspeaker's noise and what a microphone 2 ms away hears of it."""
    played = np.random.default_rng(1).normal(0, 3_000, 6 * RATE_HZ).astype(np.int16)
    heard = np.concatenate((np.zeros(32, np.int16), played[:-32] // 2))
    target = folder / "farend_singletalk"
    target.mkdir()
    write_wav(target / "room_lpb.wav", played, RATE_HZ)
    write_wav(target / "room_mic.wav", heard, RATE_HZ)


@pytest.mark.slow
def test_cancellers_are_told_apart(tmp_path: Path) -> None:
    recorded(tmp_path)
    result = CliRunner().invoke(aec.command, ["--recordings", str(tmp_path), "--json"])
    rows = {row["engine"]: row for row in json.loads(result.stdout)["rows"]}
    assert set(rows) == set(registry.names("echo"))
    assert rows["none"]["removed_db"] == 0.0
    assert all(rows[name]["removed_db"] > 10 for name in ("speex", "webrtc", "cascade"))
    assert {row["echo"] for row in rows.values()} == {None}


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(aec.command, ["--recordings", str(tmp_path)])
    assert isinstance(result.exception, DeviceError)


@pytest.mark.slow
def test_listeners_complain_of_echo_and_not_of_its_absence(shared_audio: Path) -> None:
    network = shared_audio.parent / "models" / "mos" / "aecmos.onnx"
    if not network.exists():
        pytest.skip("the AECMOS network is not here")
    judge = Aecmos(network)
    [(near, far, _)] = aec._pairs(shared_audio / "aec" / "farend_singletalk")
    echo = judge.judge("far-end", far, near, near).echo
    silence = judge.judge("far-end", far, near, np.zeros_like(near)).echo
    assert 1.0 <= echo < 2.5 < 4.0 < silence <= 5.1
