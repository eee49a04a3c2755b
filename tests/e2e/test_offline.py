""" "Go offline" in a conversation: it holds over a restart, and is lifted by a word and a yes."""

from pathlib import Path

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.errors import UplinkError
from xtalk_edge.events import (
    OfflineChanged,
    ToolCallOccurred,
    TTSPlaybackFinished,
)
from xtalk_edge.net.border import BORDER


def device(folder: Path, *texts: str, **more):
    return settings(
        texts=list(texts), replies=["I am the agent."], store={"state_dir": str(folder)}, **more
    )


async def ask(talk, words="what time is it"):
    """Say something, and return what the owner hears of the answer."""
    await talk.ask(words)
    return (await talk.until(TTSPlaybackFinished)).text


@on_virtual_clock
async def test_offline_holds_until_it_is_lifted(tmp_path: Path) -> None:
    async with conversation(device(tmp_path, "what did you send", "go offline")) as talk:
        BORDER.send("a.example", "text", 7)
        assert await ask(talk) == "Today I sent 7 bytes of words to a.example."
        assert await ask(talk) == (
            "I'm offline now. Nothing leaves this device until you say: go online."
        )
        assert [each.offline for each in talk.all_of(OfflineChanged)] == [True]
        with pytest.raises(UplinkError):
            BORDER.send("a.example", "text", 1)
    assert BORDER.is_open("text")
    async with conversation(device(tmp_path, "hello", "go online", "yes")) as talk:
        with pytest.raises(UplinkError):
            BORDER.check("text")
        assert await ask(talk) == "I am the agent."
        assert await ask(talk) == "Should I go online again?"
        assert not BORDER.is_open("text")
        assert await ask(talk) == "I'm online again."
        BORDER.send("a.example", "text", 1)
        assert [each.name for each in talk.all_of(ToolCallOccurred)] == ["go_online", "go_online"]


@on_virtual_clock
async def test_what_is_interpreted_is_no_order(tmp_path: Path) -> None:
    config = device(tmp_path, "go offline", interpret={"on": True})
    async with conversation(config) as talk:
        assert await ask(talk) == "I am the agent."
        assert not talk.all_of(OfflineChanged)
        assert BORDER.is_open("text")


@on_virtual_clock
async def test_settings_close_the_border_for_as_long_as_the_device_runs(tmp_path: Path) -> None:
    async with conversation(device(tmp_path, uplink={"cloud_allowed": ("text",)})):
        assert BORDER.is_open("text")
        assert not BORDER.is_open("audio")
    assert BORDER.is_open("audio")
