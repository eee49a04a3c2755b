"""What the owner has chosen is so again after a restart."""

import asyncio
import contextlib

import pytest

from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ModelSwitched,
    ModelSwitchFailed,
    TTSDeliveryChanged,
    TTSSpeedChange,
    TTSVoiceChange,
    VolumeChanged,
)
from xtalk_edge.managers.choices import LEAST_PERCENT, ChoicesManager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.managers.reserve import LOOK_EVERY_S, ReserveManager
from xtalk_edge.store.choices import ChoiceTable
from xtalk_edge.store.database import Database
from xtalk_edge.store.reserve import Reserve

ALTERNATIVES = {("tts", "deep"), ("agent", "clever")}


class Device:
    """What of an appliance chooses and remembers."""

    def __init__(self, database):
        self.bus, config = EventBus(), Config()
        self.log = Log(self.bus)
        capture = plain_capture(self.bus)
        self.playback = PlaybackManager(event_bus=self.bus, config=config, capture=capture)
        self.switched = []
        self.manager = ChoicesManager(
            event_bus=self.bus,
            config=config,
            table=ChoiceTable(database),
            playback=self.playback,
            switch_to=self.switch,
            voices=lambda: ["usual", "Anna"],
        )
        self.bus.register(self.manager)

    def switch(self, slot, name):
        if (slot, name) not in ALTERNATIVES:
            raise KeyError(name)
        self.switched.append((slot, name))
        return True

    async def tell(self, *events):
        for event in events:
            self.bus.publish(event)
        await self.bus.drained()


def on_device(folder, talk):
    """Start a device, let `talk` happen to it, and end it; return what `talk` returns."""

    async def go():
        with contextlib.closing(Database(folder)) as database:
            device = Device(database)
            await device.manager.start()
            await device.bus.drained()
            try:
                return await talk(device)
            finally:
                await device.bus.aclose()

    return run_virtual(go())


def told(device, kind):
    return device.log.all_of(kind)


async def nothing(device):
    return device


def test_a_new_device_is_as_its_settings_say(tmp_path):
    device = on_device(tmp_path, nothing)
    assert device.playback.get_percent() == 100
    assert device.switched == told(device, TTSVoiceChange) == told(device, TTSSpeedChange) == []


def test_volume_voice_and_speed_are_kept(tmp_path):
    async def chooses(device):
        device.playback.set_percent(40)
        await device.tell(TTSDeliveryChanged(voice_name="Anna", emotion_name="", speed=1.5))

    on_device(tmp_path, chooses)
    device = on_device(tmp_path, nothing)
    assert device.playback.get_percent() == 40
    assert [event.voice_name for event in told(device, TTSVoiceChange)] == ["Anna"]
    assert [event.speed for event in told(device, TTSSpeedChange)] == [1.5]


def test_what_was_taken_back_is_forgotten(tmp_path):
    async def chooses(device):
        device.playback.set_percent(40)
        device.playback.set_percent(100)
        for voice, speed in (("Anna", 1.5), ("usual", 1.0)):
            await device.tell(TTSDeliveryChanged(voice_name=voice, emotion_name="", speed=speed))

    on_device(tmp_path, chooses)
    with contextlib.closing(Database(tmp_path)) as database:
        assert ChoiceTable(database).all() == {}


def test_a_voice_turned_off_is_not_off_for_good(tmp_path):
    async def chooses(device):
        device.playback.set_percent(0)
        await device.bus.drained()

    on_device(tmp_path, chooses)
    assert on_device(tmp_path, nothing).playback.get_percent() == LEAST_PERCENT


def switched(slot, name):
    return ModelSwitched(slot=slot, model_type="x", name=name, load_s=0.0, wait_s=0.0)


def test_the_alternative_in_use_comes_back_and_then_its_voice(tmp_path):
    async def chooses(device):
        await device.tell(
            switched("tts", "deep"),
            switched("agent", "clever"),
            TTSDeliveryChanged(voice_name="Anna", emotion_name="", speed=1.0),
        )

    async def comes(device):
        before = list(told(device, TTSVoiceChange))
        # The engine speaks as usual at first, which is not what the owner has chosen.
        await device.tell(
            TTSDeliveryChanged(voice_name="usual", emotion_name="", speed=1.0), switched("tts", "")
        )
        return device, before

    on_device(tmp_path, chooses)
    device, before = on_device(tmp_path, comes)
    assert sorted(device.switched) == [("agent", "clever"), ("tts", "deep")]
    assert before == []
    assert [event.voice_name for event in told(device, TTSVoiceChange)] == ["Anna"]


def test_the_usual_engine_is_no_choice(tmp_path):
    async def chooses(device):
        await device.tell(switched("tts", "deep"), switched("tts", "usual"))

    on_device(tmp_path, chooses)
    assert on_device(tmp_path, nothing).switched == []


def test_where_it_cannot_be_had_the_voice_is_chosen_all_the_same(tmp_path):
    async def chooses(device):
        await device.tell(
            switched("tts", "deep"),
            TTSDeliveryChanged(voice_name="Anna", emotion_name="", speed=1.0),
        )

    async def fails(device):
        await device.tell(ModelSwitchFailed(slot="tts", model_type="x", name="", problem="no"))
        return device

    on_device(tmp_path, chooses)
    assert len(told(on_device(tmp_path, fails), TTSVoiceChange)) == 1


def test_an_alternative_that_is_gone_is_forgotten(tmp_path):
    with contextlib.closing(Database(tmp_path)) as database:
        ChoiceTable(database).keep("tts", "gone")
    assert on_device(tmp_path, nothing).switched == []
    with contextlib.closing(Database(tmp_path)) as database:
        assert ChoiceTable(database).all() == {}


@pytest.mark.parametrize("value", ["loud", "nan", "inf", "-5"])
def test_nonsense_is_taken_for_no_choice(tmp_path, value):
    with contextlib.closing(Database(tmp_path)) as database:
        ChoiceTable(database).keep("volume", value)
        ChoiceTable(database).keep("speed", value)
    device = on_device(tmp_path, nothing)
    assert device.playback.get_percent() == 100
    assert told(device, TTSSpeedChange) == []


def test_a_disk_that_takes_nothing_is_borne(tmp_path, caplog):
    async def chooses(device):
        device.manager._table._database.close()
        await device.tell(VolumeChanged(percent=40))

    on_device(tmp_path, chooses)
    assert "what was chosen cannot be kept" in caplog.text


# -- the disk ------------------------------------------------------------------------------


class FakeReserve(Reserve):
    def __init__(self):
        self.asked = 0

    def keep(self):
        self.asked += 1
        return False


def test_the_reserve_is_taken_again_and_again():
    async def go():
        bus, reserve = EventBus(), FakeReserve()
        manager = ReserveManager(event_bus=bus, config=Config(), reserve=reserve)
        await manager.start()
        await asyncio.sleep(2.5 * LOOK_EVERY_S)
        await manager.shutdown()
        await bus.aclose()
        return reserve.asked

    assert run_virtual(go()) == 3
