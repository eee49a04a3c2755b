"""`xtalk-edge ask`: one question in writing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from xtalk_edge.bus import EventBus
from xtalk_edge.cli.options import config_options, read_config, state_dir_option
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.desk import open_desk
from xtalk_edge.engines.interfaces import Agent, AgentContext, ToolCall
from xtalk_edge.events import UplinkSideChosen, UplinkStateChanged
from xtalk_edge.net.printable import printable
from xtalk_edge.tools.device.owners_border import open_border
from xtalk_edge.tools.household import is_built_in, open_agent, open_bell


@click.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Let tools tell what they would do, and do nothing.")
@click.option("--yes", is_flag=True, help='Answer "yes" should it ask back before it acts.')
@config_options
@state_dir_option
def command(
    text: str,
    as_json: bool,
    dry_run: bool,
    yes: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None,
) -> None:
    """Ask the agent one question in writing; its tools really act unless --dry-run is given.

    Where the settings name a server that thinks (uplink.agent), it is asked as well, and who
    answers is settled as in a conversation. Not with --dry-run: what a server does cannot be held
    back. A server that hears (uplink.full) is not asked: there is nothing to hear.

    \b
    Examples:
      xtalk-edge ask "what is twelve times seven"
      xtalk-edge ask "set a timer for five minutes" --json --dry-run
      xtalk-edge ask "delete all my notes" --yes
    """
    config = read_config(config_path, overrides, state_dir)
    answer = asyncio.run(ask(config, text, dry_run=dry_run, yes=yes))
    if as_json:
        click.echo(json.dumps(answer.as_record(), ensure_ascii=False))
        return
    for call in answer.tool_calls:
        click.echo(click.style(f"{call['name']} {json.dumps(call['arguments'])}", dim=True))
    click.echo(printable(answer.text))


@dataclass(slots=True)
class Answer:
    """What the agent said and did."""

    text: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    confidence: float = 1.0
    side: str = "device"
    """Who answered: "device" or "server"."""

    def as_record(self) -> dict[str, Any]:
        """Return the answer as JSON shows it."""
        return {
            "text": self.text,
            "tool_calls": self.tool_calls,
            "confidence": round(self.confidence, 4),
            "side": self.side,
        }


class SilentVolume:
    """A volume to turn where nothing sounds."""

    def __init__(self) -> None:
        self._percent = 100

    def get_percent(self) -> int:
        """Return what was set last."""
        return self._percent

    def set_percent(self, percent: int) -> None:
        """Keep it; nothing changes."""
        self._percent = percent


async def ask(config: Config, text: str, *, dry_run: bool, yes: bool = False) -> Answer:
    """Return the agent's answer to `text`; with `yes`, a question back is answered so."""
    answer = Answer()
    async with contextlib.AsyncExitStack() as stack:
        # A timer set here is kept, and rings when the appliance runs.
        bell = stack.enter_context(open_bell(config))
        border = stack.enter_context(open_border(config))
        documents = None
        if not is_built_in(config.agent):
            documents = await stack.enter_async_context(open_desk(config))
        opened = open_agent(
            config,
            bell,
            volume=SilentVolume(),
            last_reply=lambda: "",
            documents=documents,
            border=border,
            dry_run=dry_run,
        )
        equipped = await stack.enter_async_context(opened)
        if (order := equipped.orders.meant(text)) is not None:
            answer.tool_calls.append({"name": order.name, "arguments": order.arguments})
            answer.text = (await equipped.orders.obey(order)).content
        else:
            helps = config.uplink.is_on and "agent" in config.uplink.uses
            if helps and not dry_run and border.border.is_open("text"):
                await _collect_beside_server(config, equipped.agent, text, answer)
            else:
                await _collect(equipped.agent, text, answer)
            if answer.side == "device":
                answer.confidence = equipped.agent.confidence()
        if yes and (result := await equipped.tools.settle("yes")) is not None:
            answer.text += f" {result.content}"
    answer.text = answer.text.strip()
    return answer


async def _collect(agent: Agent, text: str, answer: Answer) -> None:
    items = agent.async_accept(AgentContext("asr_final", text))
    async with contextlib.aclosing(items) as stream:  # type: ignore[type-var]
        async for item in stream:
            if isinstance(item, str):
                answer.text += item
            elif isinstance(item, ToolCall):
                answer.tool_calls.append({"name": item.name, "arguments": item.arguments})


async def _collect_beside_server(config: Config, device: Agent, text: str, answer: Answer) -> None:
    """Collect what the device's agent or the server's says; the server has as long to be there as
    it has to answer.
    """
    # Not at the top: most devices are asked alone.
    from xtalk_edge.managers.uplink_opening import open_uplink

    bus, is_there = EventBus(), asyncio.Event()
    uplink = open_uplink(replace(config, uplink=replace(config.uplink, tts="off")), bus)

    def on_state(event: UplinkStateChanged) -> None:
        if event.abilities:
            is_there.set()

    def on_side(event: UplinkSideChosen) -> None:
        answer.side = event.side

    bus.subscribe(UplinkStateChanged, on_state)
    bus.subscribe(UplinkSideChosen, on_side)
    try:
        for manager in uplink.managers:
            await manager.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(config.uplink.deadline_ms / 1000):
                await is_there.wait()
        await _collect(uplink.agent(device), text, answer)
    finally:
        for manager in uplink.managers:
            await manager.shutdown()
        await bus.aclose()
