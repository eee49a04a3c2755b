"""A session with an X-Talk server as a pure state machine: messages and time in, actions out.

Every generation of the protocol is understood without being told which it is. Each call returns
what is to be sent and what there is to know, in order; `wake_at_s` says when to call `tick` if
nothing happens before. All times are monotonic seconds. A message that makes no sense is told and
left out.
"""

from __future__ import annotations

import math

from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xtalk import messages, requests
from xtalk_edge.uplink.xtalk.facts import (
    Action,
    Heard,
    Hearing,
    Nonsense,
    Ready,
    Rejected,
    ReplySound,
    Resumed,
    Send,
    SpeechNoticed,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.generation import LATE, Generation
from xtalk_edge.uplink.xtalk.heartbeat import Heartbeat
from xtalk_edge.uplink.xtalk.hello import Hello, SessionMessage
from xtalk_edge.uplink.xtalk.reading import read_message
from xtalk_edge.uplink.xtalk.replies import ReplyTrack, VoiceMessage
from xtalk_edge.uplink.xtalk.speech import LEAST_BYTES, Utterance
from xtalk_edge.uplink.xtalk.turn import TurnWatch

MOST_NONSENSE = 100
"""Messages without sense in one session: whoever sends so many is no X-Talk server."""

_HearingMessage = (
    messages.UpdateAsr | messages.FinishAsr | messages.InvalidAsrResult | messages.ServerVad
)


class XTalkProtocol:
    """One session, from the connection's beginning to its end.

    Args:
        may_attach: whether there is a token, so that a server may want to be greeted.
        session_id: the session to go on with; "" begins one.
    """

    def __init__(self, *, may_attach: bool = False, session_id: str = "") -> None:
        self.epoch_offset_s = 0.0
        """The wall clock minus the monotonic one; whoever has clocks keeps it right."""
        self._hello = Hello(may_attach, session_id)
        self._heartbeat = Heartbeat()
        self._turn = TurnWatch()
        self._replies = ReplyTrack(self._hello, self._turn)
        self._utterance: Utterance | None = None
        self._sent_text: str | None = None
        """What was sent as text and has not come back."""
        self._heard: tuple[int | None, str] | None = None
        """What the server understood last."""
        self._has_asked = True
        """Whether anything was asked since."""
        self._refuses_text = False
        """Whether a text was sent and did not come back."""
        self._nonsense = 0

    @property
    def is_ready(self) -> bool:
        """Whether the session has begun."""
        return self._hello.is_ready

    @property
    def session_id(self) -> str:
        """The session's id, to go on with it later; "" while there is none."""
        return self._hello.session_id

    @property
    def generations(self) -> frozenset[Generation]:
        """Those that the server may be."""
        return self._hello.generations

    @property
    def can_answer_text(self) -> bool:
        """Whether a text may be sent; of servers that keep conversations one must try."""
        may_try = self._hello.is_late and not self._refuses_text
        return self.is_ready and (self._hello.can.submit_text or may_try)

    @property
    def can_speak_text(self) -> bool:
        """Whether it speaks texts that it is given."""
        return self.is_ready and self._hello.can.speak

    @property
    def wake_at_s(self) -> float | None:
        """When to call `tick` if nothing happens before; None is never."""
        spoken = None if self._utterance is None else self._utterance.wake_at_s
        parts = (self._hello, self._heartbeat, self._turn, self._replies)
        times = (spoken, *(part.wake_at_s for part in parts))
        return min((each for each in times if each is not None), default=None)

    # -- what comes ------------------------------------------------------------------------

    def open(self, now_s: float) -> None:
        """Begin: the connection is there."""
        self._hello.open(now_s)

    def receive(self, message: str | bytes, now_s: float) -> list[Action]:
        """Take a message of the server.

        Raises:
            UplinkError: it is one too many without sense.
        """
        self._heartbeat.heard()
        try:
            if isinstance(message, bytes):
                return self._replies.sound(message, now_s, self._epoch_s(now_s))
            return self._take(read_message(message), now_s)
        except UplinkError as error:
            self._nonsense += 1
            if self._nonsense > MOST_NONSENSE:
                raise UplinkError(f"what answers there is no X-Talk server: {error}") from error
            return [Nonsense(str(error))]

    def tick(self, now_s: float) -> list[Action]:
        """Let time pass.

        Raises:
            UplinkError: the server is dead.
        """
        epoch_s = self._epoch_s(now_s)
        return [
            *self._greeted(self._hello.tick(now_s), now_s),
            *self._heartbeat.tick(now_s, epoch_s),
            *self._watch_turn(now_s),
            *self._replies.tick(now_s, epoch_s),
            *self._send_speech(now_s),
        ]

    def _greeted(self, actions: list[Action], now_s: float) -> list[Action]:
        # Before it has greeted, a server wants to hear nothing else.
        if any(isinstance(action, Ready) for action in actions):
            actions += self._heartbeat.begin(now_s, self._epoch_s(now_s))
        return actions

    def _watch_turn(self, now_s: float) -> list[Action]:
        due = self._turn.tick(now_s)
        self._refuses_text |= self._sent_text is not None and Unanswered("receipt") in due
        return due

    def _take(self, message: messages.Message, now_s: float) -> list[Action]:
        if isinstance(message, SessionMessage):
            return self._greeted(self._hello.take(message, now_s), now_s)
        if isinstance(message, _HearingMessage):
            return self._take_hearing(message, now_s)
        if isinstance(message, messages.RespText):
            return self._replies.text(message, now_s, self._epoch_s(now_s))
        if isinstance(message, VoiceMessage):
            return self._replies.voice(message, now_s, self._epoch_s(now_s))
        if isinstance(message, messages.Pong):
            return self._heartbeat.pong(message, now_s)
        if isinstance(message, messages.Ignored):
            return []
        # A tool, a finding, an error: the server is at work.
        self._turn.is_alive(now_s)
        self._replies.is_alive(now_s)
        return [message]

    def _take_hearing(self, message: _HearingMessage, now_s: float) -> list[Action]:
        match message:
            case messages.UpdateAsr(text):
                return [Hearing(text)]
            case messages.FinishAsr():
                return self._take_heard(message, now_s)
            case messages.ServerVad(is_start):
                self._has_asked = True
                return [*self._hello.narrow(LATE), SpeechNoticed(is_start)]
            case _:  # messages.InvalidAsrResult, the only one left
                self._turn.settle()
                # What was said over a reply was nothing, so the reply goes on.
                over = [Resumed(by_server=True)] if self._replies.is_sounding else []
                return [Rejected(), *over]

    def _take_heard(self, message: messages.FinishAsr, now_s: float) -> list[Action]:
        if self._is_repeated(message):
            return []
        is_receipt = _words(self._sent_text) == _words(message.text)
        if self._turn.wants_receipt and not is_receipt:
            # Somebody else's turn, or one from before.
            return []
        self._heard, self._has_asked = (message.turn_id, message.text), False
        self._sent_text = None
        self._replies.begin(now_s)
        self._turn.began("reply", now_s)
        found = self._hello.narrow(frozenset({Generation.G3})) if message.origin else []
        return [*found, Heard(message.text, is_receipt)]

    def _is_repeated(self, message: messages.FinishAsr) -> bool:
        """Tell whether it came before, or would have had to."""
        if self._heard is None:
            return False
        turn_id, text = self._heard
        if message.turn_id is not None and turn_id is not None:
            return message.turn_id <= turn_id
        return message.text == text and not self._has_asked

    # -- what is asked -------------------------------------------------------------------------

    def submit_text(self, text: str, now_s: float) -> list[Action]:
        """Have a text answered; `Heard` is the receipt.

        Raises:
            UplinkError: there are no words in it, or too many.
        """
        message = requests.submit_text(text)
        self._sent_text, self._has_asked = requests.sendable(text), True
        self._replies.refuse(recites=False)
        self._turn.text_sent(now_s)
        return [Send(message)]

    def speak(self, text: str, now_s: float) -> list[Action]:
        """Have a text spoken; its sound is the receipt.

        Raises:
            UplinkError: there are no words in it.
        """
        sent: list[Action] = [Send(message) for message in requests.speak(text)]
        self._sent_text = None
        self._replies.refuse(recites=True)
        self._turn.text_sent(now_s)
        return sent

    def stop(self, now_s: float) -> list[Action]:
        """Have the server end whatever it is saying; nothing more of it is told."""
        self._sent_text = None
        finished = self._replies.finished(self._epoch_s(now_s))
        self._replies.refuse(recites=False)
        self._turn.settle()
        if self._hello.can.speak:
            return [Send(requests.stop())]
        if not self._hello.is_late:
            return finished
        # Late servers fall silent when somebody speaks; nobody waits for what they make of it.
        spoken = [*self._begin_utterance(now_s), *self.end_speech(now_s)]
        self._turn.settle()
        return spoken

    # -- what is said --------------------------------------------------------------------------

    def begin_speech(self, pre_roll: bytes, now_s: float) -> list[Action]:
        """Tell that somebody speaks.

        Args:
            pre_roll: what was said before that was noticed; s16le, mono, 16 kHz.
            now_s: the time.
        """
        begun = self._begin_utterance(now_s)
        self._turn.speech_began(over_reply=self._replies.is_sounding)
        return [*begun, *self.send_speech(pre_roll, now_s)]

    def send_speech(self, pcm: bytes, now_s: float) -> list[Action]:
        """Send more of what is said; without a beginning nothing is sent."""
        if self._utterance is not None:
            self._utterance.add(pcm)
        return self._send_speech(now_s)

    def end_speech(self, now_s: float) -> list[Action]:
        """Tell that nobody speaks any more; a verdict is due."""
        if self._utterance is None or self._utterance.is_ended:
            return []
        self._turn.speech_ended(now_s)
        self._utterance.end(least_bytes=0 if self._hello.is_late else LEAST_BYTES)
        return self._send_speech(now_s)

    # -- what was heard of the replies ---------------------------------------------------------

    @property
    def plays(self) -> bool:
        """Whether somebody plays the replies and tells what was heard; else everything counts as
        heard when it comes: late servers send no words before that."""
        return self._replies.plays

    @plays.setter
    def plays(self, plays: bool) -> None:
        self._replies.plays = plays

    def played(self, piece: ReplySound, now_s: float) -> list[Action]:
        """Tell that a piece of sound was heard."""
        return self._replies.played(piece, now_s, self._epoch_s(now_s))

    def playback_finished(self, now_s: float) -> list[Action]:
        """Tell that the reply was heard to its end, after `ReplyOver`: early servers stop at it."""
        return self._replies.finished(self._epoch_s(now_s))

    def playback_stopped(self, played_ms: float) -> list[Action]:
        """Tell how much of the reply was heard, after `Stopped`; servers wait half a second."""
        return self._replies.stopped(played_ms)

    # -- details -------------------------------------------------------------------------------

    def _begin_utterance(self, now_s: float) -> list[Action]:
        left: list[Action] = []
        if self._utterance is not None:
            # What is left of the one before has to be sent in a hurry.
            self._utterance.end(least_bytes=0)
            left = self._send_speech(now_s, due_s=math.inf)
        self._has_asked = True
        self._utterance = Utterance(now_s)
        return [*left, Send(requests.vad_speech(True, self._epoch_s(now_s)))]

    def _send_speech(self, now_s: float, due_s: float | None = None) -> list[Action]:
        if self._utterance is None:
            return []
        frames, is_over = self._utterance.due(now_s if due_s is None else due_s)
        sent: list[Action] = [Send(frame) for frame in frames]
        if is_over:
            self._utterance = None
            sent.append(Send(requests.vad_speech(False, self._epoch_s(now_s))))
        return sent

    def _epoch_s(self, now_s: float) -> float:
        return now_s + self.epoch_offset_s


def _words(text: str | None) -> list[str] | None:
    return None if text is None else text.split()
