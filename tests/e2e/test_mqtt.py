"""The device and a house automation, through a real broker."""

import asyncio
import contextlib
import datetime
import json
import shutil
import socket
import subprocess

import pytest

from tests.certificates import Authority
from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import wall_now
from xtalk_edge.config.load import load_table
from xtalk_edge.errors import ConfigError
from xtalk_edge.events import (
    HealthChanged,
    SpeechRequested,
    TurnStateChanged,
    VerificationResult,
)
from xtalk_edge.managers import mqtt
from xtalk_edge.managers.mqtt import Countdown, MqttManager
from xtalk_edge.managers.mqtt_opening import countdowns, open_mqtt
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.net.border import BORDER
from xtalk_edge.store.alarms import AlarmRule
from xtalk_edge.tools.household import open_bell

aiomqtt = pytest.importorskip("aiomqtt")

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")

BASE = "xtalk_edge/kitchen"


class Broker:
    """A mosquitto of this test's own."""

    def __init__(self, folder, more=""):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text(
            f"user root\nlistener {self.port} 127.0.0.1\n{more or 'allow_anonymous true'}\n"
        )
        self._process = None

    def start(self):
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", self._settings],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    made.start()
    yield made
    made.stop()


class Device:
    def __init__(self, url, **more):
        self.bus = EventBus()
        self.log = Log(self.bus)
        config = load_table({"mqtt": {"broker": url, "name": "Kitchen", **more}})
        self.capture = plain_capture(self.bus)
        self.playback = PlaybackManager(event_bus=self.bus, config=config, capture=self.capture)
        self.coming = [Countdown("pasta timer", "2026-05-04T12:10:00+02:00")]
        self.manager = MqttManager(
            event_bus=self.bus,
            config=config,
            capture=self.capture,
            playback=self.playback,
            countdowns=lambda: self.coming,
        )
        self.bus.register(self.manager)


class Automation:
    """Whoever listens at the broker, and remembers what stands in each topic."""

    def __init__(self, client):
        self._client = client
        self.seen = {}

    async def until(self, fact):
        """Read until something holds of what was seen."""
        async with asyncio.timeout(20):
            while not fact(self.seen):
                message = await anext(aiter(self._client.messages))
                self.seen[str(message.topic)] = message.payload.decode()

    async def until_is(self, topic, text):
        await self.until(lambda seen: seen.get(f"{BASE}/{topic}") == text)

    async def send(self, topic, text, **more):
        await self._client.publish(f"{BASE}/{topic}", text, qos=1, **more)


async def logged(caplog, words):
    """Return once the log has these words."""
    async with asyncio.timeout(20):
        while words not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
            await asyncio.sleep(0.01)


def connect(made, scheme, words, caplog, **more):
    """Let a device try a broker until the log has these words."""

    async def scene():
        device = Device(f"{scheme}://127.0.0.1:{made.port}", **more)
        await device.manager.start()
        await logged(caplog, words)
        await device.manager.shutdown()
        await device.bus.aclose()

    made.start()
    try:
        asyncio.run(scene())
    finally:
        made.stop()


def talk(port, device_of, scene):
    """Run a scene between a device and an automation, in real time."""

    async def go():
        device = device_of()
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe("#", qos=1)
            await device.manager.start()
            try:
                return await scene(device, Automation(client))
            finally:
                await device.manager.shutdown()
                await device.bus.aclose()

    return asyncio.run(go())


def test_all_of_it_is_seen_and_stays(broker):
    async def scene(device, house):
        device.bus.publish(TurnStateChanged(state="listening"))
        device.bus.publish(VerificationResult(text="turn on the lamp", is_valid=True))
        device.bus.publish(VerificationResult(text="not meant", is_valid=False))
        device.bus.publish(HealthChanged(check="disk", healthy=False, detail="It is full."))
        await house.until_is("last_command", "turn on the lamp")
        await house.until_is("problem", "ON")
        device.bus.publish(HealthChanged(check="disk", healthy=True, detail=""))
        await house.until_is("problem", "OFF")
        # Whoever comes later finds it too.
        async with aiomqtt.Client("127.0.0.1", broker.port) as later:
            await later.subscribe(f"{BASE}/#", qos=1)
            late = Automation(later)
            await late.until(lambda seen: len(seen) >= 9)
            return late.seen, house.seen

    late, seen = talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene)
    assert late[f"{BASE}/status"] == "online"
    assert late[f"{BASE}/state"] == "listening"
    assert late[f"{BASE}/mute"] == "OFF"
    assert late[f"{BASE}/volume"] == "100"
    assert late[f"{BASE}/timers/count"] == "1"
    assert json.loads(late[f"{BASE}/timers"]) == {
        "timers": [{"title": "pasta timer", "at": "2026-05-04T12:10:00+02:00"}]
    }
    found = json.loads(seen["homeassistant/switch/xtalk_edge_kitchen/mute/config"])
    assert found["command_topic"] == f"{BASE}/mute/set"


