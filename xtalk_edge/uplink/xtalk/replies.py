"""The server's replies in one session: what comes of them is told, what was heard of them is said.

Pure. Servers of every generation are followed; see docs/uplink.md for how they differ.
"""

from __future__ import annotations

from xtalk_edge.uplink.xtalk import messages, requests
from xtalk_edge.uplink.xtalk.facts import (
    Action,
    Paused,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Resumed,
    Send,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.generation import ANY, Generation
from xtalk_edge.uplink.xtalk.hello import Hello
from xtalk_edge.uplink.xtalk.reply import Replies, Reply
from xtalk_edge.uplink.xtalk.sound import SoundReader
from xtalk_edge.uplink.xtalk.turn import TurnWatch

VoiceMessage = (
    messages.StartTts
    | messages.TtsFinished
    | messages.StopTts
    | messages.PauseTts
    | messages.ResumeTts
    | messages.TtsChunkMeta
)

_G1 = frozenset({Generation.G1})
_G3 = frozenset({Generation.G3})


class ReplyTrack:
    """Follows the replies of one session.

    Args:
        hello: what is known of the server.
        turn: what it owes.
    """

    def __init__(self, hello: Hello, turn: TurnWatch) -> None:
        self.plays = False
        """Whether somebody plays the replies and tells what was heard; else everything counts as
        heard when it comes: late servers send no words before that."""
        self._hello = hello
        self._turn = turn
        self._replies = Replies()
        self._sound = SoundReader()
        self._last_id = ""
        """Of the reply that was last given."""
        self._chunk_index: int | None = None
        self._is_deaf = False
        """Whether what comes belongs to a reply that nobody wants any more."""
        self._recites = False
        """Whether the next reply is a text that was sent to be spoken."""

    @property
    def is_sounding(self) -> bool:
        """Whether a reply is being given that can be heard."""
        reply = self._replies.now
        return reply is not None and not reply.is_over and (reply.has_sound or bool(reply.text))

    @property
    def wake_at_s(self) -> float | None:
        """When there is something to do if nothing happens before."""
        reply = self._replies.now
        if reply is None:
            return None
        times = (reply.ends_at_s(is_late=self._hello.is_late), reply.stalls_at_s())
        return min((each for each in times if each is not None), default=None)

    def tick(self, now_s: float, epoch_s: float) -> list[Action]:
        """Say what has come to its end."""
        reply, due_s = self._replies.now, self.wake_at_s
        if reply is None or due_s is None or now_s < due_s:
            return []
        if due_s == reply.stalls_at_s():
            reply.is_over = reply.is_stalled = True
            return [Unanswered("end")]
        reply.is_over = True
        return [*([] if self.plays else self.finished(epoch_s)), ReplyOver()]

    def refuse(self, *, recites: bool) -> None:
        """Listen to nothing of what is still being said, until something new begins.

        `recites`: that will be a text that was sent to be spoken.
        """
        self._is_deaf, self._recites = True, recites
        self._replies.end()

    def begin(self, now_s: float) -> None:
        """Note that a reply begins."""
        self._is_deaf = self._recites = False
        self._sound.reset()
        self._replies.begin(now_s)

    def is_alive(self, now_s: float) -> None:
        """Note that the server is at work."""
        if self._replies.now is not None:
            self._replies.now.last_s = now_s

    # -- what comes ------------------------------------------------------------------------

    def text(self, message: messages.RespText, now_s: float, epoch_s: float) -> list[Action]:
        """Take words of a reply."""
        found = self._learn(message.response_id)
        reply = self._reply_of(message, now_s)
        if reply is None:
            return found
        found += self._named(reply, epoch_s)
        self._turn.reply_began()
        piece = reply.grow(message.text, now_s)
        if piece:
            found.append(ReplyText(piece, reply.text))
        if message.is_final:
            reply.is_complete = True
            if not (self.plays or self._hello.is_late):
                # It would go on speaking what nobody is going to hear.
                found += self.finished(epoch_s)
            found.append(ReplyTextComplete(message.text))
        return found

    def sound(self, message: bytes, now_s: float, epoch_s: float) -> list[Action]:
        """Take a piece of sound.

        Raises:
            UplinkError: it is none.
        """
        index, self._chunk_index = self._chunk_index, None
        pcm, rate_hz = self._sound.read(message)
        found = self._hello.narrow(_G1 if index is not None else ANY - _G1)
        reply = self._replies.now
        if self._is_deaf:
            # What a late server is not told to be heard holds up what comes behind it.
            unwanted = ReplySound(pcm, rate_hz, 0, index, self._last_id)
            return [*found, *self.played(unwanted, now_s, epoch_s)]
        if reply is None:
            recites, self._recites = self._recites, False
            reply = self._replies.begin(now_s, recites=recites)
        self._turn.reply_began()
        reply.sound(len(pcm), rate_hz, now_s)
        piece = ReplySound(pcm, rate_hz, reply.number, index, reply.response_id)
        found.append(piece)
        return found if self.plays else [*found, *self.played(piece, now_s, epoch_s)]

    def voice(self, message: VoiceMessage, now_s: float, epoch_s: float) -> list[Action]:
        """Take a message about the reply's sound."""
        match message:
            case messages.TtsChunkMeta(chunk_index):
                self._chunk_index = chunk_index
                return self._hello.narrow(_G1)
            case messages.StartTts():
                return self._start(message, now_s, epoch_s)
            case messages.TtsFinished(response_id):
                return [*self._learn(response_id), *self._made(response_id, now_s, epoch_s)]
            case messages.StopTts(response_id):
                return [*self._learn(response_id), *self._stop(response_id, now_s)]
            case messages.PauseTts():
                return [Paused()]
            case _:  # messages.ResumeTts, the only one left
                self._turn.settle()
                return [Resumed(by_server=True)]

    # -- what was heard --------------------------------------------------------------------

    def played(self, piece: ReplySound, now_s: float, epoch_s: float) -> list[Action]:
        """Tell that a piece of sound was heard."""
        reply, response_id = self._replies.now, piece.response_id
        if reply is not None and reply.number == piece.reply:
            reply.played(len(piece.pcm), piece.rate_hz, now_s)
            response_id = reply.response_id
            if not response_id and Generation.G3 in self._hello.generations:
                reply.nameless.append(piece.chunk_index)
        return [Send(requests.tts_chunk_played(response_id, piece.chunk_index, epoch_s))]

    def finished(self, epoch_s: float) -> list[Action]:
        """Tell that a reply was heard to its end; once is enough."""
        reply = self._replies.now
        if reply is None or reply.is_acknowledged:
            return []
        reply.is_acknowledged = True
        return [Send(requests.tts_playback_finished(reply.response_id, epoch_s))]

    def stopped(self, played_ms: float) -> list[Action]:
        """Tell how much was heard of a reply that was stopped."""
        return [Send(requests.tts_playback_stopped(self._last_id, played_ms))]

    # -- details ---------------------------------------------------------------------------

    def _learn(self, response_id: str) -> list[Action]:
        return self._hello.narrow(_G3) if response_id else []

    def _reply_of(self, message: messages.RespText, now_s: float) -> Reply | None:
        """Return the reply that gets these words; None if they are late or of no interest."""
        if self._is_deaf:
            return None
        reply = self._replies.of(message.response_id, message.turn_id, now_s)
        if reply is None or reply.recites:
            return None
        self._last_id = reply.response_id
        if not reply.is_complete:
            return reply
        is_named = message.turn_id is not None or bool(message.response_id)
        if is_named or reply.text.startswith(message.text):
            return None
        # Nothing but its words tells that this is another one.
        return self._replies.begin(now_s)

    def _named(self, reply: Reply, epoch_s: float) -> list[Action]:
        """Acknowledge by the reply's id, once it is known, what was acknowledged without: servers
        that have ids count nothing else, and send no more until they have counted it.
        """
        if not reply.response_id:
            return []
        nameless, reply.nameless = reply.nameless, []
        return [
            Send(requests.tts_chunk_played(reply.response_id, index, epoch_s)) for index in nameless
        ]

    def _start(self, message: messages.StartTts, now_s: float, epoch_s: float) -> list[Action]:
        found = (
            self._hello.narrow(ANY - _G3) if message.is_bare else self._learn(message.response_id)
        )
        recites, self._recites = self._recites, False
        is_next = self._replies.now is not None and self._replies.now.is_over
        if self._is_deaf or recites or is_next:
            self._is_deaf = False
            self._replies.begin(now_s, recites=recites)
        reply = self._replies.of(message.response_id, None, now_s)
        if reply is not None:
            self._last_id = reply.response_id
            found += self._named(reply, epoch_s)
            if not reply.has_sound:
                self._sound.reset()
            if recites:
                self._turn.began("sound", now_s)
        self._turn.is_alive(now_s)
        return found

    def _made(self, response_id: str, now_s: float, epoch_s: float) -> list[Action]:
        """Take that speech was made."""
        reply = self._replies.now
        if reply is None or (response_id and reply.response_id not in ("", response_id)):
            return []
        reply.finished(now_s)
        reply.response_id = reply.response_id or response_id
        over = self.finished(epoch_s) if self._hello.is_late and not self.plays else []
        return [*self._named(reply, epoch_s), *over]

    def _stop(self, response_id: str, now_s: float) -> list[Action]:
        """Take that the server wants silence."""
        reply = self._replies.now
        played_ms = 0.0 if reply is None else reply.played_ms
        if reply is None or not response_id or reply.response_id in ("", response_id):
            self._replies.end()
            self._sound.reset()
        self._last_id = response_id or self._last_id
        self._chunk_index = None
        self._turn.reply_stopped(now_s)
        if self._recites and self._is_deaf:
            self._turn.began("sound", now_s)
        self._is_deaf = False
        return [Stopped(), *([] if self.plays else self.stopped(played_ms))]
