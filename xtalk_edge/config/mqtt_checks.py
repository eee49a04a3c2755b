"""What the settings of the broker must be besides of the right type."""

from __future__ import annotations

import re

from xtalk_edge.config.schema import Config
from xtalk_edge.config.source import Source
from xtalk_edge.config.toml_text import shown


def check_mqtt(source: Source, config: Config) -> None:
    """Note what is wrong with the broker, and with what may be told it."""
    mqtt = config.mqtt
    if not mqtt.broker:
        return
    if "tools" not in config.uplink.cloud_allowed:
        problem = 'must have "tools", or mqtt.broker must be "": a broker is told what tools do'
        source.complain(("uplink", "cloud_allowed"), problem)
    if not re.fullmatch(r"[A-Za-z0-9_/-]{0,64}", mqtt.discovery_prefix):
        problem = f'must be a topic such as "homeassistant", got {shown(mqtt.discovery_prefix)}'
        source.complain(("mqtt", "discovery_prefix"), problem)
    if mqtt.password and not mqtt.user:
        source.complain(("mqtt", "password"), "belongs to a user; set mqtt.user too")
