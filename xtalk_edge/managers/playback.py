"""Plays the reply and knows, to the word, how much of it was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from xtalk_edge.audio.chimes import CHIMES
from xtalk_edge.audio.format import Samples, db_to_gain, pcm_to_samples
from xtalk_edge.audio.resample import Resampler
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import SpeechChunk, WordMark
from xtalk_edge.events import (
    TTSHeld,
    TTSPaused,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSResumed,
    TTSStopped,
    TurnTTSHoldRequested,
    TurnTTSPauseRequested,
    TurnTTSResumeRequested,
    TurnTTSSoundAppendRequested,
    VolumeChanged,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.turn.heard import HeardLedger

RING_PERCENT = 40
"""An alarm is not silent because the voice was muted last night; this is heard across a room."""


class PlaybackManager(Manager):
    """Feeds the card's playback ring, ducks, cuts, and closes the heard-text ledger."""

    def __init__(self, *, event_bus: EventBus, config: Config, capture: CaptureManager) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._core = capture.card.core
        self._rate_hz = capture.card.rate_hz
        self._backlog: deque[Samples] = deque()
        self._queued = 0
        """Content index after the last frame handed in, whether or not the ring took it yet."""
        self._reply = Reply(0, self)
        self._earlier: list[Reply] = []
        """Those before it that are not heard to their end; what follows one waits for it."""
        self._cuts = 0
        """Replies that were cut and of which it is not known yet how far they came."""
        self._volume_percent = 100
        self._ducked_turn_id: int | None = None
        """Whose reply is lowered, also one that has not begun; None at full volume."""
        self._held_turn_id: int | None = None
        """Whose reply stands still, also one that has not begun."""
        self._ringing_turn_id: int | None = None
        """Whose reply is a timer or an alarm."""

    async def start(self) -> None:
        """Begin feeding the card."""
        self._queued = self._core.written
        self._apply_gain()
        self.tasks.start(self._run(), "playback")

    @property
    def busy(self) -> bool:
        """Tell whether a reply is being played or made."""
        return any(not reply.closed for reply in (*self._earlier, self._reply))

    @property
    def cutting(self) -> bool:
        """Tell whether a reply was cut of which it is not known yet how far it came."""
        return self._cuts > 0

    @property
    def held(self) -> bool:
        """Tell whether what is to be played was told to wait."""
        return self._held_turn_id is not None

    def adopt(self, config: Config) -> None:
        """Play by these settings from now on, what is being played too."""
        super().adopt(config)
        self._apply_gain()

    # -- volume, as the volume tools see it ------------------------------------------------

    def get_percent(self) -> int:
        """Return the volume, 0 to 100."""
        return self._volume_percent

    def set_percent(self, percent: int) -> None:
        """Set the volume, 0 to 100, at once."""
        if percent != self._volume_percent:
            self._volume_percent = percent
            self._apply_gain()
            self.bus.publish(VolumeChanged(percent=percent))

    def _apply_gain(self) -> None:
        # Loudness is roughly the square of the setting, so that each step sounds alike.
        percent = self._volume_percent
        if self._ringing_turn_id == self._reply.turn_id:
            percent = max(percent, RING_PERCENT)
        gain = (percent / 100) ** 2 * db_to_gain(self.config.audio.output_gain_db)
        if self._ducked_turn_id is not None:
            gain *= db_to_gain(self.config.turn.duck_db)
        if self._held_turn_id is not None:
            gain = 0.0
        self._core.set_gain(gain, self.config.turn.duck_ramp_ms)

    # -- the reply, as the synthesiser hands it in -----------------------------------------

    def begin_reply(self, turn_id: int) -> None:
        """Open the ledger of a new reply; nothing more comes of those before it."""
        self._reply.complete = True
        self._earlier = [each for each in (*self._earlier, self._reply) if not each.closed]
        self._reply = Reply(turn_id, self)
        if self._ducked_turn_id != turn_id:
            self._ducked_turn_id = None
        if self._held_turn_id != turn_id:
            self._hold(None)
        self._apply_gain()

    def begin_clause(self, text: str, rate_hz: int) -> Clause:
        """Open the next clause of the current reply; audio is added to what is returned."""
        return self._reply.begin_clause(text, rate_hz)

    def end_reply(self, turn_id: int) -> None:
        """Note that all of the reply has been handed in."""
        if turn_id == self._reply.turn_id:
            self._reply.complete = True
            self._settle()

    def queue(self, pcm: Samples) -> None:
        """Play frames after those already queued."""
        self._backlog.append(pcm)
        self._queued += len(pcm)
        self._fill()

    @property
    def queued(self) -> int:
        """Content index at which the next frame will stand."""
        return self._queued

    @property
    def rate_hz(self) -> int:
        """The card's rate."""
        return self._rate_hz

    # -- what the turn machine asks --------------------------------------------------------

    def _let_go(self, reply: Reply) -> None:
        """Come back to full volume with the end of the reply that was lowered or stood still."""
        if self._held_turn_id == reply.turn_id:
            self._hold(None)
        if self._ducked_turn_id == reply.turn_id:
            self._duck(None)

    @handles(TurnTTSPauseRequested)
    def on_duck(self, event: TurnTTSPauseRequested) -> None:
        """Lower the voice: somebody may be speaking."""
        self._duck(event.turn_id)
        self.bus.publish(TTSPaused(turn_id=event.turn_id))

    @handles(TurnTTSHoldRequested)
    def on_hold(self, event: TurnTTSHoldRequested) -> None:
        """Stand still: somebody does speak."""
        if event.turn_id == self._reply.turn_id and self._reply.closed:
            # It ended before this came; nobody would let go of the next one.
            return
        self._hold(event.turn_id)
        self.bus.publish(TTSHeld(turn_id=event.turn_id))

    def _hold(self, turn_id: int | None) -> None:
        if turn_id != self._held_turn_id:
            self._held_turn_id = turn_id
            self._core.hold(turn_id is not None)
            self._apply_gain()

    @handles(TurnTTSResumeRequested)
    def on_unduck(self, event: TurnTTSResumeRequested) -> None:
        """Raise the voice again, and go on."""
        self._hold(None)
        self._duck(None)
        self.bus.publish(TTSResumed(turn_id=event.turn_id))

    @handles(TurnTTSSoundAppendRequested)
    def on_sound(self, event: TurnTTSSoundAppendRequested) -> None:
        """Let a chime be heard, whatever the volume."""
        if event.sound in CHIMES:
            self._ringing_turn_id = event.turn_id
            self._apply_gain()

    def _duck(self, turn_id: int | None) -> None:
        if turn_id != self._ducked_turn_id:
            self._ducked_turn_id = turn_id
            self._apply_gain()

    def stop(self, turn_id: int, reason: str) -> None:
        """Cut a reply, and what follows it; what was heard is published once the card has faded
        out.
        """
        known = [*self._earlier, self._reply]
        turns = [reply.turn_id for reply in known]
        if turn_id not in turns:
            # Stopped before it had made a sound.
            if turn_id == self._held_turn_id:
                self._hold(None)
            self.bus.publish(TTSStopped(turn_id=turn_id, text="", reason=reason))
            return
        cut = [reply for reply in known[turns.index(turn_id) :] if not reply.closed]
        if cut:
            self._backlog.clear()
            self._queued = self._core.written
            self._core.flush(self.config.turn.cut_fade_ms)
        for reply in cut:
            reply.closed = True
            self._cuts += 1
            self.tasks.start(self._report_cut(reply, reason), "cut")

    async def _report_cut(self, reply: Reply, reason: str) -> None:
        while self._core.cut_at() is None:
            await self._capture.advance()
        cut_at = self._core.cut_at()
        assert cut_at is not None
        self._let_go(reply)
        reply.acknowledge(cut_at)
        heard = reply.ledger.heard(cut_at)
        self._cuts -= 1
        self.bus.publish(TTSStopped(turn_id=reply.turn_id, text=heard, reason=reason))

    # -- feeding the card ------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            await self._capture.advance()
            self._fill()
            self._settle()

    def _fill(self) -> None:
        while self._backlog:
            pcm = self._backlog.popleft()
            taken = self._core.write(pcm)
            if taken < len(pcm):
                self._backlog.appendleft(pcm[taken:])
                return

    def _settle(self) -> None:
        """Publish that a reply became audible, or was heard to its end."""
        at_s = now_s()
        audible = self._core.audible(at_s)
        for reply in (*self._earlier, self._reply):
            if not reply.closed:
                self._follow(reply, audible, at_s)

    def _follow(self, reply: Reply, audible: int, at_s: float) -> None:
        if not reply.started and reply.start is not None and audible > reply.start:
            reply.started = True
            # When it was, not when it was noticed: the ear looks every ten milliseconds.
            began_s = at_s - (audible - reply.start) / self._rate_hz
            self.bus.publish(TTSPlaybackStarted(turn_id=reply.turn_id, at_s=began_s))
        reply.acknowledge(audible)
        if reply.complete and audible >= reply.end:
            reply.closed = True
            self._let_go(reply)
            heard = reply.ledger.heard(reply.end)
            self.bus.publish(TTSPlaybackFinished(turn_id=reply.turn_id, text=heard))


