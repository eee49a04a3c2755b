"""The board's side of the conversation, as the firmware holds it (`mcu/session.c`). Pure.

For boards that are simulated: bytes and time in, bytes and wishes out.
"""

from __future__ import annotations

from firmware_bridge.messages import (
    Ack,
    Alive,
    Beat,
    Button,
    Feature,
    Greet,
    Hello,
    Knob,
    Light,
    Message,
    MessageError,
    Mute,
    SetLevel,
    SetLight,
    SetOutput,
    decode,
    encode,
)
from firmware_bridge.outbox import Inbox, Outbox, answer_to
from firmware_bridge.session import BEAT_EVERY_S, SILENCE_S
from firmware_bridge.wire import FrameReader, Verdict, frame

Wish = SetLight | SetLevel | SetOutput


class BoardSession:
    """A board: answers greetings, tells how it is, and takes wishes.

    Args:
        hello: what it is; its session is left out of account.
        at_s: the time now, of its reset.
    """

    def __init__(self, hello: Hello, at_s: float) -> None:
        self._hello = hello
        self._session = 0
        self._reader = FrameReader()
        self._inbox = Inbox()
        self._outbox = Outbox()
        self._reset_s = at_s
        self._heard_s = at_s
        self._beat_due_s = at_s + BEAT_EVERY_S
        self._unreadable = 0
        self._answers: list[bytes] = [self._introduction()]
        self.muted = False
        self.knob = 50
        self.pressed = 0
        self.supply_mv = 5_000
        self.wishes: list[Wish] = []
        """What the host wants, in order, each once; whoever grants them takes them out."""

    @property
    def in_session(self) -> bool:
        """Whether a host is there."""
        return self._session != 0

    @property
    def repeated(self) -> int:
        """How many messages had to be sent again."""
        return self._outbox.repeated

    def tell(self, message: Button | Mute | Knob, at_s: float) -> None:
        """Tell the host, once there is one; without one it is forgotten."""
        if self.in_session:
            self._outbox.put(message, at_s)

    def received(self, data: bytes, at_s: float) -> None:
        """Take bytes from the line."""
        for body in self._reader.feed(data):
            try:
                message, sequence = decode(body)
            except MessageError as error:
                if error.verdict is Verdict.OTHER_PROTOCOL:
                    # The host learns from it that versions differ.
                    self._answers.append(self._introduction())
                else:
                    self._unreadable = min(0xFFFF, self._unreadable + 1)
                continue
            self._take(message, sequence, at_s)

    def due(self, at_s: float) -> bytes:
        """Return what is to be sent by now."""
        if self.in_session and at_s - self._heard_s >= SILENCE_S:
            self._session = 0
            self._outbox.clear()
            self.wishes.append(SetLight(Light.ERROR))
        sent = b"".join(self._answers)
        self._answers.clear()
        if at_s >= self._beat_due_s:
            self._beat_due_s = at_s + BEAT_EVERY_S
            sent += frame(encode(self._beat(at_s)))
        return sent + self._outbox.due(at_s)

    def _beat(self, at_s: float) -> Beat:
        uptime_ms = round((at_s - self._reset_s) * 1000) & 0xFFFFFFFF
        return Beat(
            self._session, uptime_ms, self.supply_mv, self.muted, self.pressed, self._unreadable
        )

    def _take(self, message: Message, sequence: int, at_s: float) -> None:
        if isinstance(message, Greet):
            self._greeted(message.session, at_s)
            return
        if not self.in_session:
            return
        if isinstance(message, Alive) and message.session != self._session:
            return
        self._heard_s = at_s
        if isinstance(message, Ack):
            self._outbox.acknowledged(message)
        elif isinstance(message, SetLight | SetLevel | SetOutput):
            if answer := answer_to(message, sequence):
                self._answers.append(answer)
            if self._inbox.is_new(message, sequence):
                self.wishes.append(message)

    def _greeted(self, session: int, at_s: float) -> None:
        self._heard_s = at_s
        if session != self._session:
            self._session = session
            self._inbox.clear()
            self._outbox.clear()
            self._unreadable = 0
            if self._hello.features & Feature.MUTE_SWITCH:
                self._outbox.put(Mute(self.muted), at_s)
            if self._hello.features & Feature.KNOB:
                self._outbox.put(Knob(self.knob), at_s)
        self._answers.append(self._introduction())

    def _introduction(self) -> bytes:
        of = self._hello
        return frame(
            encode(Hello(self._session, of.firmware, of.buttons, of.outputs, of.features, of.name))
        )
