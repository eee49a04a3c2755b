"""Trying a server with a text: to be answered, or to be spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xtalk_edge.clock import now_s
from xtalk_edge.uplink.check.notes import VisitNotes
from xtalk_edge.uplink.check.report import Trial
from xtalk_edge.uplink.xtalk.facts import (
    Action,
    Fact,
    Heard,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.link import Link
from xtalk_edge.uplink.xtalk.messages import ServerError

TRIAL_S = 20.0
"""Agents that look something up say nothing for fifteen."""

QUESTION = "Hello."
"""Every agent has an answer to it, and none does anything because of it."""
RECITAL = "One, two, three."


@dataclass(frozen=True, slots=True)
class Trials:
    """Sends texts over a connection.

    Args:
        link: the connection.
        notes: where everything is told.
    """

    link: Link
    notes: VisitNotes

    async def question(self) -> Trial:
        """Have a text answered.

        Raises:
            UplinkError: no text may leave the device.
        """
        return await self._try(self.link.protocol.submit_text, QUESTION, _is_answered)

    async def recital(self) -> Trial:
        """Have a text spoken. Raises as `question`."""
        return await self._try(self.link.protocol.speak, RECITAL, _is_spoken)

    async def _try(
        self,
        request: Callable[[str, float], list[Action]],
        text: str,
        is_done: Callable[[list[Fact]], bool],
    ) -> Trial:
        n_before, began_s = len(self.notes.told), now_s()

        def came() -> list[Fact]:
            return [fact for _, fact in self.notes.told[n_before:]]

        self.link.ask(request, text)
        await self.notes.until(lambda: is_done(came()), TRIAL_S)
        result = _result(self.notes.told[n_before:], began_s)
        self.link.do(self.link.protocol.stop)
        return result


def _result(told: list[tuple[float, Fact]], began_s: float) -> Trial:
    def after_s(kind: type[ReplyText | ReplySound]) -> float | None:
        return next((at_s - began_s for at_s, fact in told if isinstance(fact, kind)), None)

    facts = [fact for _, fact in told]
    rates = [fact.rate_hz for fact in facts if isinstance(fact, ReplySound) and fact.pcm]
    return Trial(
        accepted=any(isinstance(fact, Heard | ReplySound) for fact in facts),
        text_after_s=after_s(ReplyText),
        sound_after_s=after_s(ReplySound) if rates else None,
        rate_hz=rates[0] if rates else None,
        errors=tuple(fact.text for fact in facts if isinstance(fact, ServerError)),
    )


# -- when enough was told --------------------------------------------------------------------


def _is_answered(facts: list[Fact]) -> bool:
    """Tell whether words and sound have come, or no more will."""
    kinds = {type(fact) for fact in facts}
    if Unanswered in kinds or any(_is_failure(fact, of_voice=False) for fact in facts):
        return True
    has_words = ReplyText in kinds if _has_sound(facts) else ReplyTextComplete in kinds
    return has_words and _is_spoken(facts)


def _is_spoken(facts: list[Fact]) -> bool:
    """Tell whether sound has come, or none will."""
    over = any(
        isinstance(fact, ReplyOver | Unanswered) or _is_failure(fact, of_voice=True)
        for fact in facts
    )
    return over or _has_sound(facts)


def _has_sound(facts: list[Fact]) -> bool:
    return any(isinstance(fact, ReplySound) and fact.pcm for fact in facts)


def _is_failure(fact: Fact, *, of_voice: bool) -> bool:
    return isinstance(fact, ServerError) and fact.is_of_voice == of_voice
