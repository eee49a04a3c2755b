"""What the built-in tools may touch."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from xtalk_edge.clock import wall_now
from xtalk_edge.documents.library import Found
from xtalk_edge.store.lists import ListTable
from xtalk_edge.store.memories import MemoryTable
from xtalk_edge.store.notes import NoteTable
from xtalk_edge.tools.device.device_facts import DeviceFacts
from xtalk_edge.tools.device.owners_border import OwnersBorder
from xtalk_edge.tools.home.outputs import DeviceOutputs, MemoryOutputs
from xtalk_edge.tools.off_loop import OffLoop
from xtalk_edge.tools.timekeeping.bell import Bell


class VolumeControl(Protocol):
    """The loudspeaker's volume, as the appliance offers it."""

    def get_percent(self) -> int:
        """Return the volume, 0 to 100."""

    def set_percent(self, percent: int) -> None:
        """Set the volume, 0 to 100; takes effect with the next block."""


class VoiceControl(Protocol):
    """How the device sounds, as the appliance offers it."""

    @property
    def speed(self) -> float:
        """Times the usual speed."""

    @property
    def current(self) -> str:
        """One of `names`, or "" of a voice that cannot be changed."""

    def names(self) -> list[str]:
        """Return every voice as the owner calls it, the usual one first."""

    async def choose(self, name: str) -> None:
        """Speak with that voice, one of `names`, from the next sentence on."""

    async def set_speed(self, factor: float) -> bool:
        """Speak that many times as fast as usual; False when this voice has one speed only."""


class DocumentSearch(Protocol):
    """The owner's documents, as the appliance offers them."""

    async def search(self, query: str, most: int) -> list[Found]:
        """Return the passages that are nearest to a question, the best first; raises EdgeError."""


@dataclass(slots=True)
class ToolContext:
    """Everything a tool is given besides its arguments."""

    bell: Bell
    volume: VolumeControl
    notes: NoteTable
    memories: MemoryTable
    lists: ListTable
    devices: DeviceOutputs = field(default_factory=MemoryOutputs)
    documents: DocumentSearch | None = None
    """None where nobody has opened them."""
    voice: VoiceControl | None = None
    """None where nothing is spoken."""
    restart: Callable[[], None] | None = None
    """Start the appliance afresh once what is being said is over; None where none runs."""
    facts: DeviceFacts = field(default_factory=DeviceFacts)
    off_loop: OffLoop = field(default_factory=lambda: OffLoop("device facts"))
    """Where `facts` are read."""
    border: OwnersBorder | None = None
    """What leaves the device; None where nothing can."""
    last_reply: Callable[[], str] = lambda: ""
    """Return what the device said last; "" when it has said nothing yet."""
    help_phrases: Callable[[], list[str]] = list
    """Return what the owner may ask for; the tool box fills it in."""
    wall_now: Callable[[], datetime.datetime] = wall_now
    """Return the owner's local date and time."""
    choose: random.Random = field(default_factory=random.Random)
    """Where jokes get their luck; give a seeded one for the same choice every time."""
    last_joke: int = -1
    """Index of the joke told last, so that it is not told twice running."""
    help_told: int = 0
    """How often help was given, so that it names other examples each time."""
    muted_percent: int | None = None
    """The volume before it was muted; None when it is not."""
