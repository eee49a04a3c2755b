"""Opens what looks after the device, and shows how it is to its owner and to other programs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.choices import ChoicesManager
from xtalk_edge.managers.echo_watch import EchoWatchManager
from xtalk_edge.managers.health import HealthManager
from xtalk_edge.managers.latency import LatencyManager
from xtalk_edge.managers.metrics import MetricsManager
from xtalk_edge.managers.microphone import MicrophoneManager
from xtalk_edge.managers.mqtt_opening import open_mqtt
from xtalk_edge.managers.notice import NoticeManager
from xtalk_edge.managers.page_opening import open_page
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.managers.reserve import ReserveManager
from xtalk_edge.managers.switching import SwitchingManager
from xtalk_edge.service.page.probes import Probes
from xtalk_edge.store.reserve import Reserve
from xtalk_edge.tools.device.owners_border import OwnersBorder
from xtalk_edge.tools.household import open_choices
from xtalk_edge.tools.timekeeping.bell import Bell


@dataclass(frozen=True, slots=True)
class Charge:
    """What is looked after."""

    capture: CaptureManager
    playback: PlaybackManager
    mouth: Mouth
    switching: SwitchingManager
    button: ButtonManager
    bell: Bell
    border: OwnersBorder
    told: Sequence[str]
    """What is to be said at the start of what became of its memory."""


@dataclass(frozen=True, slots=True)
class Care:
    """What looks after it."""

    metrics: MetricsManager
    health: HealthManager
    others: list[Manager]

    @property
    def managers(self) -> list[Manager]:
        """All of it, in the order in which it starts."""
        return [*self.others, self.health, self.metrics]


def open_care(
    config: Config,
    bus: EventBus,
    stack: contextlib.AsyncExitStack,
    of: Charge,
    give_up: Callable[[str], None],
) -> Care:
    """Return it, not started.

    Args:
        config: the settings.
        bus: what the parts talk over.
        stack: takes what has to be closed.
        of: what is looked after.
        give_up: ends the appliance, which cannot help itself.

    Raises:
        ConfigError: as `open_page` and `open_mqtt`.
    """
    capture, playback = of.capture, of.playback
    metrics = MetricsManager(event_bus=bus, config=config, capture=capture)
    microphone = MicrophoneManager(event_bus=bus, config=config, capture=capture)
    health = HealthManager(
        event_bus=bus,
        config=config,
        capture=capture,
        playback=playback,
        microphone=microphone,
        give_up=give_up,
    )
    choices = ChoicesManager(
        event_bus=bus,
        config=config,
        table=stack.enter_context(open_choices(config)),
        playback=playback,
        switch_to=partial(of.switching.switch_to, aloud=False),
        voices=of.mouth.names,
    )
    probes = Probes(health.verdict, metrics.text)
    others: list[Manager] = [
        LatencyManager(event_bus=bus, config=config, capture=capture),
        EchoWatchManager(event_bus=bus, config=config, capture=capture),
        microphone,
        NoticeManager(event_bus=bus, config=config, told=of.told),
        ReserveManager(event_bus=bus, config=config, reserve=Reserve(config.store.folder())),
        choices,
        *open_mqtt(config, bus, capture, playback, of.bell),
        *open_page(config, bus, capture, of.button, playback, of.bell, of.border, probes),
    ]
    return Care(metrics, health, others)
