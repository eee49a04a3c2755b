"""Whether what came of a line is what should have. No I/O."""

from __future__ import annotations

import datetime
import re

from xtalk_edge.scenes.exchange import Exchange


def wanted_pattern(pattern: str, now: datetime.datetime) -> str:
    """Return an answer's pattern with the time and date of `now` in it.

    The time may be a minute old: telling it takes a moment.
    """
    minutes = (now, now - datetime.timedelta(minutes=1))
    time = "|".join(f"{at.hour % 12 or 12}:{at.minute:02}" for at in minutes)
    date = f"{now:%A}.*{now:%B} {now.day}"
    return pattern.replace("{time}", f"(?:{time})").replace("{date}", date)


def judge(exchange: Exchange) -> None:
    """Note what is wrong with an exchange, if anything is and nothing is noted yet."""
    if exchange.problem or exchange.line.announces:
        return
    judges = {"answered": _answered, "ignored": _ignored, "stopped": _stopped}
    outcome = exchange.line.outcome
    problem = judges[outcome](exchange) if outcome in judges else ""
    exchange.problem = problem or _in_time(exchange)


def _answered(exchange: Exchange) -> str:
    line = exchange.line
    if line.understood and not re.search(line.understood, exchange.understood):
        return "misunderstood"
    if line.tool and line.tool not in exchange.tools:
        return f"expected the tool {line.tool}"
    if not re.search(exchange.wanted, exchange.answer):
        return "wrong answer"
    return ""


def _ignored(exchange: Exchange) -> str:
    if exchange.stopped:
        return "the answer before was cut"
    if exchange.answer or exchange.tools:
        return "was answered, should have been ignored"
    return ""


def _stopped(exchange: Exchange) -> str:
    if not exchange.stopped:
        return "the answer before went on"
    if exchange.answer:
        return "was answered, should only have stopped the answer before"
    return ""


def _in_time(exchange: Exchange) -> str:
    line, silent_ms = exchange.line, exchange.silent_ms
    if silent_ms is None:
        limits = line.silent_within_ms or line.silent_after_ms
        return "the answer before went on" if limits else ""
    if line.silent_within_ms and silent_ms > line.silent_within_ms:
        return f"silent {silent_ms:.0f} ms after it began, not within {line.silent_within_ms}"
    after_ms = silent_ms - 1000 * (exchange.ends_s - exchange.begins_s)
    if line.silent_after_ms and after_ms > line.silent_after_ms:
        return f"silent {after_ms:.0f} ms after it ended, not within {line.silent_after_ms}"
    return ""
