"""Fits what a brain's confidence is worth, and from where on it may act; writes both into the file.

python -m models.starter.brain.calibrate   after every training; the exam takes no part.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.starter import KIT
from models.starter.brain import certainty
from models.starter.brain.asking import EFFECTS, Brain
from models.starter.brain.evaluate import Outcome, outcomes
from models.starter.corpus import held_out
from models.starter.corpus.examples import Example, open_corpus
from models.starter.language import chat
from xtalk_edge.engines.agent.abstention import MOST_CERTAIN, Abstention

SEED = 2_000_003
"""No example of it was trained on or validated with, but for chance."""

DRAWS = 3_000

WRONG_ACTIONS = 0.015
"""Share of what is no command that may be acted on; half of it by what has no effects, which is
done without asking."""

WRONG_QUESTIONS = 0.04
"""Share of what is no command that may be acted on or asked about."""

ASK_FROM = 0.5
"""Below this a call is more likely wrong than right, and a question about it a nuisance."""

MOST_CAUTIOUS = 0.99

NEWTON_STEPS = 50
SMALLEST_STEP = 1e-9
RIDGE = 1e-3
"""Holds the fit a little towards the raw confidence, where few misses say little."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One answer to a sentence whose right answer is known."""

    raw: float
    """Confidence of the call made; 0 if none was."""
    right: bool
    command: bool
    """Whether a call was wanted at all."""
    effects: bool
    """Whether the call made would change anything."""
    weight: float


def as_row(example: Example) -> held_out.Row:
    """Return a drawn example as a phrasing to evaluate."""
    called = chat.read_call(example.answer)
    row: held_out.Row = {"text": example.text, "tool": "", "arguments": {}}
    if called:
        row |= {"tool": called[0], "arguments": called[1]}
    before = chat.read_call(example.before.answer) if example.before else None
    if example.before and before:
        earlier = {"text": example.before.text, "tool": before[0], "arguments": before[1]}
        row["before"] = earlier
    return row


def drawn(count: int) -> list[held_out.Row]:
    """Return fresh draws from the corpus."""
    examples = (each for each in open_corpus(SEED) if each.result is None)
    return [as_row(each) for each in itertools.islice(examples, count)]


def trials(results: Sequence[Outcome]) -> list[Trial]:
    """Return what calibration needs to know; the trials of one source weigh one together."""
    return [
        Trial(
            each.answer.raw_confidence,
            each.right,
            bool(each.wanted),
            each.answer.call is not None and each.answer.call.name in EFFECTS,
            1.0 / len(results),
        )
        for each in results
    ]


def platt(made: Sequence[Trial]) -> tuple[float, float]:
    """Return scale and offset of the logit that make confidence the chance of being right.

    Newton's method on the weighted likelihood, with Platt's targets: not quite 0 and 1, so that a
    brain without a miss is not believed without limit.
    """
    hits = sum(t.right for t in made)
    high, low = (hits + 1) / (hits + 2), 1 / (len(made) - hits + 2)
    targets = np.array([high if t.right else low for t in made])
    weights = np.array([t.weight for t in made])
    weights /= weights.sum()
    raw = np.clip([t.raw for t in made], 1.0 - MOST_CERTAIN, MOST_CERTAIN)
    inputs = np.stack([np.log(raw / (1.0 - raw)), np.ones(len(made))])
    start = fit = np.array([1.0, 0.0])

    def cost(at: NDArray[np.float64]) -> float:
        logits = at @ inputs
        surprise = weights @ (np.logaddexp(0.0, logits) - targets * logits)
        return float(surprise + RIDGE / 2 * ((at - start) ** 2).sum())

    for _ in range(NEWTON_STEPS):
        p = 0.5 * (1.0 + np.tanh(0.5 * (fit @ inputs)))
        slope = inputs @ (weights * (p - targets)) + RIDGE * (fit - start)
        curve = (inputs * (weights * p * (1.0 - p))) @ inputs.T + RIDGE * np.eye(2)
        step = np.linalg.solve(curve, slope)
        while cost(fit - step) > cost(fit) and np.abs(step).max() > SMALLEST_STEP:
            step /= 2.0
        fit = fit - step
    return float(fit[0]), float(fit[1])


def thresholds(all_trials: Sequence[Trial], scale: float, offset: float) -> tuple[float, float]:
    """Return act_above and ask_above, the lowest that keep both shares of wrong deeds."""
    fit = Abstention(scale=scale, offset=offset)
    quiet = [t for t in all_trials if not t.command]
    total = sum(t.weight for t in quiet)
    calls = [(fit.calibrated(t.raw), t.effects, t.weight) for t in quiet if t.raw > 0.0]

    def share(from_confidence: float, *effects: bool) -> float:
        """Return how much of what is no command gets a call as sure as that, of some kind."""
        return sum(w for c, e, w in calls if c >= from_confidence and e in effects) / total

    def lowest(start: float, fits: Callable[[float], bool]) -> float:
        steps = (step / 100 for step in range(round(100 * start), 100))
        return next((step for step in steps if fits(step)), MOST_CAUTIOUS)

    ask = lowest(
        ASK_FROM,
        lambda step: (
            share(step, True, False) <= WRONG_QUESTIONS and share(step, False) <= WRONG_ACTIONS / 2
        ),
    )
    told = share(ask, False)
    return lowest(ask, lambda step: told + share(step, True) <= WRONG_ACTIONS), ask


def main() -> None:
    """Calibrate brain.gguf, or another file."""
    parser = argparse.ArgumentParser(description="Fit a brain's confidence and thresholds.")
    parser.add_argument("model", type=Path, nargs="?", default=KIT / "brain.gguf")
    parser.add_argument("--draws", type=int, default=DRAWS, help="sentences to draw")
    options = parser.parse_args()
    brain = Brain(options.model)
    tried = [
        trial
        for rows in (drawn(options.draws), *map(held_out.read, held_out.PRACTICE))
        for trial in trials(outcomes(brain, rows))
    ]
    brain.close()
    scale, offset = platt([t for t in tried if t.raw > 0.0])
    act, ask = thresholds(tried, scale, offset)
    figures = {"confidence_scale": scale, "confidence_offset": offset,
               "act_above": act, "ask_above": ask}  # fmt: skip
    certainty.set_figures(options.model, figures)
    print("  ".join(f"{name} {value:.3f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