class Reply:
    """One reply in playback."""

    def __init__(self, turn_id: int, playback: PlaybackManager) -> None:
        self.turn_id = turn_id
        self.ledger = HeardLedger(playback.rate_hz)
        self.start: int | None = None
        """Content index of the first frame; None while there is none."""
        self.end = 0
        """Content index after the last frame so far; 0 while there is none: nothing to wait for."""
        self.started = False
        """Whether the first frame was audible."""
        self.complete = False
        """Whether everything has been handed in."""
        self.closed = turn_id == 0
        """Whether it was heard to its end, or cut; nothing happens to it any more."""
        self._unheard: deque[tuple[int, Callable[[], None]]] = deque()
        """What is to be called once it was audible up to a content index."""
        self._playback = playback

    def begin_clause(self, text: str, rate_hz: int) -> Clause:
        """Open the next clause."""
        return Clause(text, rate_hz, self, self._playback)

    def extend(self, frames: Samples, marks: Sequence[WordMark], *, complete: bool) -> None:
        """Queue more of the last clause; nothing happens to a closed reply."""
        if self.closed:
            return
        self.ledger.extend(len(frames), marks, complete=complete)
        if len(frames):
            if self.start is None:
                self.start = self._playback.queued
            self._playback.queue(frames)
            self.end = self._playback.queued

    def tell_when_heard(self, heard: Callable[[], None]) -> None:
        """Have it called once all that is queued so far was audible; never if that is cut."""
        if not self.closed:
            self._unheard.append((self.end, heard))

    def acknowledge(self, audible: int) -> None:
        """Tell what was audible before a content index."""
        while self._unheard and self._unheard[0][0] <= audible:
            self._unheard.popleft()[1]()


class Clause:
    """One clause on its way to the loudspeaker."""

    def __init__(self, text: str, rate_hz: int, reply: Reply, playback: PlaybackManager) -> None:
        self._reply = reply
        self._resampler = Resampler(rate_hz, playback.rate_hz)
        reply.ledger.add_clause(text, playback.queued, ratio=playback.rate_hz / rate_hz)

    def reword(self, text: str) -> None:
        """Take more of the words, where they become known only while they are heard."""
        self._reply.ledger.reword(text)

    def add(self, chunk: SpeechChunk, heard: Callable[[], None] | None = None) -> int:
        """Queue a piece of speech; return how many frames it is at the card's rate.

        `heard` is called once it was audible.
        """
        frames = self._resampler.process(pcm_to_samples(chunk.pcm))
        self._reply.extend(frames, chunk.marks, complete=False)
        if heard is not None:
            self._reply.tell_when_heard(heard)
        return len(frames)

    def end(self) -> None:
        """Queue what the resampler still holds: the clause is complete."""
        self._reply.extend(self._resampler.flush(), (), complete=True)
