"""Builds what pyproject.toml cannot say: the C audio core, and the data that wheels carry.

`configs/` and the run-time files of `models/` are copied to `xtalk_edge/_data/` while a wheel is
built, so that every command works from an installed wheel outside the checkout.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
RUNTIME_DATA = (
    "configs/*.toml",
    "configs/scenes/*.toml",
    "models/starter/*.gguf",
    "models/starter/*.s16",
    "models/starter/*.jsgf",
    "models/starter/*.json",
    "models/starter/*.onnx",
    "models/starter/*.LICENSE.txt",
    "models/starter/ctc/*.onnx",
    "models/starter/ctc/tokens.txt",
    "models/starter/ears/exam.txt",
    "models/starter/endings/*.npz",
    "models/starter/stop/*.npz",
    "models/starter/speaking_aids/*",
    "systemd/*.rules",
    "systemd/*.service",
    "systemd/user/*.service",
)


class BuildWithData(build_py):
    """Adds the run-time data to the package."""

    def run(self) -> None:
        """Copy the data beside the package's own files, then build."""
        super().run()
        if self.editable_mode:
            return
        for pattern in RUNTIME_DATA:
            for source in HERE.glob(pattern):
                target = Path(self.build_lib) / "xtalk_edge/_data" / source.relative_to(HERE)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


setup(cffi_modules=["xtalk_edge/audio/core_build.py:builder"], cmdclass={"build_py": BuildWithData})
