"""Shows a house automation how the device is, and obeys it, through an MQTT broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xtalk_edge import __version__
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError, UplinkError
from xtalk_edge.events import (
    HealthChanged,
    MicrophoneMuted,
    SpeechRequested,
    TurnStateChanged,
    VerificationResult,
    VolumeChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.net.address import address_of
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.net.border import BORDER, Kind
from xtalk_edge.net.peer import peer_of
from xtalk_edge.net.secret import Secret, secret_of
from xtalk_edge.net.trust import Trust
from xtalk_edge.net.way_faults import Goal, of_the_way
from xtalk_edge.service import house
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

CONNECT_S = 10.0
"""A broker in the house answers within milliseconds."""

KEEP_ALIVE_S = 30
"""How soon, times one and a half, the broker knows that the device has gone."""

HELD_S = 60.0
"""A connection that lasted so long was a good one: the next try comes soon."""

LOOK_EVERY_S = 5.0
"""How late timers that were set are shown; a look is a list in memory."""

MOST_WAITING = 50
"""Commands that are not carried out yet; more are dropped."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """Something that will ring."""

    title: str
    """"pasta timer", "alarm"."""
    at: str
    """Local date and time, as ISO 8601."""


class MqttManager(Manager):
    """Keeps the connection, and what stands in each topic.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        capture: what can be muted.
        playback: whose volume it is.
        countdowns: returns what will ring, the first to ring first.

    Raises:
        ConfigError: the broker's address, password or certificates are wrong, or the library that
            talks to it is not installed.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        playback: PlaybackManager,
        countdowns: Callable[[], Sequence[Countdown]],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        mqtt = config.mqtt
        self._capture = capture
        self._playback = playback
        self._countdowns = countdowns
        address = address_of(
            "mqtt.broker", mqtt.broker, ("mqtt", "mqtts"), allow_plain=mqtt.allow_plain
        )
        trust = Trust(mqtt.ca_file, mqtt.client_cert, mqtt.client_key)
        self._peer = peer_of(Goal(address, "mqtt.broker", "the broker"), trust)
        self._password: Secret = secret_of("mqtt.password", mqtt.password)
        self._library = _library()
        self._house = house.House(
            mqtt.name or socket.gethostname(),
            __version__,
            commands=mqtt.commands,
            prefix=mqtt.discovery_prefix,
        )
        self._values: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        self._news = asyncio.Event()
        self._failures = 0
        self._trouble = ""

    async def start(self) -> None:
        """Begin to connect."""
        self._put("mute", _switch(self._capture.muted))
        self._put("volume", str(self._playback.get_percent()))
        self._put_problems()
        self.tasks.start(self._keep_connected(), "mqtt")
        self.tasks.start(self._look(), "mqtt timers")

    # -- what is shown ---------------------------------------------------------------------

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Somebody else has the floor."""
        self._put("state", str(event.state))

    @handles(MicrophoneMuted)
    def on_muted(self, event: MicrophoneMuted) -> None:
        """It was muted, by whomever."""
        self._put("mute", _switch(event.muted))

    @handles(VolumeChanged)
    def on_volume(self, event: VolumeChanged) -> None:
        """The volume was turned."""
        self._put("volume", str(event.percent))

    @handles(VerificationResult)
    def on_understood(self, event: VerificationResult) -> None:
        """A request was understood."""
        if event.is_valid:
            self._put("last_command", event.text[: house.LONGEST_STATE])

    @handles(HealthChanged)
    def on_health(self, event: HealthChanged) -> None:
        """Something stopped, or goes on again."""
        self._problems.pop(event.check, None)
        if not event.healthy:
            self._problems[event.check] = event.detail
        self._put_problems()

    def _put_problems(self) -> None:
        self._put("problem", _switch(bool(self._problems)))
        self._put("problem/why", json.dumps(self._problems))

    async def _look(self) -> None:
        while True:
            coming = [{"title": each.title, "at": each.at} for each in self._countdowns()]
            self._put("timers/count", str(len(coming)))
            self._put("timers", json.dumps({"timers": coming}))
            await asyncio.sleep(LOOK_EVERY_S)

    def _put(self, value: str, text: str) -> None:
        self._values[self._house.topic(value)] = text
        self._news.set()

    # -- the connection --------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        loop, backoff = asyncio.get_running_loop(), Backoff()
        # "Go offline" ends the connection, "go online" makes it at once.
        unwatch = BORDER.watch(lambda: loop.call_soon_threadsafe(self._news.set))
        try:
            while True:
                began_s = now_s()
                try:
                    await self._connected()
                except (self._library.MqttError, OSError, TimeoutError, UplinkError) as error:
                    self._lost(error, held_s=now_s() - began_s)
                await self._wait(backoff.pause_s(self._failures, random.random()))
        finally:
            unwatch()

    async def _wait(self, pause_s: float) -> None:
        """Wait before the next try; where nothing may leave, until something may."""
        until_s = now_s() + pause_s
        while (left_s := until_s - now_s()) > 0 or not BORDER.is_open("tools"):
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s if left_s > 0 else None):
                    await self._news.wait()

    async def _connected(self) -> None:
        """Connect; return once nothing may leave any more."""
        BORDER.check("tools")
        mqtt, address = self.config.mqtt, self._peer.address
        will = self._library.Will(self._house.availability, house.OFFLINE, qos=1, retain=True)
        client = self._library.Client(
            address.host,
            address.port,
            username=mqtt.user or None,
            password=self._password.reveal() or None,
            tls_context=self._peer.tls,
            will=will,
            timeout=CONNECT_S,
            keepalive=KEEP_ALIVE_S,
            max_queued_incoming_messages=MOST_WAITING,
            logger=log,
        )
        async with client:
            log.info("connected to the broker at %s", self._peer.goal.where)
            self._trouble, beside = "", TaskOwner()
            try:
                obeying = beside.start(self._obey(client), "mqtt commands")
                showing = beside.start(self._show(client), "mqtt values")
                await asyncio.wait({obeying, showing}, return_when=asyncio.FIRST_COMPLETED)
                beside.raise_failure()
            finally:
                await beside.aclose()
                with contextlib.suppress(self._library.MqttError):
                    await self._sign(client, house.OFFLINE)

    async def _show(self, client: Any) -> None:
        """Write what has changed, as long as anything may leave."""
        told: dict[str, str] = {}
        wanted = self._house.discovery()
        await self._sign(client, house.ONLINE)
        while BORDER.is_open("tools"):
            self._news.clear()
            for topic, text in {**wanted, **self._values}.items():
                if told.get(topic) != text:
                    await self._tell(client, topic, text)
                    told[topic] = text
            if _is_ending():
                return
            await self._news.wait()

    async def _sign(self, client: Any, life: str) -> None:
        """Say whether the device is there; a sign of life is not counted, and always passes."""
        await client.publish(self._house.availability, life, qos=1, retain=True)

    async def _tell(self, client: Any, topic: str, text: str) -> None:
        is_said = topic == self._house.topic("last_command")
        kind: Kind = "text" if is_said else "tools"
        if BORDER.is_open(kind):
            BORDER.send(self._peer.address.host, kind, len(topic) + len(text.encode()))
            await client.publish(topic, text, qos=1, retain=True)

    async def _obey(self, client: Any) -> None:
        for topic in self._house.command_topics:
            await client.subscribe(topic, qos=1)
        if _is_ending():
            return
        async for message in client.messages:
            # One that was kept is of yesterday.
            if not message.retain:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                self._carry_out(self._house.command(str(message.topic), payload))

    def _carry_out(self, command: house.Command | None) -> None:
        match command:
            case house.Mute(on):
                self._capture.mute(on)
                # Where a switch holds it muted, the automation must not believe otherwise.
                self._put("mute", _switch(self._capture.muted))
            case house.Volume(percent):
                self._playback.set_percent(percent)
            case house.Say(text):
                self.bus.publish(SpeechRequested(text=text))
            case None:
                log.warning("the broker sent a command that is none")

    def _lost(self, error: Exception, held_s: float) -> None:
        self._failures = 1 if held_s >= HELD_S else self._failures + 1
        # The library tells what happened in words of its own; what it was stands behind them.
        cause = error.__cause__ or error.__context__ or error
        sentence = of_the_way(cause, self._peer.goal) if isinstance(cause, OSError) else str(error)
        level = logging.DEBUG if sentence == self._trouble else logging.WARNING
        self._trouble = sentence
        log.log(level, "the broker: %s", sentence)


def _is_ending() -> bool:
    """Tell whether this task was cancelled, and goes on all the same.

    The library waits by Python 3.11's `wait_for`, which may lose a cancellation.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _switch(is_on: bool) -> str:
    return house.ON if is_on else house.OFF


def _library() -> Any:
    """Return aiomqtt, which a device without a broker does not load."""
    try:
        import aiomqtt
    except ImportError as error:
        raise ConfigError(
            'mqtt.broker: the library that talks to it is missing; pip install "xtalk-edge[mqtt]"'
        ) from error
    return aiomqtt
