"""What board and host say to each other: typed messages and their bytes. Pure.

A body is a type, a sequence number, and the fields of that type, numbers with their low byte first.
Messages that must arrive carry a sequence number from 1 to 255 and are acknowledged; the others
carry 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import ClassVar

from firmware_bridge.wire import Verdict

PROTOCOL = 1
"""Version of all this; both sides say theirs in the first field of their greeting."""

MOST_SEQUENCE = 255
MOST_BUTTONS = 8
MOST_OUTPUTS = 8
MOST_NAME = 24
MOST_AGE_MS = 0xFFFF


class Action(IntEnum):
    """What happened to a button."""

    PRESS = 1
    RELEASE = 2
    TAP = 3
    """Pressed and let go soon, and not pressed again soon."""
    DOUBLE = 4
    """Two of these in a row; told in place of a tap."""
    LONG = 5
    """Held down for long; told while it still is."""


class Light(IntEnum):
    """What the lights show."""

    OFF = 0
    READY = 1
    """It may be spoken to without a wake phrase."""
    LISTENING = 2
    THINKING = 3
    SPEAKING = 4
    MUTED = 5
    ERROR = 6


class Feature(IntEnum):
    """What a board has besides buttons and outputs: bits of `Hello.features`."""

    MUTE_SWITCH = 1
    KNOB = 2
    SUPPLY_METER = 4
    LIGHTS = 8


@dataclass(frozen=True, slots=True)
class Hello:
    """The board says what it is; the answer to `Greet`, and what it says after a reset."""

    TYPE: ClassVar[int] = 0x01
    session: int
    """That of the greeting it answers; 0 after a reset."""
    firmware: tuple[int, int, int]
    buttons: int
    outputs: int
    features: int
    name: str
    """1 to 24 printable ASCII characters."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The board is alive, and this is how it is."""

    TYPE: ClassVar[int] = 0x02
    session: int
    uptime_ms: int
    supply_mv: int
    """Supply or battery; 0 where it cannot tell."""
    muted: bool
    pressed: int
    """One bit a button, the lowest for the first."""
    unreadable: int
    """Frames it could not read since the session began."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something happened to a button."""

    TYPE: ClassVar[int] = 0x03
    button: int
    action: Action
    age_ms: int
    """How long ago, when this was sent; a repeated message says more than the first did."""


@dataclass(frozen=True, slots=True)
class Mute:
    """How the mute switch stands."""

    TYPE: ClassVar[int] = 0x04
    muted: bool


@dataclass(frozen=True, slots=True)
class Knob:
    """How the volume knob stands."""

    TYPE: ClassVar[int] = 0x05
    percent: int


@dataclass(frozen=True, slots=True)
class Greet:
    """The host asks for a new session."""

    TYPE: ClassVar[int] = 0x41
    session: int
    """Not 0, and not the last one."""


@dataclass(frozen=True, slots=True)
class Alive:
    """The host is alive."""

    TYPE: ClassVar[int] = 0x42
    session: int


@dataclass(frozen=True, slots=True)
class SetLight:
    """Let the lights show this."""

    TYPE: ClassVar[int] = 0x43
    light: Light


@dataclass(frozen=True, slots=True)
class SetLevel:
    """How loud it is right now, as far as the lights show it."""

    TYPE: ClassVar[int] = 0x44
    level: int


@dataclass(frozen=True, slots=True)
class SetOutput:
    """Switch an output."""

    TYPE: ClassVar[int] = 0x45
    output: int
    on: bool


@dataclass(frozen=True, slots=True)
class Ack:
    """The message with that number has arrived."""

    TYPE: ClassVar[int] = 0x7F
    acknowledged: int


Message = (
    Hello | Beat | Button | Mute | Knob | Greet | Alive | SetLight | SetLevel | SetOutput | Ack
)

ACKNOWLEDGED = (Button, Mute, Knob, SetLight, SetOutput)
"""What is repeated until it is known to have arrived."""

_HELLO = Struct("<BIBBBBBB")
_BEAT = Struct("<IIHBBH")
_BUTTON = Struct("<BBH")
_GREET = Struct("<BI")
_SESSION = Struct("<I")


class MessageError(Exception):
    """A body that is no message."""

    def __init__(self, verdict: Verdict, detail: int = 0) -> None:
        super().__init__(verdict.name)
        self.verdict = verdict
        self.detail = detail
        """The other side's version of the protocol, where it is another one."""


def encode(message: Message, sequence: int = 0) -> bytes:
    """Return the body of a message.

    Args:
        message: whose fields lie within their limits.
        sequence: 1 to 255 for what is acknowledged, 0 for the rest.
    """
    return bytes((message.TYPE, sequence)) + _fields_of(message)


