"""Puts an appliance together: the one file that knows every class.

Parts are opened in the order in which sound passes through them, and closed in reverse.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.sounds import SoundShelf
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.desk import LibraryDesk, open_desk
from xtalk_edge.engines import hosting
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.interfaces import Agent
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.managers.agent import AgentManager
from xtalk_edge.managers.asr import ASRManager
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.care_opening import Charge, open_care
from xtalk_edge.managers.delivery import DeliveryManager
from xtalk_edge.managers.document_folder import DocumentFolderManager
from xtalk_edge.managers.ears_opening import open_ears
from xtalk_edge.managers.egress import EgressManager
from xtalk_edge.managers.embeddings import EmbeddingsManager
from xtalk_edge.managers.governor_opening import open_governor
from xtalk_edge.managers.hands_opening import open_hands
from xtalk_edge.managers.health import HealthManager
from xtalk_edge.managers.interpret import InterpretManager
from xtalk_edge.managers.metrics import MetricsManager
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.managers.recorder import RecorderManager
from xtalk_edge.managers.retrieval import RetrievalManager
from xtalk_edge.managers.ringing import RingingManager
from xtalk_edge.managers.speaker import SpeakerManager
from xtalk_edge.managers.surroundings import open_surroundings
from xtalk_edge.managers.switching import SwitchingManager
from xtalk_edge.managers.thinking_ahead import ThinkingAheadManager
from xtalk_edge.managers.tts import TTSManager
from xtalk_edge.managers.turn import TurnManager
from xtalk_edge.managers.turn_detector import TurnDetectorManager
from xtalk_edge.managers.uplink import Client
from xtalk_edge.managers.uplink_opening import open_hearing, open_uplink
from xtalk_edge.store.care import look_after
from xtalk_edge.store.lock import in_use
from xtalk_edge.tools.device.owners_border import open_border
from xtalk_edge.tools.household import open_agent, open_bell, open_people
from xtalk_edge.tools.registry import Tool
from xtalk_edge.tools.timekeeping.bell import Bell
from xtalk_edge.tools.voice.emotion import voice_tools
from xtalk_edge.tools.voice.switching import switching_tools


@dataclass(frozen=True, slots=True)
class Parts:
    """What an appliance is made of, as far as it has to know."""

    managers: list[Manager]
    """In the order in which they start."""
    capture: CaptureManager
    playback: PlaybackManager
    turn: TurnManager
    agent: AgentSeat
    bell: Bell
    switching: SwitchingManager
    button: ButtonManager
    metrics: MetricsManager
    health: HealthManager


class Assembly:
    """Opens what the settings name; everything is closed with `stack`.

    Args:
        config: the settings.
        bus: what the parts talk over.
        stack: takes what has to be closed.
        progress: told what is being loaded, in words for the owner.
    """

    def __init__(
        self,
        config: Config,
        bus: EventBus,
        stack: contextlib.AsyncExitStack,
        progress: Callable[[str], None],
    ) -> None:
        self._config = config
        self._bus = bus
        self._stack = stack
        self._progress = progress
        self._managers: list[Manager] = []

    async def assemble(
        self,
        card: Card | None,
        tools: Sequence[Tool],
        restart: Callable[[], None],
        close_first: Callable[[], Any],
        server: Client | None = None,
        give_up: Callable[[str], None] = lambda _why: None,
    ) -> Parts:
        """Return the parts, loaded and not started.

        Args:
            card: where sound comes from and goes to; None for the one the settings name.
            tools: of the owner's own, beside those of the settings.
            restart: starts the appliance afresh.
            close_first: ends what runs beside the parts, before any of them is closed.
            server: what may answer in the device's stead; None for the one the settings name.
            give_up: ends the appliance, which can not help itself.
        """
        config, bus, stack = self._config, self._bus, self._stack
        told = look_after(config.store.folder())
        stack.enter_context(in_use(config.store.folder()))
        # Before anything that may send.
        border = stack.enter_context(open_border(config))
        self._managers.append(EgressManager(event_bus=bus, config=config, border=border))
        capture, listeners = open_ears(config, bus, stack, self._progress, card)
        if config.recorder.is_on:
            self._managers.append(RecorderManager(event_bus=bus, config=config, capture=capture))
        self._managers += listeners
        self._progress("loading speech recognition")
        asr = await stack.enter_async_context(hosting.hosted("asr", config.asr))
        punctuation = await hosting.enter_chosen(stack, "punctuation", config.punctuation)
        self._progress("loading the voice")
        mouth = await self._mouth()
        self._progress("loading the agent")
        playback = PlaybackManager(event_bus=bus, config=config, capture=capture)
        bell = stack.enter_context(open_bell(config))
        ringing = RingingManager(event_bus=bus, config=config, finished=bell.finished)
        bell.on_ring = ringing.ring
        hands = open_hands(config, bus, capture, playback, ringing)
        self._managers += hands.managers
        stack.push_async_callback(close_first)
        listed = switching_tools(config, lambda slot, name: switching.switch_to(slot, name))
        equipped = await stack.enter_async_context(
            open_agent(
                config,
                bell,
                volume=playback,
                last_reply=lambda: agent_manager.last_heard,
                documents=await self._documents(),
                border=border,
                voice=mouth,
                restart=restart,
                devices=hands.outputs,
                own=tools,
                of_settings=[*voice_tools(mouth), *listed],
            )
        )
        switching = SwitchingManager(
            event_bus=bus,
            config=config,
            seats={"tts": mouth, "agent": equipped.agent},
            at_rest=lambda: turn.resting and not (playback.busy or playback.cutting),
        )
        # First to start and last to stop: it may have to close an engine that others use.
        self._managers.append(switching)
        uplink = open_uplink(config, bus, server)
        self._managers += uplink.managers
        thinker = uplink.agent(equipped.agent)
        hearing = open_hearing(uplink, config, bus, capture)
        self._managers += [hearing] if hearing else []
        self._managers += open_governor(config, bus, equipped.agent, capture, uplink.ways)
        sounds = SoundShelf()
        agent_manager = AgentManager(
            event_bus=bus,
            config=config,
            agent=thinker,
            sounds=sounds,
            answers=equipped.tools,
            orders=equipped.orders,
        )
        await self._know_people(capture, equipped.agent)
        self._managers += await open_surroundings(
            config, bus, stack, self._progress, capture, equipped.agent
        )
        turn = await self._floor(capture, agent_manager, thinker, punctuation)
        charge = Charge(capture, playback, mouth, switching, hands.button, bell, border, told)
        care = open_care(config, bus, stack, charge, give_up)
        self._managers += [
            DeliveryManager(event_bus=bus, config=config, mouth=mouth),
            ASRManager(
                event_bus=bus,
                config=config,
                asr=asr.engine,
                worker=asr.worker,
                capture=capture,
                punctuation=punctuation,
                second_ear=hearing,
            ),
            agent_manager,
            ringing,
            TTSManager(
                event_bus=bus,
                config=config,
                mouth=uplink.voice(mouth),
                playback=playback,
                sounds=sounds,
            ),
            playback,
            *care.managers,
            # Last to start and first to stop: sound flows only while everybody is there.
            capture,
        ]
        return Parts(
            self._managers,
            capture,
            playback,
            turn,
            equipped.agent,
            bell,
            switching,
            hands.button,
            care.metrics,
            care.health,
        )

    async def _floor(
        self,
        capture: CaptureManager,
        agent_manager: AgentManager,
        agent: Agent,
        punctuation: hosting.Hosted | None,
    ) -> TurnManager:
        """Add what decides who has the floor: in a conversation, or for an interpreter."""
        config, bus = self._config, self._bus
        if config.interpret.on:
            interpreter = InterpretManager(
                event_bus=bus, config=config, capture=capture, punctuation=punctuation
            )
            self._managers.append(interpreter)
            return interpreter
        turn = TurnManager(event_bus=bus, config=config, capture=capture)
        detector = await self._stack.enter_async_context(
            hosting.hosted("turn_detector", config.turn_detector)
        )
        self._managers += [
            turn,
            TurnDetectorManager(
                event_bus=bus,
                config=config,
                detector=detector.engine,
                worker=detector.worker,
                capture=capture,
                awaits_answer=agent_manager.awaits_answer,
            ),
            ThinkingAheadManager(
                event_bus=bus,
                config=config,
                agent=agent,
                awaits_answer=agent_manager.awaits_answer,
                heeds=agent_manager.heeds,
            ),
        ]
        return turn

    async def _mouth(self) -> Mouth:
        """Load the voice, and what changes its speed if it cannot."""
        config, stack = self._config, self._stack
        speed = await stack.enter_async_context(hosting.hosted("speed", config.speed))
        voice = await stack.enter_async_context(hosting.hosted("tts", config.tts))
        mouth = await Mouth.open(voice, speed, config.speed.usual)
        return await stack.enter_async_context(contextlib.aclosing(mouth))

    async def _documents(self) -> LibraryDesk:
        config, bus = self._config, self._bus
        desk = await self._stack.enter_async_context(open_desk(config))
        self._managers += [
            EmbeddingsManager(event_bus=bus, config=config, documents=desk),
            RetrievalManager(event_bus=bus, config=config),
        ]
        folder = config.docs.place(config.path)
        if folder is not None:
            self._managers.append(
                DocumentFolderManager(event_bus=bus, config=config, documents=desk, folder=folder)
            )
        return desk

    async def _know_people(self, capture: CaptureManager, agent: Agent) -> None:
        config = self._config
        speaker = await hosting.enter_chosen(self._stack, "speaker", config.speaker)
        if speaker is None:
            return
        self._managers.append(
            SpeakerManager(
                event_bus=self._bus,
                config=config,
                encoder=speaker.engine,
                worker=speaker.worker,
                capture=capture,
                people=self._stack.enter_context(open_people(config)),
                agent=agent,
            )
        )
