from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

import numpy as np

from tests.scripted import SteadyTTS
from tests.unit.manager_parts import Log, plain_capture, turns_of_the_loop
from xtalk_edge.audio.format import Sound
from xtalk_edge.audio.sounds import SoundShelf
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.mouth import Mouth, Voice
from xtalk_edge.engines.speed.none import NoSpeedController
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    ErrorOccurred,
    TTSChunkGenerated,
    TTSFinished,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStarted,
    TTSStopped,
    TurnPrepared,
    TurnStateChanged,
    TurnTTSFlushRequested,
    TurnTTSSoundAppendRequested,
    TurnTTSStopRequested,
    TurnTTSTextAppendRequested,
)
from xtalk_edge.managers.playback import PlaybackManager
from xtalk_edge.managers.tts import TTSManager


class ListeningTTS(SteadyTTS):
    """Remembers what it was asked to say, and how many letters it began."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pieces = 0
        self.closed = 0

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        self.asked.append(text)
        try:
            for chunk in super().synthesize_marked(text):
                self.pieces += 1
                yield chunk
        finally:
            self.closed += 1


class Bench:
    def __init__(self) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.tts = ListeningTTS()
        self.worker = Worker("tts")
        self.capture = plain_capture(self.bus)
        self.sounds = SoundShelf()
        self.playback = PlaybackManager(event_bus=self.bus, config=Config(), capture=self.capture)
        self.manager = TTSManager(
            event_bus=self.bus,
            config=Config(),
            mouth=Mouth(
                Voice(Hosted(self.tts, self.worker)), Hosted(NoSpeedController(), Worker("speed"))
            ),
            playback=self.playback,
            sounds=self.sounds,
        )
        for manager in (self.manager, self.playback):
            self.bus.register(manager)

    async def publish(self, *events, turns: int = 60) -> None:
        for event in events:
            self.bus.publish(event)
        await turns_of_the_loop(turns)

    async def until(self, kind):
        while not self.log.all_of(kind):
            await self.capture.advance()
        return self.log.all_of(kind)[-1]


@contextlib.asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    parts = (made.manager, made.playback, made.capture)
    for part in parts:
        await part.start()
    try:
        yield made
    finally:
        for part in reversed(parts):
            await part.shutdown()
        made.worker.close()
        await made.bus.aclose()


def say(turn_id: int, text: str) -> TurnTTSTextAppendRequested:
    return TurnTTSTextAppendRequested(turn_id=turn_id, text=text)


def flush(turn_id: int) -> TurnTTSFlushRequested:
    return TurnTTSFlushRequested(turn_id=turn_id)


def stop(turn_id: int) -> TurnTTSStopRequested:
    return TurnTTSStopRequested(turn_id=turn_id, reason="test")


def test_clauses_are_said_in_order_and_the_end_is_told_once():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "ab"), say(1, "cd"))
            await b.publish(say(1, "e"))
            assert b.tts.asked == ["ab", "cd", "e"]
            assert not b.log.all_of(TTSFinished)
            await b.publish(flush(1))
            assert len(b.log.all_of(TTSStarted)) == len(b.log.all_of(TTSFinished)) == 1
            chunks = b.log.all_of(TTSChunkGenerated)
            assert [chunk.chunk_index for chunk in chunks] == [1, 2, 3, 4, 5]
            assert {chunk.frames for chunk in chunks} == {800}
            assert (await b.until(TTSPlaybackFinished)).text == "ab cd e"

    run_virtual(scene())


def test_a_sound_takes_its_place_between_the_words_and_adds_none():
    async def scene():
        async with bench() as b:
            name = b.sounds.keep(Sound(np.full(8_000, 1_000, np.int16), 16_000))
            play = TurnTTSSoundAppendRequested(turn_id=1, sound=name)
            await b.publish(play, play, say(1, "ab"), flush(1), turns=5)
            began_s = now_s()
            assert (await b.until(TTSPlaybackFinished)).text == "ab"
            # Half a second of sound, once: a kept sound is played and gone.
            assert 0.6 < now_s() - began_s < 0.9

    run_virtual(scene())


def test_a_sound_of_a_stopped_reply_is_not_played():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "ab"), stop(1))
            await b.publish(TurnTTSSoundAppendRequested(turn_id=1, sound="alarm"))
            assert not b.playback.busy

    run_virtual(scene())


def test_a_flush_alone_is_a_reply_without_sound():
    async def scene():
        async with bench() as b:
            await b.publish(flush(1))
            assert [done.text for done in b.log.all_of(TTSPlaybackFinished)] == [""]
            assert not b.log.all_of(TTSStarted)

    run_virtual(scene())


def test_stopping_ends_the_voice_before_its_next_piece():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "abcdefgh"), say(1, "never said"), turns=6)
            assert 0 < b.tts.pieces < 8
            await b.publish(stop(1), flush(1), say(1, "nor this"))
            pieces = b.tts.pieces
            await b.publish()
            assert b.tts.pieces == pieces < 8
            assert b.tts.asked == ["abcdefgh"]
            assert b.tts.closed == 1
            assert (await b.until(TTSStopped)).turn_id == 1
            assert not b.log.all_of(TTSFinished, TTSPlaybackFinished)

    run_virtual(scene())


def test_a_reply_stopped_before_its_first_word_is_reported_and_never_begins():
    async def scene():
        async with bench() as b:
            await b.publish(stop(4))
            (stopped,) = b.log.all_of(TTSStopped)
            assert (stopped.turn_id, stopped.text, stopped.reason) == (4, "", "test")
            await b.publish(say(4, "too late"), flush(4))
            assert b.tts.asked == []

    run_virtual(scene())


def test_the_next_reply_takes_the_place_of_one_under_way():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "abcdefgh"), turns=6)
            await b.publish(stop(1), say(2, "ij"), flush(2))
            assert (await b.until(TTSPlaybackFinished)).text == "ij"
            assert b.tts.asked == ["abcdefgh", "ij"]
            indices = [c.chunk_index for c in b.log.all_of(TTSChunkGenerated) if c.turn_id == 2]
            assert indices == [1, 2]

    run_virtual(scene())


def test_a_reply_follows_the_one_before_it():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "ab"), flush(1), say(2, "cd"), flush(2))
            assert b.tts.asked == ["ab", "cd"]
            while len(b.log.all_of(TTSPlaybackFinished)) < 2:
                await b.capture.advance()
            finished = b.log.all_of(TTSPlaybackFinished)
            assert [(each.turn_id, each.text) for each in finished] == [(1, "ab"), (2, "cd")]
            started = b.log.all_of(TTSPlaybackStarted)
            assert [each.turn_id for each in started] == [1, 2]
            # 50 ms a letter, and no gap between the two.
            assert started[1].at_s - started[0].at_s < 0.12
            assert not b.playback.busy

    run_virtual(scene())


def test_stopping_one_reply_leaves_those_to_be_made_that_follow():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "abcdefgh"), say(2, "ij"), flush(2), turns=6)
            await b.publish(stop(1))
            assert (await b.until(TTSPlaybackFinished)).turn_id == 2
            assert [each.turn_id for each in b.log.all_of(TTSStopped)] == [1]

    run_virtual(scene())


def test_a_clause_that_fails_is_left_out():
    async def scene():
        async with bench() as b:
            await b.publish(say(1, "ab"), say(1, "fails!"), say(1, "cd"), flush(1))
            (error,) = b.log.all_of(ErrorOccurred)
            assert (error.turn_id, error.error_type) == (1, "tts_error")
            assert (await b.until(TTSPlaybackFinished)).text == "ab cd"

    run_virtual(scene())


def prepared(said: str) -> TurnPrepared:
    return TurnPrepared(turn_id=1, text="what", is_request=True, said=said)


def test_the_first_clause_is_made_before_it_is_asked_for_and_heard_once():
    async def scene():
        async with bench() as b:
            await b.publish(prepared("abc. And more is to be said here."))
            assert b.tts.asked == ["abc."]
            assert b.tts.pieces == 3
            assert not b.log.all_of(TTSStarted)
            assert not b.playback.busy
            await b.publish(say(1, "abc."), say(1, "de"), flush(1))
            assert b.tts.asked == ["abc.", "de"]
            assert (await b.until(TTSPlaybackFinished)).text == "abc. de"
            assert len(b.log.all_of(TTSChunkGenerated)) == 5

    run_virtual(scene())


def test_what_was_made_for_another_answer_is_never_heard():
    async def scene():
        async with bench() as b:
            for said in ("abc.", "abc.", "xy.", ""):
                await b.publish(prepared(said))
            assert b.tts.asked == ["abc.", "xy."]
            await b.publish(prepared("fgh."))
            await b.publish(say(1, "de"), flush(1))
            assert (await b.until(TTSPlaybackFinished)).text == "de"
            await b.publish(say(2, "fgh."), flush(2))
            assert b.tts.asked == ["abc.", "xy.", "fgh.", "de", "fgh."]
            assert b.tts.closed == 5

    run_virtual(scene())


def test_what_was_made_is_forgotten_when_nobody_has_the_floor():
    async def scene():
        async with bench() as b:
            await b.publish(prepared("abc."))
            await b.publish(TurnStateChanged(state="attending"))
            await b.publish(say(1, "abc."), flush(1))
            assert b.tts.asked == ["abc.", "abc."]

    run_virtual(scene())


def test_a_voice_that_fails_ahead_fails_when_it_is_asked():
    async def scene():
        async with bench() as b:
            await b.publish(prepared("This fails!"))
            assert not b.log.all_of(ErrorOccurred)
            await b.publish(say(1, "This fails!"), say(1, "ab"), flush(1))
            assert b.log.all_of(ErrorOccurred)[0].error_type == "tts_error"
            assert (await b.until(TTSPlaybackFinished)).text == "ab"

    run_virtual(scene())
