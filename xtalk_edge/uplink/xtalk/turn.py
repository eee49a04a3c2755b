"""What a server owes: some things it answers with silence, so somebody watches the clock. Pure."""

from __future__ import annotations

from typing import Literal

from xtalk_edge.uplink.xtalk.facts import Action, Resumed, Unanswered

VERDICT_S = 3.0
"""After somebody spoke; a slow recogniser takes two seconds, and some never say anything."""
RESUME_S = 1.5
"""After somebody spoke over a reply: rejected speech is told by nothing at all once the agent has
finished, and a reply that stands still for longer seems to be over."""
RECEIPT_S = 1.5
"""After a text was sent: servers that know it repeat it at once, so this is the network's time."""
REPLY_S = 15.0
"""Until the first word or sound; agents that look something up say nothing meanwhile."""


class TurnWatch:
    """Watches one turn until its reply has begun."""

    def __init__(self) -> None:
        self.wake_at_s: float | None = None
        """When there is something to do if nothing happens before."""
        self._missing: Literal["receipt", "verdict", "reply", "sound"] = "verdict"
        self._over_reply = False

    @property
    def wants_receipt(self) -> bool:
        """Whether a text was sent that has not come back."""
        return self.wake_at_s is not None and self._missing == "receipt"

    def speech_began(self, *, over_reply: bool) -> None:
        """Somebody speaks; whatever was waited for is answered by nobody now."""
        self.wake_at_s = None
        self._over_reply = over_reply

    def speech_ended(self, now_s: float) -> None:
        """Somebody has spoken; a verdict is due."""
        self._missing = "verdict"
        self.wake_at_s = now_s + (RESUME_S if self._over_reply else VERDICT_S)

    def text_sent(self, now_s: float) -> None:
        """A text was sent; that it came is due."""
        self._owe("receipt", now_s + RECEIPT_S)

    def began(self, missing: Literal["reply", "sound"], now_s: float) -> None:
        """The server is at work; this is due next."""
        self._owe(missing, now_s + REPLY_S)

    def is_alive(self, now_s: float) -> None:
        """The server shows that it is still at work."""
        if self.wake_at_s is not None and self._missing in ("reply", "sound"):
            self.wake_at_s = now_s + REPLY_S

    def reply_began(self) -> None:
        """The reply is there; while somebody speaks over one, that says nothing."""
        if self._missing in ("reply", "sound") or not self._over_reply:
            self.settle()

    def reply_stopped(self, now_s: float) -> None:
        """The server stopped the reply that was spoken over."""
        self._over_reply = False
        if self.wake_at_s is not None and self._missing == "verdict":
            self.wake_at_s = now_s + VERDICT_S

    def settle(self) -> None:
        """Nothing is owed any more."""
        self.wake_at_s = None

    def tick(self, now_s: float) -> list[Action]:
        """Say what does not come any more."""
        if self.wake_at_s is None or now_s < self.wake_at_s:
            return []
        self.wake_at_s = None
        if self._missing == "verdict" and self._over_reply:
            return [Resumed(by_server=False)]
        return [Unanswered(self._missing)]

    def _owe(self, missing: Literal["receipt", "reply", "sound"], due_s: float) -> None:
        self._missing, self.wake_at_s = missing, due_s