def test_it_obeys(broker, caplog):
    async def scene(device, house):
        await house.until_is("status", "online")
        await house.send("volume/set", "30")
        await house.until_is("volume", "30")
        await house.send("mute/set", "ON")
        await house.until_is("mute", "ON")
        await house.send("say/set", "Dinner is ready.")
        await house.send("mute/set", "perhaps")
        await house.send("mute/set", "OFF")
        await house.until_is("mute", "OFF")
        return device.log.all_of(SpeechRequested)

    (said,) = talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene)
    assert said.text == "Dinner is ready."
    assert "a command that is none" in caplog.text


def test_what_a_switch_has_muted_stays_muted(broker):
    async def scene(device, house):
        device.capture.mute(True, "switch")
        await house.until_is("mute", "ON")
        del house.seen[f"{BASE}/mute"]
        await house.send("mute/set", "OFF")
        await house.send("volume/set", "30")
        await house.until_is("volume", "30")
        return device.capture.muted

    assert talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene)


def test_a_command_that_was_kept_is_of_yesterday(broker):
    async def scene(device, house):
        await house.until_is("status", "online")
        await house.send("volume/set", "30")
        await house.until_is("volume", "30")
        return device.playback.get_percent()

    async def leave():
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.publish(f"{BASE}/volume/set", "5", qos=1, retain=True)

    asyncio.run(leave())
    assert talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene) == 30


def test_at_its_end_it_says_so(broker):
    async def scene(device, house):
        await house.until_is("status", "online")
        await device.manager.shutdown()
        await house.until_is("status", "offline")

    talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene)


def test_offline_means_offline(broker):
    async def scene(device, house):
        await house.until_is("timers/count", "1")
        sent = BORDER.take()
        BORDER.offline = True
        await house.until_is("status", "offline")
        device.bus.publish(TurnStateChanged(state="thinking"))
        await device.bus.drained()
        assert BORDER.take() == []
        BORDER.offline = False
        await house.until_is("state", "thinking")
        return {each.host for each in sent}, house.seen[f"{BASE}/status"]

    told = talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene)
    assert told == ({"127.0.0.1"}, "online")


def test_words_stay_where_the_settings_keep_them(broker):
    async def scene(device, house):
        BORDER.allow(["tools"])
        device.bus.publish(VerificationResult(text="a secret", is_valid=True))
        device.bus.publish(TurnStateChanged(state="thinking"))
        await house.until_is("state", "thinking")
        await house.until_is("volume", "100")
        return "a secret" in house.seen.values()

    assert not talk(broker.port, lambda: Device(f"mqtt://127.0.0.1:{broker.port}"), scene)


def test_a_broker_that_comes_back_is_found(tmp_path, monkeypatch, caplog):
    made = Broker(tmp_path)

    async def scene():
        device = Device(f"mqtt://127.0.0.1:{made.port}")
        await device.manager.start()
        await logged(caplog, "nothing listens")
        made.start()
        try:
            async with aiomqtt.Client("127.0.0.1", made.port) as client:
                await client.subscribe("#", qos=1)
                await Automation(client).until_is("status", "online")
        finally:
            await device.manager.shutdown()
            await device.bus.aclose()
            made.stop()

    asyncio.run(scene())
    assert "nothing listens at 127.0.0.1" in caplog.text


def test_a_wrong_password_is_said(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("HOUSE", "guess")
    made = Broker(tmp_path, "allow_anonymous false")
    connect(made, "mqtt", "the broker:", caplog, user="kitchen", password="env:HOUSE")
    assert "uthori" in caplog.text
    assert "guess" not in caplog.text


# The library leaves the connection that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("believed", [True, False])
def test_it_may_be_encrypted_by_somebody_who_is_believed(tmp_path, caplog, believed):
    authority = Authority(tmp_path)
    server = authority.issue()
    more = f"allow_anonymous true\ncertfile {server.cert_file}\nkeyfile {server.key_file}"
    trust = {"ca_file": str(authority.ca_file)} if believed else {}
    words = "connected to" if believed else "nobody the device believes vouches"
    caplog.set_level("INFO")
    connect(Broker(tmp_path, more), "mqtts", words, caplog, **trust)
    assert ("connected to the broker" in caplog.text) is believed


def test_without_the_library_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "aiomqtt", None)
    with pytest.raises(ConfigError, match=r"pip install \"xtalk-edge\[mqtt\]\""):
        mqtt._library()


def test_what_will_ring_is_in_order(tmp_path):
    config = load_table({"store": {"state_dir": str(tmp_path)}})
    with open_bell(config) as bell:
        bell.timers.add(600.0, "pasta")
        bell.timers.add(60.0)
        tomorrow = wall_now().date() + datetime.timedelta(days=1)
        bell.alarms.add(AlarmRule(7, 30, "", tomorrow), "")
        coming = countdowns(bell)
    assert [each.title for each in coming] == ["one minute timer", "pasta timer", "alarm"]
    assert coming[-1].at.startswith(f"{tomorrow}T07:30:00")


def test_without_a_broker_there_is_nothing(tmp_path):
    config = load_table({"store": {"state_dir": str(tmp_path)}})
    bus = EventBus()
    capture = plain_capture(bus)
    playback = PlaybackManager(event_bus=bus, config=config, capture=capture)
    with open_bell(config) as bell:
        assert open_mqtt(config, bus, capture, playback, bell) == []
