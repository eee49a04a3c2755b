"""The vectors that both sides of the line must pass."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

VECTORS: list[dict[str, Any]] = json.loads(
    (files("firmware_bridge") / "vectors.json").read_text("utf-8")
)
NAMES = [vector["name"] for vector in VECTORS]


def frame_of(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["frame"])
