"""What was found out about a server, in plain words for its owner. Pure: facts in, words out."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field

from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ, Ability
from xtalk_edge.uplink.xtalk.generation import ANY, EARLY, LATE, Generation

PLUGIN = "install the plugin on it, see docs/uplink.md"
"""What gives a server what it lacks."""

CLOCK_OFF_S = 60.0
"""Computers that ask a time server are less than a second apart; those that do not, minutes."""

SLOW_S = 0.2
"""Late servers send 300 ms of sound ahead of what was acknowledged: with less to spare than 100 ms
for the network's moods, it stutters."""

MOST_REASONS = 3
"""Of messages without sense: more say the same again."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one text."""

    accepted: bool = False
    """Whether the server took it."""
    text_after_s: float | None = None
    """Until the first word of its answer; None is none."""
    sound_after_s: float | None = None
    """Until the first sound; None is none."""
    rate_hz: int | None = None
    """Of that sound."""
    errors: tuple[str, ...] = ()
    """What the server said of it, made printable."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found out."""

    url: str
    trouble: str = ""
    """Why there is no session, or no more; a sentence."""
    leaves_in_clear: bool = False
    """Whether others on the way can listen."""
    is_elsewhere: bool = True
    """Whether it is another machine than this one."""
    proxy: str = ""
    """Host and port of the proxy that is on the way."""
    is_ready: bool = False
    """Whether there was a session."""
    is_xtalk: bool = False
    """Whether it said anything that only X-Talk servers say."""
    generations: frozenset[Generation] = ANY
    """Those that it may be."""
    has_plugin: bool = False
    can_answer_text: bool = False
    """Whether it takes texts, as far as it says or was tried."""
    can_speak_text: bool = False
    round_trips_s: tuple[float, ...] = ()
    clock_offset_s: float | None = None
    """How far its clock is ahead; None where it does not say."""
    question: Trial | None = None
    """A text to be answered; None was not tried."""
    recital: Trial | None = None
    """A text to be spoken; None was not tried."""
    nonsense: tuple[str, ...] = ()
    """Why messages of it made no sense."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """The report."""

    url: str
    what: str
    """What answers there, in a few words."""
    can: dict[Ability, bool] = field(default_factory=dict)
    missing: dict[Ability, str] = field(default_factory=dict)
    """Why it cannot do what it cannot."""
    round_trip_ms: float | None = None
    """Median."""
    first_word_ms: float | None = None
    first_sound_ms: float | None = None
    wrong: tuple[str, ...] = ()
    """What is wrong; sentences."""
    notes: tuple[str, ...] = ()
    """What is good to know; sentences."""

    @property
    def is_usable(self) -> bool:
        """Whether it can do anything for the device."""
        return any(self.can.values())


def report(found: Findings) -> Checkup:
    """Return what an owner is to know."""
    verdicts: dict[Ability, str] = {
        "full": _full(found),
        "agent": _agent(found),
        "tts": _tts(found),
    }
    usable = found.is_ready and found.is_xtalk and not found.trouble
    trials = [trial for trial in (found.question, found.recital) if trial is not None]
    sounds = [trial.sound_after_s for trial in trials if trial.sound_after_s is not None]
    words = None if found.question is None else found.question.text_after_s
    return Checkup(
        url=found.url,
        what=_what(found),
        can={use: usable and not why for use, why in verdicts.items()},
        missing={use: why for use, why in verdicts.items() if why} if usable else {},
        round_trip_ms=_ms(statistics.median(found.round_trips_s) if found.round_trips_s else None),
        first_word_ms=_ms(words),
        first_sound_ms=_ms(min(sounds, default=None)),
        wrong=tuple(_wrong(found, trials)),
        notes=tuple(_notes(found)),
    )


# -- what it is ------------------------------------------------------------------------------

_KINDS: dict[frozenset[Generation], str] = {
    frozenset({Generation.G1}): "an early X-Talk server (G1)",
    frozenset({Generation.G1_5}): "an early X-Talk server (G1.5)",
    EARLY: "an early X-Talk server (G1 or G1.5)",
    frozenset({Generation.G2}): "a late X-Talk server (G2)",
    frozenset({Generation.G3}): "a late X-Talk server (G3)",
    LATE: "a late X-Talk server (G2 or G3)",
}


def _what(found: Findings) -> str:
    if not found.is_ready:
        return "nothing that the device could talk to"
    if not found.is_xtalk:
        return "something that opens a WebSocket, and says nothing that an X-Talk server says"
    kind = _KINDS.get(found.generations, "an X-Talk server of an unknown generation")
    return f"{kind}, with the plugin" if found.has_plugin else kind


# -- what it can do --------------------------------------------------------------------------


def _full(found: Findings) -> str:
    if found.question is not None and found.question.accepted:
        if found.question.text_after_s is None and found.question.sound_after_s is None:
            return "its agent gave no answer"
        if found.question.sound_after_s is None:
            return "its voice gave no sound; whoever runs it has to configure one"
    return ""


def _agent(found: Findings) -> str:
    if not found.can_answer_text:
        return f"it takes no texts; {PLUGIN}"
    if found.question is None or found.question.text_after_s is not None:
        return ""
    return "it took a question and its agent gave no answer"


def _tts(found: Findings) -> str:
    if not found.can_speak_text:
        return f"it speaks no texts of others; {PLUGIN}"
    if found.recital is None or found.recital.sound_after_s is not None:
        return ""
    return "it took a text and its voice gave no sound; whoever runs it has to configure one"


# -- what is wrong, and what is good to know -------------------------------------------------


def _wrong(found: Findings, trials: list[Trial]) -> list[str]:
    wrong = [found.trouble] if found.trouble else []
    if found.is_ready and not found.is_xtalk and not found.trouble:
        wrong.append("no X-Talk server answers there; is the path right? The usual one is /ws")
    if found.clock_offset_s is not None and abs(found.clock_offset_s) > CLOCK_OFF_S:
        way = "ahead of" if found.clock_offset_s > 0 else "behind"
        wrong.append(
            f"its clock is {_span(abs(found.clock_offset_s))} {way} the device's; one of them is "
            "wrong: let it ask a time server, or certificates and timers will not be right"
        )
    rates = {trial.rate_hz for trial in trials if trial.rate_hz is not None}
    wrong += [
        f"its voice sends WAV files of {rate:,} Hz where plain sound of {CLOUD_RATE_HZ:,} Hz is "
        "due; the device plays them, browsers make noise of them: configure another voice on it"
        for rate in sorted(rates - {CLOUD_RATE_HZ})
    ]
    errors = Counter(error for trial in trials for error in trial.errors)
    wrong += [f"it reports an error: {error}" for error in errors]
    reasons = Counter(found.nonsense)
    wrong += [
        f"{_times(count)} it said something without sense: {reason}"
        for reason, count in reasons.most_common(MOST_REASONS)
    ]
    return wrong


def _notes(found: Findings) -> list[str]:
    notes = []
    if found.proxy:
        notes.append(f"the way leads through the proxy {found.proxy}")
    if found.leaves_in_clear and found.is_elsewhere:
        notes.append("ws:// is not encrypted: anybody on the way can listen")
    if not (found.is_ready and found.is_xtalk):
        return notes
    if found.generations <= EARLY:
        notes.append("it forgets the conversation whenever the connection is lost")
        if found.is_elsewhere:
            notes.append(
                "early servers ask nobody who they are: keep it in a network of your own, or "
                "behind a proxy that encrypts and wants a token"
            )
    if found.generations in (EARLY, LATE):
        notes.append("which of the two it is shows with its first answer")
    slow = found.round_trips_s and statistics.median(found.round_trips_s) > SLOW_S
    if slow and found.generations <= LATE:
        notes.append("the way is so long that its speech may stutter: it sends little ahead")
    if found.question is None and found.can_answer_text and not found.has_plugin:
        notes.append("whether it takes texts was not tried")
    return notes


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


_SPANS = ((365.25 * 86_400, "years"), (86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"))


def _span(seconds: float) -> str:
    """Return "10 years" or "3 hours"."""
    for length_s, name in _SPANS:
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {name}"
    return f"{seconds:.0f} seconds"
