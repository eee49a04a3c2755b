"""Makes speech of clauses, one after another, and hands it to playback with the sounds between."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass

from xtalk_edge.audio.format import Sound, samples_to_pcm
from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.audio.sounds import SoundShelf
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import Speaking, SpeechChunk
from xtalk_edge.errors import EngineLostError
from xtalk_edge.events import (
    TTSChunkGenerated,
    TTSFinished,
    TTSStarted,
    TurnPrepared,
    TurnStateChanged,
    TurnTTSFlushRequested,
    TurnTTSSoundAppendRequested,
    TurnTTSStopRequested,
    TurnTTSTextAppendRequested,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.playback import Clause, PlaybackManager
from xtalk_edge.tasks import ReadAhead
from xtalk_edge.turn.actions import RESTING
from xtalk_edge.turn.clauses import first_clause


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A clause that is spoken before it is certain that it will be said."""

    text: str
    speech: ReadAhead[SpeechChunk]


class TTSManager(Manager):
    """Synthesises the clauses of each reply in order, and the replies one behind another."""

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        mouth: Speaking,
        playback: PlaybackManager,
        sounds: SoundShelf,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._mouth = mouth
        self._playback = playback
        self._sounds = sounds
        self._turn_id = 0
        self._chunks = 0
        self._stopped_turn_id = -1
        self._pieces: deque[tuple[int, str | Sound | LiveSpeech | None]] = deque()
        """What is still to be said, by turns; None where a reply ends."""
        self._speaking: asyncio.Task[None] | None = None
        self._prepared: _Prepared | None = None
        """The beginning of an answer that may never be given."""

    @handles(TurnPrepared)
    def on_prepared(self, event: TurnPrepared) -> None:
        """Make speech of what would be said first."""
        text = first_clause(event.said)
        if self._prepared is not None and self._prepared.text != text:
            self._forget()
        if text and self._prepared is None:
            speech = ReadAhead(self._mouth.speech_of(text), self.tasks, "speech ahead")
            self._prepared = _Prepared(text, speech)

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Forget what nobody waits for any more."""
        if event.state in RESTING:
            self._forget()

    def _forget(self) -> None:
        if self._prepared is not None:
            self._prepared.speech.drop()
            self._prepared = None

    @handles(TurnTTSTextAppendRequested)
    def on_append(self, event: TurnTTSTextAppendRequested) -> None:
        """Say a clause after those already queued."""
        self._queue(event.turn_id, event.text)

    @handles(TurnTTSSoundAppendRequested)
    def on_sound(self, event: TurnTTSSoundAppendRequested) -> None:
        """Play a sound after what is already queued."""
        sound = self._sounds.take(event.sound)
        if sound is not None:
            self._queue(event.turn_id, sound)

    @handles(TurnTTSFlushRequested)
    def on_flush(self, event: TurnTTSFlushRequested) -> None:
        """Finish the reply once what is queued has been said."""
        self._queue(event.turn_id, None)

    @handles(TurnTTSStopRequested)
    def on_stop(self, event: TurnTTSStopRequested) -> None:
        """Make nothing more of this reply."""
        self._stopped_turn_id = event.turn_id
        self._pieces = deque(each for each in self._pieces if each[0] != event.turn_id)
        if event.turn_id == self._turn_id and self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None
        self._playback.stop(event.turn_id, event.reason)
        self._go_on()

    def _queue(self, turn_id: int, piece: str | Sound | LiveSpeech | None) -> None:
        """Let a piece follow those that wait, of whichever reply; None ends one."""
        if turn_id != self._stopped_turn_id:
            self._pieces.append((turn_id, piece))
            self._go_on()

    def _go_on(self) -> None:
        if self._pieces and (self._speaking is None or self._speaking.done()):
            self._speaking = self.tasks.start(self._speak(), "tts")

    async def _speak(self) -> None:
        while self._pieces:
            turn_id, piece = self._pieces.popleft()
            if turn_id != self._turn_id:
                self._turn_id, self._chunks = turn_id, 0
                self._playback.begin_reply(turn_id)
            if piece is None:
                self.bus.publish(TTSFinished(turn_id=turn_id))
                self._playback.end_reply(turn_id)
                continue
            if isinstance(piece, Sound):
                self._play(piece)
                continue
            try:
                if isinstance(piece, str):
                    await self._speak_surely(turn_id, piece)
                else:
                    await self._play_live(turn_id, piece)
            except Exception as error:  # noqa: BLE001 - an engine may raise anything; go on
                self.report(error, error_type="tts_error", component="tts", turn_id=turn_id)

    async def _speak_surely(self, turn_id: int, text: str) -> None:
        """Say a clause, also when the voice's process dies over it once: then from its beginning.

        How far it was heard nobody can say for sure, and half a clause twice is no sentence.
        """
        try:
            await self._speak_clause(turn_id, text)
        except EngineLostError as error:
            self.report(error, error_type="tts_error", component="tts", turn_id=turn_id)
            if self.config.tts.lost_voice:
                await self._speak_clause(turn_id, self.config.tts.lost_voice)
            await self._speak_clause(turn_id, text)

    def _play(self, sound: Sound) -> None:
        # A clause without words: it takes its time in the reply and adds nothing to what was said.
        clause = self._playback.begin_clause("", sound.rate_hz)
        clause.add(SpeechChunk(samples_to_pcm(sound.samples)))
        clause.end()

    async def _speak_clause(self, turn_id: int, text: str) -> None:
        # Opened by its first sound: what the voice could not say is no part of the reply.
        clause: Clause | None = None
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared.text == text:
            chunks = prepared.speech.take()
        else:
            if prepared is not None:
                prepared.speech.drop()
            chunks = self._mouth.speech_of(text)
        async with contextlib.aclosing(chunks) as stream:
            async for chunk in stream:
                rate_hz = chunk.rate_hz or self._mouth.sample_rate
                clause = clause or self._begin_clause(turn_id, text, rate_hz)
                self._made(turn_id, clause.add(chunk))
        if clause is not None:
            clause.end()

    async def _play_live(self, turn_id: int, live: LiveSpeech) -> None:
        clause: Clause | None = None
        async with contextlib.aclosing(live.pieces()) as pieces:
            async for piece in pieces:
                clause = clause or self._begin_clause(turn_id, piece.text, live.rate_hz)
                clause.reword(piece.text)
                self._made(turn_id, clause.add(SpeechChunk(piece.pcm), piece.heard))
        if clause is not None:
            clause.end()

    def _begin_clause(self, turn_id: int, text: str, rate_hz: int) -> Clause:
        if self._chunks == 0:
            self.bus.publish(TTSStarted(turn_id=turn_id))
        return self._playback.begin_clause(text, rate_hz)

    def _made(self, turn_id: int, frames: int) -> None:
        self._chunks += 1
        self.bus.publish(
            TTSChunkGenerated(turn_id=turn_id, chunk_index=self._chunks, frames=frames)
        )
