"""The settings of a replay: nothing it does reaches anything but files of its own.

Those of a bundle may come from anybody, so code that they name is not run, and no server asked.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from xtalk_edge.config.load import load_text
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.recorder import RecorderConfig
from xtalk_edge.config.schema import AudioConfig, Config, TtsConfig
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.engines import registry
from xtalk_edge.errors import ConfigError

SERVED = frozenset({"openai", "xai"})
"""Types of engines that ask a server."""

KEPT = ("turn", "interpret", "models", "log")
"""Sections that a replay takes as they are, besides those of engines. Any other has its defaults,
with which nothing is opened, asked or told."""

YOUR_OWN = "give settings of your own: --config FILE.toml"


def of_bundle(settings: str, overrides: tuple[str, ...] = ()) -> Config:
    """Return the settings that a bundle was recorded with.

    Raises:
        ConfigError: they do not fit this version, or name code or servers.
    """
    config = load_text(settings, overrides, "settings.toml of the bundle")
    for slot in registry.slots():
        chosen = getattr(config, slot).type
        if chosen in SERVED:
            raise ConfigError(f"the bundle's {slot}.type = {chosen!r} asks a server; {YOUR_OWN}")
        if chosen not in registry.names(slot) or chosen in registry.of_packages(slot):
            raise ConfigError(
                f"the bundle's {slot}.type names code of its maker's own, which is not run here; "
                f"{YOUR_OWN}"
            )
    return config


def harmless(config: Config, state_dir: Path) -> Config:
    """Return settings with which a replay moves, sends and remembers nothing.

    Args:
        config: of the bundle, or the owner's own.
        state_dir: an empty folder, which belongs to the replay.
    """
    kept = {name: getattr(config, name) for name in (*registry.slots(), *KEPT)}
    return Config(
        **{
            **kept,
            "audio": _of_a_card(config.audio),
            "board": dataclasses.replace(config.board, port="", gpio=""),
            "recorder": RecorderConfig(seconds=0.0),
            "store": StoreConfig(state_dir=str(state_dir)),
            "tools": dataclasses.replace(config.tools, own=(), mcp=()),
            "tts": _afresh(config.tts),
            "uplink": UplinkConfig(cloud_allowed=config.uplink.cloud_allowed),
            "wake": dataclasses.replace(config.wake, neighbours=""),
        }
    )


def _of_a_card(audio: AudioConfig) -> AudioConfig:
    """Return settings of a sound card, or of a file: nothing else is opened to be heard by."""
    return audio if audio.card == "wav" else dataclasses.replace(audio, card="portaudio")


def _afresh(tts: TtsConfig) -> TtsConfig:
    """Give a voice a process of its own where it carries something over from sentence to sentence:
    espeak-ng does, so that how long a sound lasts depends on what the process said before.
    """
    return dataclasses.replace(tts, isolation="process") if tts.type == "espeak" else tts
