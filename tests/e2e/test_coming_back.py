"""A device comes back as it was, and with what can still be read of a damaged memory."""

from __future__ import annotations

from pathlib import Path

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.config.schema import Config
from xtalk_edge.events import TTSDeliveryChanged, TTSPlaybackFinished, TTSVoiceChange
from xtalk_edge.store.care import DAMAGED
from xtalk_edge.store.database import FILE_NAME


def with_memory(folder: Path) -> Config:
    """Return settings of a device that remembers."""
    return settings(store={"state_dir": str(folder)}, tts={"type": "espeak"})


@on_virtual_clock
async def test_volume_and_voice_are_as_they_were(tmp_path: Path) -> None:
    async with conversation(with_memory(tmp_path)) as talk:
        talk.appliance.playback.set_percent(40)
        talk.appliance.bus.publish(TTSVoiceChange(voice_name="British woman"))
        await talk.until(TTSDeliveryChanged)
        await talk.appliance.bus.drained()
    async with conversation(with_memory(tmp_path)) as talk:
        changed = await talk.until(TTSDeliveryChanged)
        assert changed.voice_name == "British woman"
        assert talk.appliance.playback.get_percent() == 40


@on_virtual_clock
async def test_a_damaged_memory_is_told_of(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 1000)
    async with conversation(with_memory(tmp_path)) as talk:
        said = await talk.until(TTSPlaybackFinished)
        assert said.text == DAMAGED
