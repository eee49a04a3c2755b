"""What the device needs of whoever hears, thinks and speaks in its stead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from xtalk_edge.uplink.xtalk_facts import Fact, ReplySound


class Conversation(Protocol):
    """Sound of the room up, sound of replies down; what comes of it is told as facts.

    The device itself notices when somebody speaks, lowers or pauses the reply meanwhile, and plays
    what it is sent.
    """

    @property
    def facts(self) -> AsyncIterator[Fact]:
        """Everything the other side tells, in order.

        Raises:
            UplinkError: it was lost.
        """

    def begin_speech(self, pre_roll: bytes = b"") -> None:
        """Tell that somebody speaks.

        Args:
            pre_roll: what was said before that was noticed; s16le, mono, 16 kHz.

        Raises:
            UplinkError: sound may not leave the device.
        """

    def send(self, pcm: bytes) -> None:
        """Send more of what is said, cut in any way; while nobody speaks nothing leaves."""

    def end_speech(self) -> None:
        """Tell that nobody speaks any more."""

    def stop(self) -> None:
        """Have the other side end its reply: the owner said "stop", or another answer won."""

    def played(self, sound: ReplySound) -> None:
        """Tell that a piece was heard; each once, in order, also one without samples."""

    def playback_finished(self) -> None:
        """Tell that a reply was heard to its end, after `ReplyOver`."""

    def playback_stopped(self, played_ms: float) -> None:
        """Tell how much of a reply was heard, after `Stopped`."""


class Conversing(Protocol):
    """Whoever can be talked with."""

    def talk(self) -> AbstractAsyncContextManager[Conversation]:
        """Have it hear, think and speak, as long as this is open.

        Raises:
            UplinkError: it is not there, or refused.
        """