def _fields_of(message: Message) -> bytes:
    match message:
        case Hello(session, firmware, buttons, outputs, features, name):
            fixed = _HELLO.pack(PROTOCOL, session, *firmware, buttons, outputs, features)
            return fixed + name.encode("ascii")
        case Beat(session, uptime_ms, supply_mv, muted, pressed, unreadable):
            return _BEAT.pack(session, uptime_ms, supply_mv, muted, pressed, unreadable)
        case Button(button, action, age_ms):
            return _BUTTON.pack(button, action, age_ms)
        case Greet(session):
            return _GREET.pack(PROTOCOL, session)
        case Alive(session):
            return _SESSION.pack(session)
        case SetOutput(output, on):
            return bytes((output, on))
        case Mute(value) | Knob(value) | SetLight(value) | SetLevel(value) | Ack(value):
            return bytes((value,))


def decode(body: bytes | Verdict) -> tuple[Message, int]:
    """Return the message in a body, as a `FrameReader` gives it, and its sequence number.

    Raises:
        MessageError: it is none, or there was no body.
    """
    if isinstance(body, Verdict):
        raise MessageError(body)
    kind, sequence, fields = body[0], body[1], body[2:]
    reader = _READERS.get(kind)
    if reader is None:
        raise MessageError(Verdict.UNKNOWN_TYPE)
    message = reader(fields)
    if (sequence != 0) != isinstance(message, ACKNOWLEDGED):
        raise MessageError(Verdict.BAD_VALUE)
    return message, sequence


def _hello(fields: bytes) -> Message:
    _same_protocol(fields)
    if not 0 < len(fields) - _HELLO.size <= MOST_NAME:
        raise MessageError(Verdict.BAD_LENGTH)
    _, session, major, minor, patch, buttons, outputs, features = _HELLO.unpack_from(fields)
    name = fields[_HELLO.size :]
    printable = all(0x20 <= byte <= 0x7E for byte in name)
    _must(buttons <= MOST_BUTTONS and outputs <= MOST_OUTPUTS and printable)
    return Hello(session, (major, minor, patch), buttons, outputs, features, name.decode("ascii"))


def _beat(fields: bytes) -> Message:
    _must_be(fields, _BEAT.size)
    session, uptime_ms, supply_mv, muted, pressed, unreadable = _BEAT.unpack(fields)
    _must(muted <= 1)
    return Beat(session, uptime_ms, supply_mv, bool(muted), pressed, unreadable)


def _button(fields: bytes) -> Message:
    _must_be(fields, _BUTTON.size)
    button, action, age_ms = _BUTTON.unpack(fields)
    _must(button < MOST_BUTTONS and Action.PRESS <= action <= Action.LONG)
    return Button(button, Action(action), age_ms)


def _greet(fields: bytes) -> Message:
    _same_protocol(fields)
    _must_be(fields, _GREET.size)
    session: int = _GREET.unpack(fields)[1]
    _must(session != 0)
    return Greet(session)


def _alive(fields: bytes) -> Message:
    _must_be(fields, _SESSION.size)
    return Alive(_SESSION.unpack(fields)[0])


def _set_output(fields: bytes) -> Message:
    _must_be(fields, 2)
    _must(fields[0] < MOST_OUTPUTS and fields[1] <= 1)
    return SetOutput(fields[0], bool(fields[1]))


def _byte(
    make: Callable[[int], Message], at_least: int, at_most: int
) -> Callable[[bytes], Message]:
    """Return a reader of a message whose only field is a byte between two limits."""

    def read(fields: bytes) -> Message:
        _must_be(fields, 1)
        _must(at_least <= fields[0] <= at_most)
        return make(fields[0])

    return read


_READERS: dict[int, Callable[[bytes], Message]] = {
    Hello.TYPE: _hello,
    Beat.TYPE: _beat,
    Button.TYPE: _button,
    Mute.TYPE: _byte(lambda muted: Mute(bool(muted)), 0, 1),
    Knob.TYPE: _byte(Knob, 0, 100),
    Greet.TYPE: _greet,
    Alive.TYPE: _alive,
    SetLight.TYPE: _byte(lambda light: SetLight(Light(light)), Light.OFF, Light.ERROR),
    SetLevel.TYPE: _byte(SetLevel, 0, 255),
    SetOutput.TYPE: _set_output,
    Ack.TYPE: _byte(Ack, 1, MOST_SEQUENCE),
}


def _same_protocol(fields: bytes) -> None:
    # The first field of a greeting is the version for ever; what follows may be anything.
    if not fields:
        raise MessageError(Verdict.BAD_LENGTH)
    if fields[0] != PROTOCOL:
        raise MessageError(Verdict.OTHER_PROTOCOL, fields[0])


def _must_be(fields: bytes, size: int) -> None:
    if len(fields) != size:
        raise MessageError(Verdict.BAD_LENGTH)


def _must(true: bool) -> None:
    if not true:
        raise MessageError(Verdict.BAD_VALUE)
