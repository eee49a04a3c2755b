"""Starting afresh: the appliance ends in good order, the command replaces itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from tests.scripted import ScriptedAgent
from xtalk_edge.appliance import RESTART_PATIENCE_S
from xtalk_edge.bus import EventBus
from xtalk_edge.cli import run as run_module
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.config.tools import DeviceConfig
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.events import SpeechRequested, TTSPlaybackFinished, TTSPlaybackStarted


class ToolUsingAgent(ScriptedAgent):
    """Keeps the tools it is given."""

    def use_tools(self, runner: Any) -> None:
        self.tools = runner


@on_virtual_clock
@pytest.mark.slow
async def test_what_is_being_said_is_said_to_its_end() -> None:
    async with conversation(settings()) as talk:
        life = asyncio.ensure_future(talk.appliance.run())
        talk.appliance.bus.publish(SpeechRequested(text="I'll be back in a moment."))
        await talk.until(TTSPlaybackStarted)
        talk.appliance.ask_restart()
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == "I'll be back in a moment."
        await life
        assert talk.appliance.restart_asked


@on_virtual_clock
@pytest.mark.slow
async def test_a_room_that_is_never_quiet_does_not_prevent_it() -> None:
    async with conversation(settings()) as talk:
        life = asyncio.ensure_future(talk.appliance.run())
        for n in range(20):
            talk.say("and another thing that has to be said", after_s=2.0 * n)
        await asyncio.sleep(1)
        asked_s = now_s()
        talk.appliance.ask_restart()
        await life
        assert now_s() - asked_s <= RESTART_PATIENCE_S + 1


@on_virtual_clock
@pytest.mark.slow
async def test_the_tools_reach_the_appliance() -> None:
    config = settings(
        agent={"type": f"{__name__}:ToolUsingAgent", "replies": []},
        tools={"devices": (DeviceConfig("fan"),)},
    )
    async with conversation(config) as talk:
        agent = talk.appliance.agent.engine
        assert isinstance(agent, ToolUsingAgent)

        async def answer(name: str, **arguments: str) -> str:
            result = await agent.tools.run(ToolCall(name, arguments))
            return str(result.content)

        assert await answer("change_voice") == "Now I sound like an American woman."
        assert await answer("change_speed", direction="faster") == "I'll speak faster."
        assert await answer("switch_device", device="fan", state="on") == "The fan is on."
        assert await answer("restart") == "Should I restart now?"
        assert not talk.appliance.restart_asked
        assert (await agent.tools.settle("yes")).ok
        assert talk.appliance.restart_asked
        await talk.appliance.run()


class BriefAppliance:
    """Ends at once, and asks to be started afresh or not."""

    restart_asked = True

    def __init__(self, *_: Any, **__: Any) -> None:
        self.bus = EventBus()

    async def __aenter__(self) -> BriefAppliance:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.bus.aclose()

    def register_manager(self, manager: Any, **params: Any) -> Any:
        return manager(event_bus=self.bus, config=Config(), appliance=self, **params)

    async def run(self) -> None:
        pass


@pytest.mark.parametrize("asked", [True, False])
def test_the_command_starts_itself_again_when_asked(
    monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(BriefAppliance, "restart_asked", asked)
    monkeypatch.setattr(run_module, "Appliance", BriefAppliance)
    monkeypatch.setattr(os, "execv", lambda path, arguments: started.append((path, arguments)))
    result = CliRunner().invoke(run_module.command, [])
    assert result.exit_code == 0
    again = (sys.executable, [sys.executable, *sys.orig_argv[1:]])
    assert started == ([again] if asked else [])


def test_a_recording_is_not_started_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run_module, "Appliance", BriefAppliance)
    monkeypatch.setattr(run_module, "_start_afresh", lambda: pytest.fail("started again"))
    arguments = ["--card", "wav", "--input", str(tmp_path / "question.wav")]
    monkeypatch.setattr(run_module, "_file_card", lambda *_: object())
    assert CliRunner().invoke(run_module.command, arguments).exit_code == 0


@pytest.mark.slow
def test_the_process_stays_and_gets_the_same_arguments(tmp_path: Path) -> None:
    script = tmp_path / "again.py"
    script.write_text(
        textwrap.dedent("""
            import os, pathlib, sys
            from xtalk_edge.cli.run import _start_afresh
            print(os.getpid(), sys.argv[1:], sys.flags.utf8_mode)
            marker = pathlib.Path(sys.argv[1])
            if not marker.exists():
                marker.touch()
                _start_afresh()
        """)
    )
    command = [sys.executable, "-X", "utf8", str(script), str(tmp_path / "marker"), "--a b"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    first, second = done.stdout.splitlines()
    assert first == second
    assert first.endswith("'--a b'] 1")
