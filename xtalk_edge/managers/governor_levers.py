"""What the governor's rungs really do: one lever each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.alternatives import USUAL
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.enhancer.bypass import Bypass
from xtalk_edge.events import ModelSwitched, ModelSwitchFailed, TTSModelSwitchRequested
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Way


class Lever(Protocol):
    """Gives one thing up, and takes it back."""

    name: str
    """The rung's."""

    @property
    def possible(self) -> bool:
        """Whether there is anything to give up now."""

    @property
    def holds(self) -> bool:
        """Whether it is still given up, once it was; others may change it too."""

    def ease(self) -> None:
        """Give it up."""

    def restore(self) -> None:
        """Take it back."""


class AgentLever:
    """Has the agent do with less of one thing.

    Args:
        name: "threads" or "context".
        agent: whoever answers.
        eased: what is given up of the agent by now; its levers share it.
    """

    def __init__(self, name: str, agent: AgentSeat, eased: set[str]) -> None:
        self.name = name
        self._agent = agent
        self._eased = eased

    @property
    def possible(self) -> bool:
        """Whether this agent has any to spare."""
        return self.name in self._agent.economies()

    @property
    def holds(self) -> bool:
        """Whether it is still given up."""
        return self.name in self._eased

    def ease(self) -> None:
        """Do with less of it."""
        self._eased.add(self.name)
        self._agent.economise(*sorted(self._eased))

    def restore(self) -> None:
        """Do with all of it again."""
        self._eased.discard(self.name)
        self._agent.economise(*sorted(self._eased))


class EnhancerLever:
    """Leaves the enhancer out."""

    name = "enhancer"

    def __init__(self, bypass: Bypass) -> None:
        self._bypass = bypass
        self.possible = True

    @property
    def holds(self) -> bool:
        """Whether it is left out."""
        return self._bypass.wanted

    def ease(self) -> None:
        """Leave it out."""
        self._bypass.wanted = True

    def restore(self) -> None:
        """Take it back."""
        self._bypass.wanted = False


class VoiceLever:
    """Speaks with a lighter voice, and says so; an owner who chooses another one keeps that.

    Args:
        bus: where it asks for voices.
        config: the settings, which name the lighter one.
    """

    name = "voice"

    def __init__(self, bus: EventBus, config: Config) -> None:
        self._bus = bus
        self._light = config.governor.voice
        self._voices: dict[str, EngineConfig] = {USUAL: config.tts, **config.alternatives["tts"]}
        self._in_use = self._before = USUAL
        """Names; "" is a voice that has none."""
        self._asked = ""
        """Name of the voice that was asked for and is not there yet."""
        self._failed = False

    @property
    def possible(self) -> bool:
        """Whether another voice is in use than the lighter one, and that could be had so far."""
        return not self._failed and self._in_use not in ("", self._light)

    @property
    def holds(self) -> bool:
        """Whether the lighter one is in use, or on its way."""
        return self._light in (self._in_use, self._asked)

    def ease(self) -> None:
        """Speak with the lighter one."""
        self._before = self._in_use
        self._ask(self._light)

    def restore(self) -> None:
        """Speak as before."""
        if self.holds:
            self._ask(self._before)

    def _ask(self, name: str) -> None:
        self._asked = name
        voice = self._voices[name]
        self._bus.publish(
            TTSModelSwitchRequested(model_type=voice.type, config=voice.params, name=name)
        )

    @handles(ModelSwitched)
    def on_switched(self, event: ModelSwitched) -> None:
        """Take note which voice is in use, whoever asked for it."""
        if event.slot == "tts":
            self._in_use = event.name
            self._asked = "" if event.name == self._asked else self._asked

    @handles(ModelSwitchFailed)
    def on_failed(self, event: ModelSwitchFailed) -> None:
        """Not ask again for a voice that cannot be had."""
        if event.slot == "tts" and event.name == self._asked:
            self._failed = self._failed or event.name == self._light
            self._asked = ""


class OffloadLever:
    """Lets the server answer and speak first where it was only to help out.

    Args:
        ways: to what the server may do.
    """

    name = "offload"

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways
        self._usual: dict[Way, HedgePolicy] = {}

    @property
    def possible(self) -> bool:
        """Whether a server is there that is only asked where the device cannot, or beside it."""
        return any(_may_do_more(way) for way in self._ways)

    @property
    def holds(self) -> bool:
        """Whether it is asked first."""
        return bool(self._usual)

    def ease(self) -> None:
        """Ask it first."""
        for way in filter(_may_do_more, self._ways):
            self._usual[way] = way.policy
            way.policy = dataclasses.replace(way.policy, mode="prefer")

    def restore(self) -> None:
        """Ask it as the settings say."""
        for way, policy in self._usual.items():
            way.policy = policy
        self._usual.clear()


def _may_do_more(way: Way) -> bool:
    return way.policy.mode in ("fallback", "race") and way.ability in way.cloud.abilities
