"""Finds out whether a start with changed settings would succeed, while the device goes on.

A device that is restarted into a missing model does not come back. So what is new is tried first,
in a child process, which also bears what kills one: a model of the wrong kind, or no memory.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace

from xtalk_edge.audio.portaudio_devices import find_device, list_devices
from xtalk_edge.config.engine import NONE
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.child_process import rebuilt_error
from xtalk_edge.engines.footprint import footprint_mb
from xtalk_edge.errors import EdgeError, EngineError
from xtalk_edge.net.secret import secret_of
from xtalk_edge.service.board import look
from xtalk_edge.service.notify import LONGEST_LOAD_S

SPARE_MB = 150
"""Of memory, left to the device that runs meanwhile."""

DEVICES = {"audio.input_device", "audio.output_device"}
TOKENS = {"uplink.token"}
"""Settings by which something is looked for."""

_PROGRAM = (
    "import importlib, sys; sys.path[:] = sys.argv[1:]; "
    "importlib.import_module('xtalk_edge.service.rehearsal').main()"
)


def rehearse(config: Config, changed: Iterable[str]) -> None:
    """Say what would go wrong at a start with these settings, as far as they are other ones.

    Args:
        config: the settings.
        changed: names of those that are new, "asr.type".

    Raises:
        EdgeError: what a start would have ended with.
    """
    hosting.check(config)
    names = set(changed)
    sections = {name.partition(".")[0] for name in names}
    slots = [slot for slot in registry.slots() if slot in sections and _fits_beside(config, slot)]
    if not slots and not names & (DEVICES | TOKENS):
        return
    told = pickle.dumps((config, slots, names))
    try:
        child = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *sys.path],
            input=told,
            capture_output=True,
            timeout=LONGEST_LOAD_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(
            f"loading the new engines did not end in {LONGEST_LOAD_S:.0f} s"
        ) from error
    if child.returncode == 0:
        return
    with contextlib.suppress(ValueError, IndexError):
        name, text = json.loads(child.stdout.splitlines()[-1])
        raise rebuilt_error("new engine", name, text)
    raise EngineError(
        f"loading the new engines ({', '.join(slots)}) ends the process with code "
        f"{child.returncode}; check their model files"
    )


def _fits_beside(config: Config, slot: str) -> bool:
    """Tell whether the slot has an engine that can be loaded although another one is."""
    engine = getattr(config, slot)
    spare_mb = look(config.store.folder()).memory_free_mb - SPARE_MB
    return engine.type != NONE and footprint_mb(engine) < spare_mb


def main() -> None:
    """Try what standard input names; tell an error in JSON; in the child."""
    config, slots, names = pickle.load(sys.stdin.buffer)
    try:
        _try(config, slots, names)
    except EdgeError as error:
        sys.stdout.write(f"\n{json.dumps([type(error).__name__, str(error)])}\n")
        sys.exit(1)


def _try(config: Config, slots: Iterable[str], changed: set[str]) -> None:
    if changed & TOKENS:
        secret_of("uplink.token", config.uplink.token)
    if changed & DEVICES:
        devices = list_devices()
        find_device(devices, config.audio.input_device or None, "input")
        find_device(devices, config.audio.output_device or None, "output")
    for slot in slots:
        # The child is the process of its own.
        hosting.create(slot, replace(getattr(config, slot), isolation="thread")).close()
