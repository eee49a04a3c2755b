"""What a house automation sees of the device and may ask of it: topics and messages (pure).

Topics lie below "xtalk_edge/NAME". What stands in them is kept by the broker (retained), so that
whoever comes later knows it at once. Home Assistant finds the entities by itself (MQTT discovery).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xtalk_edge.net.printable import one_line

ROOT = "xtalk_edge"

ONLINE, OFFLINE = "online", "offline"

ON, OFF = "ON", "OFF"

LONGEST_STATE = 255
"""Characters that Home Assistant takes as the state of an entity."""

LONGEST_SAYING = 500
"""Characters that are said at once; half a minute of speech."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Let nothing be heard, or take that back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Volume:
    """Turn the volume."""

    percent: int


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text."""

    text: str


Command = Mute | Volume | Say


class House:
    """The device as the broker knows it.

    Args:
        name: of the device, for people.
        version: of the program.
        commands: whether it obeys.
        prefix: where Home Assistant looks; "" announces nothing.
    """

    def __init__(self, name: str, version: str, *, commands: bool, prefix: str) -> None:
        self._name = one_line(name) or ROOT
        self._version = version
        self._commands = commands
        self._prefix = prefix
        self._id = slug(name)

    @property
    def base(self) -> str:
        """The topic below which all of it lies."""
        return f"{ROOT}/{self._id}"

    @property
    def availability(self) -> str:
        """The topic that says whether the device is there."""
        return f"{self.base}/status"

    @property
    def command_topics(self) -> list[str]:
        """What is to be listened to."""
        return [f"{self.base}/{each}/set" for each in ("mute", "volume", "say")] * self._commands

    def topic(self, value: str) -> str:
        """Return where a value stands: "state", "mute", "volume", "timers" and so on."""
        return f"{self.base}/{value}"

    def command(self, topic: str, payload: bytes) -> Command | None:
        """Return what a message asks for; None if it is none that anybody should send."""
        if topic not in self.command_topics or len(payload) > 4 * LONGEST_SAYING:
            return None
        text = payload.decode("utf-8", "replace").strip()
        match topic.removeprefix(self.base + "/"):
            case "mute/set" if text.upper() in (ON, OFF):
                return Mute(text.upper() == ON)
            case "volume/set" if re.fullmatch(r"\d{1,3}(\.\d+)?", text):
                return Volume(min(100, round(float(text))))
            case "say/set" if words := one_line(text, LONGEST_SAYING):
                return Say(words)
        return None

    def discovery(self) -> Mapping[str, str]:
        """Return Home Assistant's topics and what is to stand in them."""
        if not self._prefix:
            return {}
        entities = _SEEN + (_RULED if self._commands else ())
        return {
            f"{self._prefix}/{kind}/{ROOT}_{self._id}/{key}/config": json.dumps(
                self._entity(key, facts)
            )
            for kind, key, facts in entities
        }

    def _entity(self, key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        topics = {
            name: f"{self.base}/{value}" if name.endswith("_topic") else value
            for name, value in facts.items()
        }
        return {
            "unique_id": f"{ROOT}_{self._id}_{key}",
            "object_id": f"{self._id}_{key}",
            "availability_topic": self.availability,
            "device": {
                "identifiers": [f"{ROOT}_{self._id}"],
                "name": self._name,
                "manufacturer": "xtalk_edge",
                "model": "voice appliance",
                "sw_version": self._version,
            },
            **topics,
        }


_Kind = Literal["sensor", "binary_sensor", "switch", "number", "notify"]

_SEEN: tuple[tuple[_Kind, str, Mapping[str, Any]], ...] = (
    ("sensor", "state", {
        "name": "State", "state_topic": "state", "device_class": "enum", "icon": "mdi:microphone",
        "options": ["asleep", "attending", "listening", "thinking", "speaking"],
    }),
    ("sensor", "timers", {
        "name": "Timers", "state_topic": "timers/count", "json_attributes_topic": "timers",
        "icon": "mdi:timer-outline", "state_class": "measurement",
    }),
    ("sensor", "last_command", {
        "name": "Last command", "state_topic": "last_command", "icon": "mdi:comment-text-outline",
    }),
    ("binary_sensor", "problem", {
        "name": "Problem", "state_topic": "problem", "json_attributes_topic": "problem/why",
        "device_class": "problem", "entity_category": "diagnostic",
    }),
    ("binary_sensor", "muted", {
        "name": "Muted", "state_topic": "mute", "icon": "mdi:microphone-off",
    }),
)  # fmt: skip

_RULED: tuple[tuple[_Kind, str, Mapping[str, Any]], ...] = (
    ("switch", "mute", {
        "name": "Mute", "state_topic": "mute", "command_topic": "mute/set",
        "icon": "mdi:microphone-off",
    }),
    ("number", "volume", {
        "name": "Volume", "state_topic": "volume", "command_topic": "volume/set", "min": 0,
        "max": 100, "unit_of_measurement": "%", "icon": "mdi:volume-high",
    }),
    ("notify", "say", {
        "name": "Say", "command_topic": "say/set", "icon": "mdi:bullhorn",
    }),
)  # fmt: skip


def slug(name: str) -> str:
    """Return a name as a topic may have it: small letters, figures and "_"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48] or "device"
