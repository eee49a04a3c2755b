"""Opens the way to a house automation, where the settings name a broker."""

from __future__ import annotations

import datetime

from xtalk_edge.bus import EventBus
from xtalk_edge.clock import is_virtual, wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.mqtt import Countdown, MqttManager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.tools.timekeeping.bell import Bell


def open_mqtt(
    config: Config,
    bus: EventBus,
    capture: CaptureManager,
    playback: PlaybackManager,
    bell: Bell,
) -> list[MqttManager]:
    """Return what keeps the connection, not connected yet; nothing where there is no broker.

    Raises:
        ConfigError: as `MqttManager`.
    """
    if not config.mqtt.broker or is_virtual():
        return []
    return [
        MqttManager(
            event_bus=bus,
            config=config,
            capture=capture,
            playback=playback,
            countdowns=lambda: countdowns(bell),
        )
    ]


def countdowns(bell: Bell) -> list[Countdown]:
    """Return what will ring, the first to ring first."""
    now = wall_now().astimezone()
    coming = [
        (now + datetime.timedelta(seconds=timer.left_s()), timer.title())
        for timer in bell.timers.running()
    ]
    for alarm in bell.alarms.alarms():
        assert alarm.next_day is not None  # it will ring
        at = datetime.time(alarm.rule.hour, alarm.rule.minute)
        coming.append(
            (datetime.datetime.combine(alarm.next_day, at).astimezone(), alarm.name or "alarm")
        )
    return [Countdown(title, at.isoformat(timespec="seconds")) for at, title in sorted(coming)]
