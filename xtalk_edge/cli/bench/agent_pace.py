"""How long the first token takes from three states of the cache, and each token after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .agent_subject import QUESTION, Subject
from .percentiles import Percentiles, percentiles

MOST_STEPS = 2.0
"""Decode steps that the first token may take when the question was read ahead."""

SMALLEST_STEP_MS = 10.0
"""A quicker model than this is quick enough, whatever the Python around it takes."""


@dataclass(frozen=True, slots=True)
class Trials:
    """How often everything is measured."""

    cold: int
    warm: int
    steps: int
    aborts: int


@dataclass(frozen=True, slots=True)
class PaceResult:
    """How fast the model reads and writes."""

    cold_ms: Percentiles
    """From the question to its first token, when nothing was read before."""

    warm_ms: Percentiles
    """When persona and tools were read."""

    prefilled_ms: Percentiles
    """When the question, too, was read while it was spoken."""

    step_ms: Percentiles
    """From one token to the next."""

    choice_ms: Percentiles
    """Of that, taking the scores and choosing by them."""

    prompt_tokens: int
    prefix_tokens: int
    prefix_read_again_tokens: int
    """Of the prefix, in all trials in which it was in the cache; must be none."""

    @property
    def tokens_per_s(self) -> float:
        """Return how fast it writes."""
        return round(1000 / self.step_ms.p50, 1)

    @property
    def read_tokens_per_s(self) -> float:
        """Return how fast it reads."""
        return round(1000 * self.prompt_tokens / self.cold_ms.p50, 1)

    @property
    def prefilled_steps(self) -> float:
        """Return the first token of a question that was read ahead, in decode steps."""
        return round(self.prefilled_ms.p50 / max(self.step_ms.p50, SMALLEST_STEP_MS), 2)


def pace(subject: Subject, trials: Trials, tell: Callable[[str], None]) -> PaceResult:
    """Measure all of it."""
    model = subject.model
    prefix, prompt = subject.prompts.prefix, subject.prompt()

    def first_token_ms() -> float:
        began_s = time.perf_counter()
        model.evaluate(subject.prompt(), subject.never)
        subject.choose()
        return (time.perf_counter() - began_s) * 1000

    cold: list[float] = []
    for number in range(trials.cold):
        tell(f"first token, nothing read before: {number + 1} of {trials.cold}")
        subject.forget()
        cold.append(first_token_ms())

    read_again = 0
    warm: list[float] = []
    for number in range(trials.warm):
        tell(f"first token, persona and tools read before: {number + 1} of {trials.warm}")
        subject.read(prefix)
        before = model.evaluated_tokens
        warm.append(first_token_ms())
        read_again += model.evaluated_tokens - before - (len(prompt) - len(prefix))

    prefilled: list[float] = []
    for number in range(trials.warm):
        tell(f"first token, question read ahead: {number + 1} of {trials.warm}")
        subject.read_ahead(QUESTION)
        prefilled.append(first_token_ms())

    steps: list[float] = []
    choices: list[float] = []
    for number in range(trials.steps):
        tell(f"tokens: {number + 1} of {trials.steps}")
        began_s = time.perf_counter()
        token = subject.choose()
        chosen_s = time.perf_counter()
        if not model.has_room():
            subject.read(prompt)
        model.append(token, subject.never)
        steps.append((time.perf_counter() - began_s) * 1000)
        choices.append((chosen_s - began_s) * 1000)
    return PaceResult(
        cold_ms=percentiles(cold),
        warm_ms=percentiles(warm),
        prefilled_ms=percentiles(prefilled),
        step_ms=percentiles(steps),
        choice_ms=percentiles(choices),
        prompt_tokens=len(prompt),
        prefix_tokens=len(prefix),
        prefix_read_again_tokens=read_again,
    )
