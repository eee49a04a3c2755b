"""A fake X-Talk server on loopback that plays each generation of the protocol, and each fault.

    async with FakeXTalk("G3", plugin=True, replies=reply("One.", "Two."),
                         faults=[Fault(Point.MID_AUDIO, Stall(), turn=2)]) as server:
        ...                                        # connect a client to server.url
        await server.received.wait("submit_text")  # facts, not time
        await server.stalled()
        await server.strike(Reset())               # a deed at any moment, to whoever is there
        server.faults.clear()                      # faults may be changed at any time
        await server.refuse()                      # connections are refused from now on
        await server.listen()                      # and accepted again, on the same port
    server.received.actions(), server.sent.all, server.connections[0].headers, server.history

Generations: "G1", "G1.5", "G2", "G3". Single traits are keyword arguments, see `Traits`:
`hello="none"` (an app's bare `connect`), `token="..."`, `queue=(2, 1)`, `queue_ends=False`,
`tts_finished="never"`, `finish_resp="late"`, `sound="wav"`, `server_vad=True`,
`clock_offset_s=3e8`. A turn passes every point of `TURN_POINTS`. One binary message of more than
1 MiB: `reply("...", audio_ms=12_000)` of "G1".

The plugin (`plugin=True`) answers `edge_capabilities` with
`{"action": "edge_capabilities", "data": {"submit_text": true, "speak": true, "version": 1}}` and
takes `submit_text{text}`, `speak{text, append, flush}` and `stop`. `append` (false) adds to what is
being spoken, else that is stopped; `flush` (true) says that the text ends here; an empty text with
`append` and `flush` only ends it.
"""

from tests.fake_xtalk.faults import (
    CAPTIVE_PORTAL,
    TURN_POINTS,
    Close,
    Deed,
    Drip,
    Duplicate,
    Fault,
    HalfOpen,
    Http,
    Kill,
    Point,
    Raw,
    Reset,
    Say,
    Stall,
    Swap,
)
from tests.fake_xtalk.record import Record, Said
from tests.fake_xtalk.script import DEFAULT_REPLY, Generation, Piece, Reply, Traits, reply
from tests.fake_xtalk.server import Connection, FakeXTalk

__all__ = [
    "CAPTIVE_PORTAL",
    "DEFAULT_REPLY",
    "TURN_POINTS",
    "Close",
    "Connection",
    "Deed",
    "Drip",
    "Duplicate",
    "FakeXTalk",
    "Fault",
    "Generation",
    "HalfOpen",
    "Http",
    "Kill",
    "Piece",
    "Point",
    "Raw",
    "Record",
    "Reply",
    "Reset",
    "Said",
    "Say",
    "Stall",
    "Swap",
    "Traits",
    "reply",
]
