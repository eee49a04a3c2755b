"""The status page: shows what the bus tells, and does what somebody who looks at it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from xtalk_edge.audio.page_card import PageCard
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import DeviceError, EdgeError
from xtalk_edge.events import (
    AudioGap,
    Event,
    ModelSwitched,
    PageOpened,
    SpeechRequested,
    TextTyped,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.page_lookups import Lookups
from xtalk_edge.net.secret import Secret
from xtalk_edge.service.page import commands
from xtalk_edge.service.page.gate import Gate
from xtalk_edge.service.page.pages import Page
from xtalk_edge.service.page.probes import Probes
from xtalk_edge.service.page.server import PageServer
from xtalk_edge.service.page.view import View
from xtalk_edge.tools.context import VolumeControl
from xtalk_edge.tools.off_loop import OffLoop

PULSE_S = 0.1
"""How often open pages are told what is new: partial words and levels look alive."""

TIMERS_EVERY_S = 1.0
LOAD_EVERY_S = 2.0
EGRESS_EVERY_S = 5.0
"""How often the rest is looked up, while a page is open and never else."""

SOUND_EVERY_S = 0.04
"""How often the page that is the loudspeaker is given what to play; it keeps thrice as much."""

OWN_CARD = 'The device has a sound card of its own; set audio.card = "page" to use the page.'

HELD = "The microphone stays muted by the {reasons}; that cannot be undone from here."


class PageManager(Manager):
    """Serves the page.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        capture: what can be muted.
        button: what the page's own stands for.
        volume: what the page turns.
        lookups: what is shown that no event tells.
        view: what is shown.
        gate: by which names the page may be asked for.
        token: what whoever opens it has to show.
        probes: what other programs ask.
        listen: address and port to be at.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        button: ButtonManager,
        volume: VolumeControl,
        lookups: Lookups,
        view: View,
        gate: Gate,
        token: Secret,
        probes: Probes,
        listen: str,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._button = button
        self._volume = volume
        self._listen = listen
        self._lookups = lookups
        self._view = view
        self._server = PageServer(self, gate, token, probes)
        self._off_loop = OffLoop("load")
        card = capture.card
        self._card = card if isinstance(card, PageCard) else None
        self._presses = 0
        self._sounding: Page | None = None
        """The page that is microphone and loudspeaker."""
        self._sounds = asyncio.Event()
        """Set while there is one."""

    async def start(self) -> None:
        """Begin to serve; where that cannot be, the device goes on without a page."""
        host, _, wanted = self._listen.rpartition(":")
        try:
            port = await self._server.start(host.strip("[]"), int(wanted))
        except DeviceError as error:
            self.report(error, error_type="page_error", component="page", turn_id=0)
            return
        self.bus.publish(PageOpened(url=f"http://{host}:{port}/"))
        self._view.show("engines", self._lookups.engines())
        for every_s, look, name in (
            (TIMERS_EVERY_S, self._look_at_timers, "timers"),
            (EGRESS_EVERY_S, self._look_at_egress, "egress"),
            (PULSE_S, self._pulse, "pulse"),
        ):
            self.tasks.start(self._while_visited(every_s, look), f"page {name}")
        self.tasks.start(self._watch_load(), "page load")
        if self._card is not None:
            self.tasks.start(self._play(self._card), "page sound")

    async def shutdown(self) -> None:
        """Show everybody out."""
        await self._server.aclose()
        await super().shutdown()

    @handles(Event)
    def on_event(self, event: Event) -> None:
        """Show it, and keep it for whoever opens a page later."""
        self._view.take(event)
        if isinstance(event, ModelSwitched):
            self._lookups.switched(event.slot, event.model_type)
            self._view.show("engines", self._lookups.engines())

    # -- what is looked up -----------------------------------------------------------------

    async def _while_visited(self, every_s: float, look: Callable[[], None]) -> None:
        while True:
            await self._server.visited()
            look()
            await asyncio.sleep(every_s)

    def _pulse(self) -> None:
        self._view.show("levels", self._lookups.levels())
        self._view.show("muted", sorted(self._capture.muted_by))
        self._view.show("volume", self._volume.get_percent())
        changes = self._view.changes(now_s())
        if changes is not None:
            self._server.tell(changes)

    def _look_at_timers(self) -> None:
        self._view.show("timers", self._lookups.timers())

    def _look_at_egress(self) -> None:
        try:
            self._view.show("egress", self._lookups.egress())
        except EdgeError as error:
            self._view.show("egress", {"trouble": str(error)})

    async def _watch_load(self) -> None:
        while True:
            await self._server.visited()
            try:
                load = await self._off_loop.run(self._lookups.load)
            except EdgeError as error:
                load = {"trouble": str(error)}
            if load is not None:
                self._view.show("load", load)
            await asyncio.sleep(LOAD_EVERY_S)

    # -- what pages ask --------------------------------------------------------------------

    def opened(self, page: Page) -> None:
        """Show everything to a page that was opened just now."""
        self._view.show("muted", sorted(self._capture.muted_by))
        self._view.show("volume", self._volume.get_percent())
        self._view.show("button", self.config.turn.button)
        self._view.show("sound", {"here": self._card is not None, "taken": self._sounds.is_set()})
        page.tell(self._view.whole(now_s()))

    def left(self, page: Page) -> None:
        """Take that it was closed."""
        if page is self._sounding:
            self._give_sound_to(None)

    def obey(self, command: commands.Command, page: Page) -> str:
        """Do what a page asks; return a sentence where that cannot be."""
        match command:
            case commands.Mute(on):
                return self._mute(on)
            case commands.Press():
                self._presses += 1
                self._button.press(now_s())
            case commands.Release():
                self.tasks.start(self._release(page, self._presses), "page release")
            case commands.Stop():
                self._button.stop(now_s())
            case commands.Ask(text):
                self.bus.publish(TextTyped(text=text))
            case commands.Say(text):
                self.bus.publish(SpeechRequested(text=text))
            case commands.Volume(percent):
                self._volume.set_percent(percent)
            case commands.Sound(on):
                return self._sound(page, on)
        return ""

    async def _release(self, page: Page, press: int) -> None:
        """Let the button go, once all was heard that was said before."""
        if self._card is not None and page is self._sounding:
            await asyncio.sleep(self._card.waiting_s)
        if press == self._presses:
            self._button.release(now_s())

    def _mute(self, on: bool) -> str:
        # For the same reason as a gesture or a word: what one of them did, another can undo.
        self._capture.mute(on)
        reasons = ", ".join(sorted(self._capture.muted_by))
        return HELD.format(reasons=reasons) if reasons and not on else ""

    def _sound(self, page: Page, on: bool) -> str:
        if self._card is None:
            return OWN_CARD
        if on:
            self._give_sound_to(page)
        elif page is self._sounding:
            self._give_sound_to(None)
        return ""

    def hear(self, pcm: bytes, page: Page) -> None:
        """Take sound from the microphone of the page whose turn it is."""
        if self._card is not None and page is self._sounding:
            self._card.hear(pcm)

    # -- the page that is the sound card ---------------------------------------------------

    def _give_sound_to(self, page: Page | None) -> None:
        assert self._card is not None
        before, self._sounding = self._sounding, page
        if before is page:
            return
        self._card.connect(page is not None)
        if before is not None:
            before.tell({"mine": False})
        if page is not None:
            page.tell({"mine": True})
            self._sounds.set()
        else:
            self._sounds.clear()
        self._view.show("sound", {"here": True, "taken": page is not None})

    async def _play(self, card: PageCard) -> None:
        while True:
            await self._sounds.wait()
            if self._sounding is not None and (pcm := card.to_play()):
                self._sounding.send(pcm)
            for missed in card.missed():
                # The card's frames are the rings' samples.
                gap = AudioGap(
                    at_sample=missed.at_frame, samples=missed.frames, reason=missed.reason
                )
                self.bus.publish(gap)
            await asyncio.sleep(SOUND_EVERY_S)
