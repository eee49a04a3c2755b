"""What `bench agent` prints of a model, and what it judges."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from .agent_abort import LIMIT_MS, AbortResult
from .agent_pace import MOST_STEPS, SMALLEST_STEP_MS, PaceResult
from .agent_subject import Loading
from .percentiles import Percentiles


@dataclass(frozen=True, slots=True)
class Condition:
    """What was measured while the machine did one thing."""

    pace: PaceResult
    aborts: AbortResult
    ear_late_ms: Percentiles | None
    """How late the recogniser was; None when it did not run."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the verdict."""

    name: str
    passed: bool
    found: str


def checks(condition: Condition) -> list[Check]:
    """Judge what was measured."""
    pace, aborts = condition.pace, condition.aborts
    found = [
        Check(
            "a prefix that was read is not read again",
            pace.prefix_read_again_tokens == 0,
            f"{pace.prefix_read_again_tokens} of {pace.prefix_tokens} tokens",
        ),
        Check(
            f"first token of a question read ahead within {MOST_STEPS:g} steps "
            f"or {MOST_STEPS * SMALLEST_STEP_MS:g} ms",
            pace.prefilled_steps <= MOST_STEPS,
            f"{pace.prefilled_steps:.2f} steps",
        ),
    ]
    for name, stop_ms in (
        ("reads", aborts.reading_ms),
        ("writes", aborts.writing_ms),
        ("writes a call", aborts.calling_ms),
    ):
        found.append(
            Check(
                f"stops within {LIMIT_MS:g} ms while it {name}, p95",
                stop_ms.p95 <= LIMIT_MS,
                f"{stop_ms.p95:.1f} ms",
            )
        )
    return found


def as_record(condition: Condition) -> dict[str, Any]:
    """Return all of it for a program to read."""
    pace = condition.pace
    return dataclasses.asdict(condition) | {
        "tokens_per_s": pace.tokens_per_s,
        "read_tokens_per_s": pace.read_tokens_per_s,
        "prefilled_steps": pace.prefilled_steps,
        "checks": [dataclasses.asdict(check) for check in checks(condition)],
    }


def loading_text(loading: Loading, file_mb: float) -> str:
    """Tell what loading a model took."""
    before, after = loading.before, loading.after
    return f"""\
  loaded in               {loading.seconds:.2f} s, file of {file_mb:.0f} MB
  memory, MB              {before.whole_mb:.0f} before, {after.whole_mb:.0f} after: \
{after.own_mb - before.own_mb:+.0f} its own, {after.file_mb - before.file_mb:+.0f} pages of files"""


def condition_text(what: str, condition: Condition) -> str:
    """Tell what was measured while the machine did `what`, and what is good of it."""
    pace, aborts = condition.pace, condition.aborts
    ear = ""
    if condition.ear_late_ms is not None:
        ear = f"\n  the ear was behind      {_spread(condition.ear_late_ms)}"
    lines = "\n".join(
        f"  {'PASS' if check.passed else 'FAIL'}  {check.name}: {check.found}"
        for check in checks(condition)
    )
    return f"""\
{what}, ms
  first token, cold       {_spread(pace.cold_ms)}
    prefix warm           {_spread(pace.warm_ms)}
    question read ahead   {_spread(pace.prefilled_ms)}
  each token              {_spread(pace.step_ms)}
    of it, choosing       {_spread(pace.choice_ms)}
  stops while it reads    {_spread(aborts.reading_ms)}
    writes                {_spread(aborts.writing_ms)}
    writes a call         {_spread(aborts.calling_ms)}{ear}
  reads {pace.read_tokens_per_s:.0f} and writes {pace.tokens_per_s:.1f} tokens/s; prompt of \
{pace.prompt_tokens} tokens, {pace.prefix_tokens} of them persona and tools
{lines}"""


def _spread(p: Percentiles) -> str:
    return f"p50 {p.p50:.1f}  p95 {p.p95:.1f}  worst {p.worst:.1f}  ({p.count} times)"
