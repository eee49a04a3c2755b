"""The flight recorder: every few seconds writes down what was heard, played and published.

On a thread of its own, so that a loop that hangs is recorded as well. It only reads rings, which
are zeros while the device is muted.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import logging
import threading
from collections import deque
from pathlib import Path

from xtalk_edge import __version__
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import is_virtual, now_s, wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import dump
from xtalk_edge.config.without_secrets import without_secrets
from xtalk_edge.errors import DeviceError, places_of, problem_of
from xtalk_edge.events import Event
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.event_log import as_line, as_record
from xtalk_edge.recorder.door import Door
from xtalk_edge.recorder.lump import Card, Lump
from xtalk_edge.recorder.place import ABOUT, DOOR, Place, choose
from xtalk_edge.recorder.ring import LumpRing
from xtalk_edge.recorder.session import SessionFile

log = logging.getLogger(__name__)

LUMP_S = 4.0
"""How often it writes. What was captured and played stays in the rings for five seconds at least
(`audio.ring_s`); what is not written yet when the program is killed is lost."""

MOST_CHARS = 2_000_000
"""Of the events of one lump: a hundred times what a conversation publishes. A storm of them must
not fill the memory."""

LONGEST_EVENT_CHARS = 100_000
"""Longer ones are remembered by their name alone."""

WAV = ".wav"


class RecorderManager(Manager):
    """Keeps the last seconds in memory, and a recording of the session where one is asked for."""

    def __init__(self, *, event_bus: EventBus, config: Config, capture: CaptureManager) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._virtual = is_virtual()
        # On a virtual clock nobody asks afterwards what just happened, unless they say where.
        wanted = config.recorder.seconds and (config.recorder.folder or not self._virtual)
        self._waiting: deque[str] | None = deque() if wanted else None
        """Events that are not written yet; None where none are wanted."""
        self._waiting_chars = 0
        self._stormy = False
        self._at = 0
        """Index of the first sample that is not written yet."""
        self._place: Place | None = None
        self._ring: LumpRing | None = None
        self._ring_full = False
        self._session: SessionFile | None = None
        self._door: Door | None = None
        self._thread: threading.Thread | None = None

    @handles(Event)
    def on_event(self, event: Event) -> None:
        """Take what is to be written with the next lump."""
        if self._waiting is None:
            return
        record = as_record(event)
        line = as_line(record)
        if len(line) > LONGEST_EVENT_CHARS:
            line = as_line({name: record[name] for name in ("event", "at_s", "turn_id")})
        self._waiting_chars += len(line)
        if self._waiting_chars <= MOST_CHARS:
            self._waiting.append(line)
        elif not self._stormy:
            self._stormy = True
            log.warning("there are more events than can be remembered; some are left out")

    async def start(self) -> None:
        """Begin to record.

        Raises:
            DeviceError: the one file that the settings name for the session cannot be written.
        """
        self._session = self._open_session()
        if self._waiting is not None:
            self._open_ring()
        if self._ring is None and self._session is None:
            return
        if self._virtual:
            self.tasks.start(self._run_on_loop(), "recorder")
        else:
            self._door = Door(self._place.folder / DOOR if self._place else None)
            self._thread = threading.Thread(
                target=self._run_on_thread, args=(self._door,), name="recorder", daemon=True
            )
            self._thread.start()

    async def shutdown(self) -> None:
        """Write the rest, and note that the program ended in good order."""
        await super().shutdown()
        if self._thread is not None and self._door is not None:
            self._door.stop()
            await asyncio.to_thread(self._thread.join)
            self._door.close()
        if self._ring is not None or self._session is not None:
            self._write()
        if self._session is not None:
            self._session.close()
        if self._place is not None:
            self._place.close()

    def _open_ring(self) -> None:
        try:
            self._place = Place(choose(self.config.recorder.folder))
            (self._place.folder / ABOUT).write_text(json.dumps(self._about()), encoding="utf-8")
        except (DeviceError, OSError) as error:
            log.warning("what happens is not remembered: %s", error)
            self._waiting = None
            return
        self._ring = LumpRing(self._place.folder, self.config.recorder.seconds)

    def _about(self) -> dict[str, str]:
        return {
            "program": __version__,
            "began": wall_now().isoformat(),
            "settings": dump(without_secrets(self.config)),
        }

    def _open_session(self) -> SessionFile | None:
        named = self.config.recorder.session
        if not named:
            return None
        path = Path(named).expanduser()
        is_file = path.suffix.lower() == WAV
        if not is_file:
            path /= f"session-{wall_now():%Y%m%d-%H%M%S}{WAV}"
        try:
            return SessionFile(path, self.config.recorder.session_mb * 1_000_000)
        except DeviceError as error:
            if is_file:
                raise
            log.warning("the session is not recorded: %s", error)
        return None

    async def _run_on_loop(self) -> None:
        while True:
            await asyncio.sleep(LUMP_S)
            self._write()

    def _run_on_thread(self, door: Door) -> None:
        try:
            while (callers := door.wait(LUMP_S)) is not None:
                self._write()
                door.answer(callers)
        except Exception as error:  # noqa: BLE001 - a device that records nothing still answers
            log.error("the recorder failed: %s\n%s", problem_of(error), places_of(error))

    def _write(self) -> None:
        """Write down what happened since the last time."""
        lump = self._next_lump()
        if self._ring is not None and (len(lump.raw) or lump.lines):
            try:
                self._ring.write(lump)
                self._ring_full = False
            except OSError as error:
                if not self._ring_full:
                    log.warning("some seconds are not remembered: %s", error.strerror)
                self._ring_full = True
        session = self._session
        if session is not None and not session.over and len(lump.raw):
            session.write(lump.at_sample, lump.raw, lump.far)
            if session.over:
                log.warning("%s ends here: %s", session.path, session.over)

    def _next_lump(self) -> Lump:
        waiting, self._waiting_chars = self._waiting, 0
        lines = [waiting.popleft() for _ in range(len(waiting))] if waiting else []
        rings = self._capture.rings
        end = min(ring.head for ring in (rings.raw, rings.clean, rings.far))
        sounds = [ring.slice(self._at, end)[0] for ring in (rings.raw, rings.clean, rings.far)]
        # Of what was overwritten in one of them nothing is kept of the others.
        size = min(map(len, sounds))
        raw, clean, far = (sound[len(sound) - size :] for sound in sounds)
        at_sample, self._at = end - size, end
        at_s = self._time_of(at_sample)
        card = self._capture.card
        return Lump(
            at_sample=at_sample,
            at_s=at_s,
            wall=(wall_now() - datetime.timedelta(seconds=now_s() - at_s)).isoformat(),
            virtual=self._virtual,
            card=Card(
                name=card.name,
                rate_hz=card.rate_hz,
                # Cards whose blocks vary are asked for some of 10 ms.
                block_frames=card.block_frames or card.rate_hz // 100,
                latency_s=card.latency_s,
            ),
            raw=raw,
            clean=clean,
            far=far,
            lines=tuple(lines),
        )

    def _time_of(self, sample: int) -> float:
        with contextlib.suppress(ValueError):
            return self._capture.time_of(sample)
        # No block has come yet.
        return now_s() - (self._capture.head - sample) / RATE_HZ
