"""The plugin gives a server texts in and texts to speak; a stand-in plays the server."""

import asyncio
import importlib
import json
import re
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import xtalk_edge.uplink.server_plugin
from tests.xtalk_stand_in import installed
from tests.xtalk_stand_in.events import Age
from tests.xtalk_stand_in.service import DefaultService, Models, Session

FOLDER = Path(xtalk_edge.uplink.server_plugin.__file__).parent
AGES: tuple[Age, ...] = ("early", "later")
PATIENCE_S = 5.0


class Client:
    """The other end: what the server sends it, and a way to answer."""

    def __init__(self, service: DefaultService) -> None:
        self.got: list[Any] = []
        self._changed = asyncio.Event()
        self.session: Session = service.clone(self)

    async def send_text(self, text: str) -> None:
        message = json.loads(text)
        self.got.append((message["action"], message["data"]))
        self._changed.set()

    async def send_bytes(self, sound: bytes) -> None:
        self.got.append(("binary", sound.decode()))
        self._changed.set()

    async def say(self, action: str, **fields: object) -> None:
        await self.session.receive(json.dumps({"action": action, **fields}))

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not fact():
                self._changed.clear()
                await self._changed.wait()

    async def wait(self, action: str, nth: int = 1) -> None:
        await self.until(lambda: self.actions.count(action) >= nth)

    async def settle(self) -> None:
        """Wait until the server has done all that was asked of it before."""
        n_before = self.actions.count("edge_capabilities")
        await self.say("edge_capabilities")
        await self.wait("edge_capabilities", n_before + 1)
        self.got = [got for got in self.got if got[0] != "edge_capabilities"]

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.got]


@contextmanager
def plugin(age: Age) -> Iterator[Any]:
    """Import the plugin as a server does, from the folder that it was copied to."""
    with installed(age), pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        try:
            yield importlib.import_module("launch")
        finally:
            for name in ("launch", "edge_manager"):
                sys.modules.pop(name, None)


