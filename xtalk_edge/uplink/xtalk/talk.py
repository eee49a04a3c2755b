"""A spoken conversation with an X-Talk server: sound of the room up, sound of its replies down."""

from __future__ import annotations

from collections.abc import AsyncIterator

from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.xtalk.facts import Fact, ReplySound
from xtalk_edge.uplink.xtalk.line import Exchange


class Talk:
    """What the device tells a server that hears, thinks and speaks, and what comes back.

    The device itself notices when somebody speaks, lowers or pauses the reply meanwhile, and plays
    what it is sent; `facts` says what the server makes of it. What was heard must be acknowledged:
    late servers send no more than 300 ms that was not.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._protocol = exchange.protocol

    @property
    def facts(self) -> AsyncIterator[Fact]:
        """Everything the server tells, in order.

        Raises:
            UplinkError: the server was lost.
        """
        return aiter(self._exchange.facts)

    def begin_speech(self, pre_roll: bytes = b"") -> None:
        """Tell that somebody speaks.

        Args:
            pre_roll: what was said before that was noticed; s16le, mono, 16 kHz.

        Raises:
            UplinkError: sound may not leave the device.
        """
        BORDER.check("audio")
        self._exchange.do(lambda at_s: self._protocol.begin_speech(pre_roll, at_s))

    def send(self, pcm: bytes) -> None:
        """Send more of what is said, cut in any way; while nobody speaks nothing leaves."""
        self._exchange.do(lambda at_s: self._protocol.send_speech(pcm, at_s))

    def end_speech(self) -> None:
        """Tell that nobody speaks any more."""
        self._exchange.do(self._protocol.end_speech)

    def stop(self) -> None:
        """Have the server end its reply: the owner said "stop", or another answer won."""
        self._exchange.do(self._protocol.stop)

    def played(self, sound: ReplySound) -> None:
        """Tell that a piece was heard; each once, in order, also one without samples."""
        self._exchange.do(lambda at_s: self._protocol.played(sound, at_s))

    def playback_finished(self) -> None:
        """Tell that a reply was heard to its end, after `ReplyOver`."""
        self._exchange.do(self._protocol.playback_finished)

    def playback_stopped(self, played_ms: float) -> None:
        """Tell how much of a reply was heard, after `Stopped`."""
        self._exchange.do(lambda _: self._protocol.playback_stopped(played_ms))
