"""The agent with everything its tools work on, as the appliance and the `ask` command open it."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass

from xtalk_edge.clock import is_virtual
from xtalk_edge.config.schema import AgentConfig, Config
from xtalk_edge.engines import hosting
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.interfaces import Agent
from xtalk_edge.errors import ModelError
from xtalk_edge.store.alarms import AlarmTable
from xtalk_edge.store.choices import ChoiceTable
from xtalk_edge.store.database import Database
from xtalk_edge.store.lists import ListTable
from xtalk_edge.store.memories import MemoryTable
from xtalk_edge.store.notes import NoteTable
from xtalk_edge.store.people import PeopleTable
from xtalk_edge.store.timers import TimerTable
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.context import DocumentSearch, ToolContext, VoiceControl, VolumeControl
from xtalk_edge.tools.device.device_facts import DeviceFacts
from xtalk_edge.tools.device.owners_border import OwnersBorder
from xtalk_edge.tools.device.privacy import go_offline, go_online, on_border
from xtalk_edge.tools.device.system import system_status
from xtalk_edge.tools.foreign.mcp import mcp_servers
from xtalk_edge.tools.foreign.own import own_tools
from xtalk_edge.tools.home.outputs import DeviceOutputs, MemoryOutputs
from xtalk_edge.tools.kept.local_search import local_search
from xtalk_edge.tools.owners_word import OwnersWord
from xtalk_edge.tools.registry import Tool, ToolBox
from xtalk_edge.tools.timekeeping.alarm_service import AlarmService
from xtalk_edge.tools.timekeeping.bell import Bell
from xtalk_edge.tools.timekeeping.timer_service import TimerService

logger = logging.getLogger(__name__)

HEEDED = (system_status, go_offline, go_online)
"""Tools that the owner's word runs, whatever the agent is offered."""


@dataclass(frozen=True, slots=True)
class EquippedAgent:
    """An agent and the tools it was given."""

    agent: AgentSeat
    tools: ToolBox
    orders: OwnersWord
    """What is said that is not for the agent."""


@contextlib.contextmanager
def open_bell(config: Config) -> Iterator[Bell]:
    """Open the owner's timers and alarms; they ring only where somebody runs them."""
    with contextlib.closing(Database(config.store.folder())) as database:
        yield Bell(TimerService(TimerTable(database)), AlarmService(AlarmTable(database)))


@contextlib.contextmanager
def open_people(config: Config) -> Iterator[PeopleTable]:
    """Open what is known about people's voices."""
    with contextlib.closing(Database(config.store.folder())) as database:
        yield PeopleTable(database)


@contextlib.contextmanager
def open_choices(config: Config) -> Iterator[ChoiceTable]:
    """Open how the owner wants the device to be."""
    with contextlib.closing(Database(config.store.folder())) as database:
        yield ChoiceTable(database)


@contextlib.asynccontextmanager
async def open_agent(
    config: Config,
    bell: Bell,
    *,
    volume: VolumeControl,
    last_reply: Callable[[], str],
    voice: VoiceControl | None = None,
    documents: DocumentSearch | None = None,
    border: OwnersBorder | None = None,
    restart: Callable[[], None] | None = None,
    devices: DeviceOutputs | None = None,
    dry_run: bool = False,
    own: Sequence[Tool] = (),
    of_settings: Sequence[Tool] = (),
) -> AsyncIterator[EquippedAgent]:
    """Load the agent with its tools.

    Args:
        config: the settings.
        bell: what the tools for timers and alarms set and cancel.
        volume: what the volume tools turn.
        last_reply: returns what was said last, for "say that again".
        voice: what the voice tools change; None where nothing is spoken.
        documents: what is searched; None where they were not opened.
        border: what the owner rules by a word, whoever is the agent; None where nothing can leave.
        restart: starts the appliance afresh; None where none runs.
        devices: what can be switched; None for what the settings name, in memory only.
        dry_run: tools tell what they would do and do nothing.
        own: tools of the owner's own, beside those of the settings.
        of_settings: tools that are there because of other settings.
    """
    # In virtual time the same conversation must come out the same, jokes included.
    luck = random.Random(0 if is_virtual() else None)
    with contextlib.closing(Database(config.store.folder())) as database:
        context = ToolContext(
            bell=bell,
            volume=volume,
            notes=NoteTable(database),
            memories=MemoryTable(database),
            lists=ListTable(database),
            devices=devices or MemoryOutputs(each.name for each in config.tools.devices),
            documents=documents,
            border=border,
            voice=voice,
            restart=restart,
            facts=DeviceFacts(config.store.folder()),
            last_reply=last_reply,
            choose=luck,
        )
        offered = (*BUILTIN_TOOLS, *of_settings, *_further(config, documents))
        chosen = [tool for tool in offered if tool.name not in config.tools.disabled]
        if (own or config.tools.own or config.tools.mcp) and is_built_in(config.agent):
            logger.warning(
                "the built-in model knows the built-in tools only; set agent.model to another one "
                "that is to call yours too"
            )
        box = ToolBox([*chosen, *own_tools(config.tools.own), *own], context, dry_run=dry_run)
        box.add([each for each in HEEDED if each.name not in box.names()], listed=False)
        async with (
            contextlib.aclosing(box),
            # They connect while the model is loaded.
            mcp_servers(config) as servers,
            hosting.hosted("agent", config.agent) as home,
        ):
            _equip(home.engine, box, await servers.tools(box.names()))
            seat = AgentSeat(home, lambda agent: agent.use_tools(box))
            # What is being interpreted is not said to the device.
            orders = OwnersWord(box, *([] if config.interpret.on else [on_border]))
            async with contextlib.aclosing(seat):
                yield EquippedAgent(seat, box, orders)


def is_built_in(agent: AgentConfig) -> bool:
    """Tell whether the agent is the built-in model, which knows the built-in tools only."""
    return agent.type == "llama" and not agent.params.get("model")


def _further(config: Config, documents: DocumentSearch | None) -> list[Tool]:
    if is_built_in(config.agent):
        # It was taught the built-in tools, and cannot read of another.
        return []
    return [*([local_search] if documents is not None else []), go_offline, go_online]


def _equip(agent: Agent, box: ToolBox, of_servers: list[Tool]) -> None:
    """Give an agent the tools; those of servers only if there is room for all."""
    box.add(of_servers)
    try:
        agent.use_tools(box)
    except ModelError as error:
        if not of_servers:
            raise
        # What a server offers may grow overnight; the household must not stop for it.
        logger.warning("the tools of mcp servers are left out: %s; or name some in allow", error)
        box.remove(tool.name for tool in of_servers)
        agent.use_tools(box)
