"""A reply on its way from the agent to the voice: cut into clauses, sounds put between them."""

from __future__ import annotations

from xtalk_edge.audio.format import Sound
from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.audio.sounds import SoundShelf
from xtalk_edge.bus import EventBus
from xtalk_edge.events import (
    LLMAgentResponseFinish,
    LLMAgentResponseUpdate,
    LLMFirstChunk,
    LLMFirstSentence,
    TurnTTSFlushRequested,
    TurnTTSSoundAppendRequested,
    TurnTTSTextAppendRequested,
)
from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.turn.phrases import joined


class Speech:
    """One reply on its way from the agent to the voice."""

    def __init__(self, bus: EventBus, sounds: SoundShelf, turn_id: int) -> None:
        self._bus = bus
        self._sounds = sounds
        self._held: Sound | None = None
        """What is to be played behind the sentence that comes next."""
        self._turn_id = turn_id
        self._splitter = ClauseSplitter()
        self._text = ""
        self._live: LiveSpeech | None = None
        self._before_live = ""
        self._begun = False
        self._speakable = False
        self.last_answer: str | None = None
        """Of a tool; "" when something was said since, None while none has answered."""

    @property
    def begun_to_speak(self) -> bool:
        """Whether there is a word of it."""
        return bool(self._text.strip())

    def first_chunk(self) -> None:
        """Note that the agent gave something; the first time is published."""
        if not self._begun:
            self._begun = True
            self._bus.publish(LLMFirstChunk(turn_id=self._turn_id))

    def add(self, piece: str) -> None:
        """Take the next piece of text and hand on the clauses it completes."""
        self._text += piece
        if piece.strip() and self.last_answer:
            self.last_answer = ""
        self._bus.publish(LLMAgentResponseUpdate(turn_id=self._turn_id, text=self._text))
        for clause in self._splitter.push(piece):
            self._say(clause)

    def follow(self, live: LiveSpeech) -> None:
        """Have speech played that still comes, and tell its words as they become known."""
        if live is not self._live:
            self._release()
            if rest := self._splitter.flush():
                self._say(rest)
            self._live, self._before_live = live, self._text
            self._is_speakable(live.text)
            self._play(live)
        text = joined(self._before_live, live.text)
        if text != self._text:
            self._text = text
            self._bus.publish(LLMAgentResponseUpdate(turn_id=self._turn_id, text=text))

    def hold(self, sound: Sound | None) -> None:
        """Play a sound once what follows, up to the next tool's answer or the end, was said."""
        self._release()
        self._held = sound

    def _release(self) -> None:
        if self._held is None:
            return
        if rest := self._splitter.flush():
            self._say(rest)
        held, self._held = self._held, None
        self._play(held)

    def _play(self, sound: Sound | LiveSpeech) -> None:
        name = self._sounds.keep(sound)
        self._bus.publish(TurnTTSSoundAppendRequested(turn_id=self._turn_id, sound=name))

    def finish(self) -> None:
        """Hand on what is left; nothing more will come."""
        self._release()
        if rest := self._splitter.flush():
            self._say(rest)
        self._bus.publish(LLMAgentResponseFinish(turn_id=self._turn_id, text=self._text))
        self._bus.publish(TurnTTSFlushRequested(turn_id=self._turn_id))

    def _is_speakable(self, text: str) -> None:
        if not self._speakable:
            self._speakable = True
            self._bus.publish(LLMFirstSentence(turn_id=self._turn_id, text=text))

    def _say(self, clause: str) -> None:
        self._is_speakable(clause)
        self._bus.publish(TurnTTSTextAppendRequested(turn_id=self._turn_id, text=clause))
