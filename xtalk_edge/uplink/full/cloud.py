"""What a server has to be that hears, thinks and speaks in the device's stead.

Whoever has such a server makes it tell these facts of `uplink.xtalk.facts`:

- `Hearing`: what it understood so far; it need not.
- `Heard`: what it understood, once a turn, after it was told that the speech ended and before
  anything of its reply. A server that does not know the words tells "".
- `Rejected`: what was said is no turn for it.
- `ReplyText`, `ReplySound`: more of the reply; words may come before their sound or behind it.
- `ReplyTextComplete`, `ReplyOver`: no more words; no more sound.
- `Stopped`: what was not heard yet of a reply must not be.
- `Unanswered`, `ServerError`: there will be no reply, or not the rest of it.
- Whatever else it tells is taken as a sign of life.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from xtalk_edge.uplink.cloud import Cloud
from xtalk_edge.uplink.xtalk.facts import Fact, ReplySound


class FullTalk(Protocol):
    """A spoken conversation with a server, of one turn after another."""

    @property
    def facts(self) -> AsyncIterator[Fact]:
        """Everything the server tells, in order.

        Raises:
            UplinkError: the server was lost.
        """

    def begin_speech(self, pre_roll: bytes = b"") -> None:
        """Tell that somebody speaks; a reply that is being given is over.

        Args:
            pre_roll: what was said before; s16le, mono, 16 kHz.

        Raises:
            UplinkError: sound may not leave the device.
        """

    def send(self, pcm: bytes) -> None:
        """Send more of what is said, cut in any way."""

    def end_speech(self) -> None:
        """Tell that nobody speaks any more: a reply is due."""

    def stop(self) -> None:
        """Have the server end its reply; nothing more of it is told."""

    def played(self, sound: ReplySound) -> None:
        """Tell that a piece was heard; each once, in order, also one without samples."""

    def playback_finished(self) -> None:
        """Tell that a reply was heard to its end, after `ReplyOver`."""

    def playback_stopped(self, played_ms: float) -> None:
        """Tell how much of a reply was heard, after `Stopped`."""


@runtime_checkable
class FullCloud(Cloud, Protocol):
    """A server one can talk with."""

    def talk(self) -> AbstractAsyncContextManager[FullTalk]:
        """Have the server hear, think and speak, as long as this is open.

        Raises:
            UplinkError: there is no session.
        """