def talk(age: Age, work: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    """Hold a conversation with a session that has the plugin."""

    async def hold() -> None:
        with plugin(age) as launch:
            client = Client(launch.build({"service_config": {"data_dir": "x"}}).service)
            try:
                await asyncio.wait_for(work(client), 20.0)
            finally:
                await client.session.stop()
            assert client.session.event_bus.errors == []

    asyncio.run(hold())


@pytest.mark.parametrize("age", AGES)
def test_it_says_what_it_can_do(age: Age) -> None:
    async def work(client: Client) -> None:
        await client.say("edge_capabilities")
        await client.wait("edge_capabilities")
        able = {"submit_text": True, "speak": True, "version": 1}
        assert client.got == [("edge_capabilities", able)]

    talk(age, work)


@pytest.mark.parametrize("age", AGES)
def test_a_text_is_answered_once(age: Age) -> None:
    async def work(client: Client) -> None:
        await client.say("submit_text", text="it is late")
        await client.wait("tts_finished")
        await client.settle()
        assert client.actions.count("finish_asr") == 1, "servers that take it are left to it"
        assert client.actions[:2] == ["stop_tts", "finish_asr"]
        assert ("finish_asr", {"text": "it is late"}) in client.got
        assert ("finish_resp", {"text": "You said, it is late."}) in client.got
        assert [got for got in client.got if got[0] == "binary"] == [
            ("binary", "You said,"),
            ("binary", "it is late."),
        ]

    talk(age, work)


@pytest.mark.parametrize("age", AGES)
def test_a_text_is_spoken_and_the_agent_does_not_hear_of_it(age: Age) -> None:
    async def work(client: Client) -> None:
        await client.say("speak", text="Dinner is ready. Come")
        await client.wait("tts_finished")
        assert client.got == [
            ("stop_tts", ""),
            ("start_tts", ""),
            ("binary", "Dinner is ready."),
            ("binary", "Come"),
            ("tts_finished", {}),
        ]

    talk(age, work)


@pytest.mark.parametrize("age", AGES)
def test_a_text_that_comes_in_pieces_is_spoken_in_their_order(age: Age) -> None:
    async def work(client: Client) -> None:
        words = [f"{n}." for n in range(20)]
        for i, word in enumerate(words):
            await client.say("speak", text=word, append=i > 0, flush=False)
        await client.say("speak", text="", append=True)
        await client.wait("tts_finished")
        assert [text for action, text in client.got if action == "binary"] == words
        assert client.actions.count("start_tts") == 1

    talk(age, work)


@pytest.mark.parametrize("age", AGES)
def test_a_new_text_ends_the_one_before(age: Age) -> None:
    async def work(client: Client) -> None:
        await client.say("speak", text="One.", flush=False)
        await client.wait("binary")
        await client.say("speak", text="Two.")
        await client.wait("tts_finished")
        sound = ["stop_tts", "start_tts", "binary"]
        assert client.actions == [*sound, *sound, "tts_finished"]

    talk(age, work)


@pytest.mark.parametrize("age", AGES)
def test_what_was_stopped_is_not_added_to(age: Age) -> None:
    async def work(client: Client) -> None:
        await client.say("speak", text="One.", flush=False)
        await client.wait("binary")
        await client.say("stop")
        await client.wait("stop_tts", 2)
        await client.say("speak", text=" Two.", append=True)
        await client.wait("tts_finished")
        assert client.actions.count("start_tts") == 2, "it is a text of its own"

    talk(age, work)


def test_whoever_stops_the_voice_ends_the_text() -> None:
    async def work(client: Client) -> None:
        await client.say("speak", text="One.", flush=False)
        await client.wait("binary")
        events = DefaultService.events
        interrupted = events.TurnLLMAgentStopRequested(session_id="session", reason="barge_in")
        await client.session.event_bus.publish(interrupted)
        await client.wait("stop_tts", 2)
        await client.say("speak", text="Two.", append=True)
        await client.wait("start_tts", 2)

    talk("early", work)


def test_stop_ends_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(_models: Models, _text: str) -> Any:
        yield "One. "
        await asyncio.Event().wait()

    async def work(client: Client) -> None:
        await client.say("submit_text", text="count")
        await client.wait("binary")
        await client.say("stop")
        await client.wait("finish_resp")
        await client.wait("stop_tts", 2)
        assert ("finish_resp", {"text": "One. "}) in client.got

    monkeypatch.setattr(Models, "answer", endless)
    talk("early", work)


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '"speak"',
        "{}",
        '{"action": "submit_text"}',
        '{"action": "submit_text", "text": "  "}',
        '{"action": "submit_text", "text": 5}',
        '{"action": "speak", "text": null}',
        '{"action": "speak", "text": "", "append": true}',
        json.dumps({"action": "submit_text", "text": "x" * 8_193}),
        json.dumps({"action": "speak", "text": "é" * 4_097}),
    ],
)
def test_what_makes_no_sense_is_passed_over(text: str) -> None:
    async def work(client: Client) -> None:
        await client.session.receive(text)
        await client.settle()
        assert client.got == []

    talk("early", work)


@pytest.mark.parametrize("age", AGES)
def test_the_launcher_keeps_the_servers_settings(age: Age) -> None:
    with plugin(age) as launch:
        config = {"tts": "Voice", "service_config": {"data_dir": "y"}, "max_connections": "3"}
        made = launch.build(config)
        assert made.max_sessions == 3
        assert made.service.service_config == {"data_dir": "y"}
        assert made.service.models.config == config
        assert launch.build({}).max_sessions is None


def test_a_server_that_mounts_its_routes_is_left_to_it() -> None:
    with plugin("later") as launch:
        app = SimpleNamespace()
        made = launch.build({})
        launch.mount(made, app)
        assert app.mounted is made


def test_an_early_server_is_reached_at_ws() -> None:
    testclient = pytest.importorskip("starlette.testclient")
    applications = pytest.importorskip("starlette.applications")
    with plugin("early") as launch:
        app = applications.Starlette()
        launch.mount(launch.build({}), app)
        with testclient.TestClient(app).websocket_connect("/ws") as socket:
            socket.send_json({"action": "submit_text", "text": "hello"})
            told = socket.receive_json()
            while told["action"] != "finish_asr":
                told = socket.receive_json()
            assert told["data"] == {"text": "hello"}


def test_nothing_of_this_program_imports_it() -> None:
    package = FOLDER.parents[1]
    importers = [
        path
        for path in package.rglob("*.py")
        if FOLDER not in path.parents
        and re.search(r"^\s*(from|import) .*server_plugin", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert importers == []
