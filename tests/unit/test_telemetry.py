"""No library counts its uses for its maker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.onnx_session import open_session
open_session(data_path("models/starter/silero_vad.onnx"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("wish", [None, "0"])
def test_onnxruntime_keeps_no_record_of_the_device(tmp_path: Path, wish: str | None) -> None:
    # It gave the device a number, and wrote down what to send, in the cache of whoever ran it.
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    if wish is not None:
        surroundings["ORT_DISABLE_TELEMETRY"] = wish
    surroundings["PYTHONPATH"] = os.pathsep.join(each for each in sys.path if each)
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, env=surroundings, timeout=60)
    assert not list(tmp_path.rglob("*"))
