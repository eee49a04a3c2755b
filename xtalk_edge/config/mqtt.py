"""Settings for a broker through which a house automation sees and rules the device."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """An MQTT broker, and what the device is called there."""

    broker: str = ""
    """"mqtt://host:1883", or "mqtts://host:8883" encrypted; "" is none."""
    name: str = ""
    """What the device is called there, such as "Kitchen"; "" is the machine's own name."""
    user: str = ""
    """Who the broker is told it is; "" is nobody."""
    password: str = ""
    """Where the password is kept: "env:NAME", "file:PATH" or "credential:NAME"."""
    commands: bool = True
    """Whether others may mute it, turn its volume and let it say something."""
    discovery_prefix: str = "homeassistant"
    """Where Home Assistant looks for devices; "" announces nothing."""
    allow_plain: bool = False
    """Whether mqtt:// may lead out of this machine: anybody on the way can listen."""
    ca_file: str = ""
    """Certificates of authorities that are believed in place of the system's."""
    client_cert: str = ""
    """Certificate the device shows; "" is none."""
    client_key: str = ""
    """Its key; "" where it is in the same file."""
