"""`xtalk-edge ask` lets a server help as a conversation does, and does without it as well."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fake_xtalk import FakeXTalk, reply
from xtalk_edge.cli.ask import Answer, ask
from xtalk_edge.config.load import load_text
from xtalk_edge.config.schema import Config
from xtalk_edge.net.border import BORDER
from xtalk_edge.store.database import Database
from xtalk_edge.store.switches import SwitchTable
from xtalk_edge.tools.device.offline import NAME

DEVICE, SERVER = "I say this.", "It is ten. Or so."


def settings(folder: Path, url: str, deadline_ms: int = 5_000) -> Config:
    return load_text(
        f'[agent]\ntype = "scripted"\notherwise = "{DEVICE}"\n'
        f'[uplink]\nurl = "{url}"\nagent = "prefer"\ndeadline_ms = {deadline_ms}\n'
        f'[store]\nstate_dir = "{folder}"\n'
    )


def asked(folder: Path, server: FakeXTalk, *, dry_run: bool = False) -> Answer:
    """Ask beside a server."""

    async def go() -> Answer:
        async with server:
            return await ask(settings(folder, server.url), "what time is it", dry_run=dry_run)

    return asyncio.run(go())


def test_the_server_answers_where_the_settings_prefer_it(tmp_path: Path) -> None:
    server = FakeXTalk("G1", plugin=True, replies=reply("It is ten.", "Or so."))
    answer = asked(tmp_path, server)
    assert (answer.text, answer.side) == (SERVER, "server")
    assert answer.as_record()["side"] == "server"
    assert server.received.actions().count("submit_text") == 1
    # What it was told is in the ledger already.
    assert BORDER.take() == []


def test_where_no_server_is_the_device_answers(tmp_path: Path) -> None:
    config = settings(tmp_path, "ws://127.0.0.1:1/ws", deadline_ms=50)
    answer = asyncio.run(ask(config, "what time is it", dry_run=False))
    assert (answer.text, answer.side) == (DEVICE, "device")


def test_what_would_be_done_is_asked_of_the_device_alone(tmp_path: Path) -> None:
    server = FakeXTalk("G3")
    answer = asked(tmp_path, server, dry_run=True)
    assert (answer.text, answer.side) == (DEVICE, "device")
    assert not server.connections


def test_offline_the_device_answers(tmp_path: Path) -> None:
    database = Database(tmp_path)
    SwitchTable(database).set(NAME, True)
    database.close()
    server = FakeXTalk("G3")
    answer = asked(tmp_path, server)
    assert (answer.text, answer.side) == (DEVICE, "device")
    assert not server.connections
