"""What goes wrong, and where.

A fault is a point and a deed: `Fault(Point.MID_AUDIO, Stall())`. It is done each time the point is
reached, or only on the connection and turn that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.fake_xtalk.wire import Message, Wire


class Point(StrEnum):
    """A place in the life of a connection or in a turn."""

    ACCEPT = "at TCP accept"
    UPGRADE = "at the upgrade"
    HELLO = "before hello"
    READY = "after hello"
    SPEECH_START = "after vad_speech_start"
    SUBMIT = "after submit"
    """The text, the end of speech, or the text to speak has arrived; nothing was answered."""
    STOP_TTS = "before finish_asr"
    FINISH_ASR = "after finish_asr"
    FIRST_TEXT = "after the first update_resp"
    MID_TEXT = "in the middle of the text"
    START_TTS = "before start_tts"
    FIRST_AUDIO = "before the first binary"
    MID_AUDIO = "in the middle of the audio"
    LAST_AUDIO = "before the last binary"
    FINISH_RESP = "before finish_resp"
    TTS_FINISHED = "before tts_finished"
    OVER = "after the reply"


TURN_POINTS = tuple(Point)[tuple(Point).index(Point.SUBMIT) :]
"""Those that every answered turn passes, whatever the generation."""


class Deed:
    """Something that is done to a connection."""

    async def do(self, wire: Wire) -> None:
        """Do it; what comes after in the turn goes on when this returns."""
        raise NotImplementedError


@dataclass(frozen=True)
class Stall(Deed):
    """Stand still, for ever or until `FakeXTalk.release`; pings are answered meanwhile."""

    seconds: float | None = None

    async def do(self, wire: Wire) -> None:
        await wire.stall(self.seconds)


class HalfOpen(Deed):
    """Answer nothing any more, pings neither, and say nothing of it."""

    async def do(self, wire: Wire) -> None:
        wire.freeze()


@dataclass(frozen=True)
class Drip(Deed):
    """Send slowly from here on."""

    bytes_per_s: int

    async def do(self, wire: Wire) -> None:
        wire.drip_bytes_per_s = self.bytes_per_s


class Say(Deed):
    """Send messages that do not belong here: garbage, huge ones, binary where text is due."""

    def __init__(self, *messages: Message) -> None:
        self.messages = messages

    async def do(self, wire: Wire) -> None:
        for message in self.messages:
            await wire.say(message)


@dataclass(frozen=True)
class Raw(Deed):
    """Send bytes that are no WebSocket frame, or no TLS, or no HTTP."""

    data: bytes

    async def do(self, wire: Wire) -> None:
        await wire.write(self.data)


class Duplicate(Deed):
    """Send every message twice from here on."""

    async def do(self, wire: Wire) -> None:
        wire.duplicates = True


class Swap(Deed):
    """Send the next two messages in the wrong order."""

    async def do(self, wire: Wire) -> None:
        wire.swaps = True


@dataclass(frozen=True)
class Close(Deed):
    """Close the WebSocket with a code; also those that nobody may send."""

    code: int
    reason: str = ""

    async def do(self, wire: Wire) -> None:
        await wire.close(self.code, self.reason)


class Kill(Deed):
    """End the connection without a word, as a process that died does."""

    async def do(self, wire: Wire) -> None:
        wire.kill()


class Reset(Deed):
    """Reset the TCP connection."""

    async def do(self, wire: Wire) -> None:
        wire.reset()


@dataclass(frozen=True)
class Http(Deed):
    """Answer the upgrade with something else."""

    status: str = "403 Forbidden"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def do(self, wire: Wire) -> None:
        await wire.write(http_answer(self.status, self.body, self.headers))
        wire.kill()


CAPTIVE_PORTAL = Http(
    "200 OK",
    "<!DOCTYPE html><html><title>Welcome to Hotel Wi-Fi</title><form>Room number</form></html>",
    {"Content-Type": "text/html; charset=utf-8"},
)
"""What a hotel says in place of every server, until somebody logs in."""


@dataclass(frozen=True)
class Fault:
    """A deed at a point."""

    at: Point
    do: Deed
    connection: int | None = None
    """Number of the connection, from 1; None is each."""
    turn: int | None = None
    """Number of the turn on its connection, from 1; None is each."""


def http_answer(status: str, body: str, headers: Mapping[str, str]) -> bytes:
    """Return an HTTP answer as bytes."""
    data = body.encode()
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(data)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + data
