"""The host's side of the conversation with a board. Pure: bytes and time in, actions out."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.errors import BoardLostError, BoardVersionError, BridgeError
from firmware_bridge.messages import (
    ACKNOWLEDGED,
    PROTOCOL,
    Ack,
    Alive,
    Beat,
    Button,
    Greet,
    Hello,
    Knob,
    Message,
    MessageError,
    Mute,
    SetLevel,
    decode,
    encode,
)
from firmware_bridge.outbox import Inbox, Outbox, answer_to
from firmware_bridge.wire import FrameReader, Verdict, frame

GREET_EVERY_S = 0.1
"""Until the board answers."""

BEAT_EVERY_S = 0.5
"""How often each side says that it is alive."""

SILENCE_S = 3.0
"""Six beats; with every fifth frame lost, six in a row are lost once in two hours of trying."""

FLOOD_BYTES = 4_000
"""In a second. A board in use sends some 100; one that sends so much is broken or another thing."""

LAST_SESSION = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Send:
    """Put these bytes on the line."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ready:
    """The board has answered: it knows nothing of what was sent before."""

    hello: Hello
    round_trip_s: float


@dataclass(frozen=True, slots=True)
class Received:
    """The board says something new."""

    message: Beat | Button | Mute | Knob


@dataclass(frozen=True, slots=True)
class Lost:
    """It is over: close the port."""

    error: BridgeError


SessionAction = Send | Ready | Received | Lost


class HostSession:
    """Greets a board, keeps it, and notices when it is gone.

    Args:
        session: a number other than the last one's, 1 to 2**32 - 1.
        at_s: the time now.
    """

    def __init__(self, session: int, at_s: float) -> None:
        self._session = session
        self._reader = FrameReader()
        self._inbox = Inbox()
        self._outbox = Outbox()
        self._ready = False
        self._over = False
        self._heard_s = at_s
        """When anything readable came."""
        self._greeted_s = at_s
        self._beat_due_s = at_s
        """When the next greeting or sign of life goes out."""
        self._flood_s = at_s
        """Since when bytes are counted."""
        self._flood_bytes = 0
        self.unreadable = 0
        """Frames that could not be read."""

    @property
    def ready(self) -> bool:
        """Whether the board has answered."""
        return self._ready

    @property
    def repeated(self) -> int:
        """How many messages had to be sent again."""
        return self._outbox.repeated

    def send(self, message: Message, at_s: float) -> list[SessionAction]:
        """Take a message for the board; lost if there is none."""
        if not self._ready or self._over:
            return []
        if isinstance(message, ACKNOWLEDGED):
            self._outbox.put(message, at_s)
            return self._due(at_s)
        assert isinstance(message, SetLevel), "all others are the session's own"
        return [Send(frame(encode(message)))]

    def received(self, data: bytes, at_s: float) -> list[SessionAction]:
        """Take bytes from the line."""
        actions: list[SessionAction] = []
        if self._over:
            return actions
        if self._floods(len(data), at_s):
            return self._end(BoardLostError("the board floods the line; unplug it and flash it"))
        for body in self._reader.feed(data):
            if self._over:
                break
            actions += self._body(body, at_s)
        return actions + self._due(at_s)

    def tick(self, at_s: float) -> list[SessionAction]:
        """Let time pass."""
        if self._over:
            return []
        if max(at_s - self._heard_s, self._outbox.waiting_s(at_s)) >= SILENCE_S:
            return self._end(_silence(self._ready))
        return self._due(at_s)

    @property
    def next_s(self) -> float:
        """When `tick` has something to do."""
        times = [self._beat_due_s, self._heard_s + SILENCE_S]
        if self._ready and self._outbox.next_s is not None:
            times.append(self._outbox.next_s)
        return min(times)

    def _due(self, at_s: float) -> list[SessionAction]:
        if self._over:
            return []
        actions: list[SessionAction] = []
        if at_s >= self._beat_due_s:
            actions.append(Send(frame(encode(self._sign_of_life(at_s)))))
        if self._ready and (data := self._outbox.due(at_s)):
            actions.append(Send(data))
        return actions

    def _sign_of_life(self, at_s: float) -> Alive | Greet:
        if self._ready:
            self._beat_due_s = at_s + BEAT_EVERY_S
            return Alive(self._session)
        self._beat_due_s = at_s + GREET_EVERY_S
        self._greeted_s = at_s
        return Greet(self._session)

    def _body(self, body: bytes | Verdict, at_s: float) -> list[SessionAction]:
        try:
            message, sequence = decode(body)
        except MessageError as error:
            if error.verdict is Verdict.OTHER_PROTOCOL:
                return self._end(_other_version(error.detail))
            self.unreadable += 1
            return []
        self._heard_s = at_s
        if isinstance(message, Hello):
            return self._hello(message, at_s)
        if not self._ready:
            return []
        if isinstance(message, Ack):
            self._outbox.acknowledged(message)
            return []
        if isinstance(message, Beat) and message.session != self._session:
            return self._greet_anew(at_s)
        if not isinstance(message, Beat | Button | Mute | Knob):
            # Only a host says that: the line is an echo of our own, or two hosts share it.
            self.unreadable += 1
            return []
        new = self._inbox.is_new(message, sequence)
        answer = answer_to(message, sequence)
        told: list[SessionAction] = [Received(message)] if new else []
        return [Send(answer), *told] if answer else told

    def _hello(self, hello: Hello, at_s: float) -> list[SessionAction]:
        if hello.session != self._session:
            return self._greet_anew(at_s) if self._ready else []
        if self._ready:
            return []
        self._ready = True
        self._beat_due_s = at_s + BEAT_EVERY_S
        return [Ready(hello, at_s - self._greeted_s)]

    def _greet_anew(self, at_s: float) -> list[SessionAction]:
        """Begin again with a board that was reset."""
        self._session = self._session % LAST_SESSION + 1
        self._ready = False
        self._inbox.clear()
        self._outbox.clear()
        self._beat_due_s = at_s
        return []

    def _floods(self, size: int, at_s: float) -> bool:
        if at_s - self._flood_s >= 1.0:
            self._flood_s, self._flood_bytes = at_s, 0
        self._flood_bytes += size
        return self._flood_bytes > FLOOD_BYTES

    def _end(self, error: BridgeError) -> list[SessionAction]:
        self._over = True
        return [Lost(error)]


def _silence(was_ready: bool) -> BridgeError:
    if was_ready:
        return BoardLostError("the board says nothing any more; press its reset button")
    return BoardLostError(
        "nothing that speaks the board's protocol answers there; flash the board, or name another "
        "port"
    )


def _other_version(protocol: int) -> BridgeError:
    newer = "update xtalk-edge" if protocol > PROTOCOL else "flash the board again"
    return BoardVersionError(
        f"the board speaks version {protocol} of the protocol and this program version {PROTOCOL}; "
        f"{newer}"
    )
