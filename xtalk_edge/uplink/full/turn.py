"""One turn at a server that hears, thinks and speaks: what is known of it. Pure."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from xtalk_edge.uplink.clauses import WholeClauses
from xtalk_edge.uplink.full.spoken_share import USUAL_PACE, clause_end_near, sounds_of
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    Rejected,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.messages import ServerError

LONGEST_S = 300.0
"""Sound of one reply that is kept until it is heard: servers send it as fast as they make it, and
early ones cannot be told to wait. Five minutes are 28 MB at 48 kHz; nobody listens longer."""


class Told(Enum):
    """What the server was told of a turn."""

    NOTHING = auto()
    BEGINNING = auto()
    """And what was said since."""
    END = auto()


class Flow(Enum):
    """How it stands with a reply's sound."""

    COMING = auto()
    """Or still to come."""
    ENOUGH = auto()
    """No more is taken: the server does not end."""
    STOPPED = auto()
    """The server ended it in the middle: what was not heard yet must not be."""
    OVER = auto()
    """The server has no more."""


class FullTurn:
    """One turn, from the first sound sent to the last that was heard of the reply.

    Args:
        turn_id: the device's number of it.
        from_sample: where it begins in the clean ring.
    """

    def __init__(self, turn_id: int, from_sample: int) -> None:
        self.turn_id = turn_id
        self.from_sample = from_sample
        self.end_sample: int | None = None
        """Where what is said ends; None while that is open."""
        self.told = Told.NOTHING
        """What the server was told of it."""
        self.is_left = False
        """Whether nobody wants the answer."""
        self.is_silenced = False
        """Whether the server began to give it all the same, and was stopped again."""
        self.understood: str | None = None
        """What the server understood; None while it has not said."""
        self.is_rejected = False
        """Whether the server takes it for no turn."""
        self.text = ""
        """Of the reply."""
        self.failure = ""
        """Why no more comes of the reply; "" while all is well."""
        self.unsaid = ""
        """Words of the reply whose sound was lost, in whole clauses."""
        self.pace = USUAL_PACE
        """Speech sounds a second, as this server speaks."""
        self.rate_hz = 0
        """Of the reply's sound; 0 while there is none."""
        self.heard_ms = 0.0
        self.signs = 0
        """Signs of life."""
        self.is_done = False
        """Whether all of it was heard, and its words are known."""
        self.is_text_complete = False
        self._flow = Flow.COMING
        self._received_s = 0.0
        self._sounds: deque[ReplySound] = deque()
        self._follows = False
        """Whether words are told as their sound is heard, rather than before."""

    @property
    def is_told(self) -> bool:
        """Whether the server was told of it."""
        return self.told is not Told.NOTHING

    @property
    def is_understood(self) -> bool:
        """Whether there is no use in waiting for what the server understood."""
        return self.understood is not None or self.is_rejected or bool(self.failure)

    @property
    def has_sound(self) -> bool:
        """Whether the reply can be heard."""
        return self.rate_hz > 0

    @property
    def is_over(self) -> bool:
        """Whether no more sound comes."""
        return self._flow is not Flow.COMING

    @property
    def is_stopped(self) -> bool:
        """Whether what was not heard yet of the reply must not be."""
        return self._flow is Flow.STOPPED

    @property
    def is_at_rest(self) -> bool:
        """Whether the server itself ended the reply, so that nobody need stop it."""
        return self._flow in (Flow.STOPPED, Flow.OVER)

    @property
    def unheard_s(self) -> float:
        """Length of the sound that came and was not heard yet."""
        return max(0.0, self._received_s - self.heard_ms / 1000)

    def next_sound(self) -> ReplySound | None:
        """Return the next piece to be played, each once; None while there is none."""
        return self._sounds.popleft() if self._sounds else None

    def take(self, fact: Fact) -> None:
        """Take what the server tells."""
        self.signs += 1
        if self.is_rejected or self.told is not Told.END:
            # Before the end was told, it is about an earlier turn.
            return
        if isinstance(fact, Heard):
            self.understood = fact.text
        elif isinstance(fact, Rejected):
            self.is_rejected = True
        elif isinstance(fact, Unanswered):
            self.fail(fact.reason)
        elif isinstance(fact, ServerError):
            self.fail(f"the server could not answer: {fact.text}")
        elif self.understood is not None:
            self._take_reply(fact)

    def fail(self, failure: str) -> None:
        """Take that no more comes; what came before is still to be heard.

        A reply that is whole already stays so.
        """
        self.signs += 1
        if self.is_over or self.failure:
            return
        if not self._follows:
            self._part()
        if self.has_sound and self.knows_all and not self.unsaid:
            self._end()
        else:
            self.failure = failure

    @property
    def knows_all(self) -> bool:
        """Whether all words are known although their sound was lost."""
        return self.is_text_complete and not self._follows

    @property
    def measured_pace(self) -> float | None:
        """Speech sounds a second in a reply that is whole; None where it does not tell."""
        is_whole = self.is_over and self.is_text_complete and not (self.is_stopped or self.failure)
        return sounds_of(self.text) / self._received_s if is_whole and self.text else None

    def heard(self, sound_ms: float) -> None:
        """Take that more of the sound was heard."""
        self.heard_ms += sound_ms
        self.signs += 1

    def _take_reply(self, fact: Fact) -> None:
        match fact:
            case ReplyText(_, text) if not self.failure:
                self._follows |= not self.text and self.heard_ms > 0.0
                self.text = text
            case ReplyTextComplete():
                self.is_text_complete = True
            case ReplySound():
                self._take_sound(fact)
            case Stopped():
                self._sounds.clear()
                self._received_s = self.heard_ms / 1000
                self.is_text_complete = True
                self._end()
                self._flow = Flow.STOPPED
            case ReplyOver():
                self._end()

    def _take_sound(self, sound: ReplySound) -> None:
        if self.is_over or self.failure:
            return
        if self._received_s > LONGEST_S:
            self._flow, self.is_text_complete = Flow.ENOUGH, True
            return
        if sound.pcm and not self.rate_hz:
            self.rate_hz = sound.rate_hz
        self._received_s += length_ms(sound) / 1000
        self._sounds.append(sound)

    def _end(self) -> None:
        if self.is_at_rest or self.failure:
            return
        if not self.has_sound:
            self.fail(Unanswered("sound").reason)
        self._flow = Flow.OVER

    def _part(self) -> None:
        """Part the words, which are told before their sound, where the sound ends."""
        at = clause_end_near(self.text, self._received_s * self.pace)
        said, unsaid = self.text[:at], self.text[at:]
        self.text = said.rstrip()
        self.unsaid = (unsaid if self.is_text_complete else WholeClauses().push(unsaid)).strip()


def length_ms(sound: ReplySound) -> float:
    """Return how long a piece sounds."""
    return 1000 * len(sound.pcm) / 2 / sound.rate_hz
