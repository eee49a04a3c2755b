"""When to act, when to ask back, and when to say that nothing was understood (pure).

What a model calls its confidence is no probability of being right: `scale` and `offset` are
fitted on held-out phrasings (Platt scaling of its logit) and travel in the model file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

from xtalk_edge.errors import ConfigError, ModelError

MOST_CERTAIN = 1.0 - 1e-6
"""Where the logit is cut off: a float32 softmax says no more than this."""


FIGURES = ("act_above", "ask_above", "confidence_scale", "confidence_offset")
"""What a model file may say of itself, under `xtalk_edge.`."""


class Verdict(Enum):
    """What to do about a tool call."""

    ACT = auto()
    ASK = auto()
    REFUSE = auto()


@dataclass(frozen=True, slots=True)
class Abstention:
    """How sure a tool call must be; all probabilities 0.0 to 1.0. By default every call runs."""

    act_above: float = 0.0
    """A call with effects is run from here on."""
    ask_above: float = 0.0
    """A call with effects is asked about from here on, one without effects is run."""
    scale: float = 1.0
    offset: float = 0.0

    def calibrated(self, raw: float) -> float:
        """Return the chance that a call of this raw confidence is right."""
        bounded = min(max(raw, 1.0 - MOST_CERTAIN), MOST_CERTAIN)
        logit = self.scale * math.log(bounded / (1.0 - bounded)) + self.offset
        if logit < 0.0:
            return math.exp(max(logit, -700.0)) / (1.0 + math.exp(max(logit, -700.0)))
        return 1.0 / (1.0 + math.exp(-logit))

    def verdict(self, confidence: float, *, has_effects: bool) -> Verdict:
        """Return what to do about a call of this calibrated confidence.

        A wrong answer costs a moment and a question about it as much, so only effects are asked
        about.
        """
        if confidence >= (self.act_above if has_effects else self.ask_above):
            return Verdict.ACT
        return Verdict.ASK if confidence >= self.ask_above else Verdict.REFUSE


def fitted(
    figures: dict[str, str],
    fallback: Abstention,
    *,
    act_above: float | None = None,
    ask_above: float | None = None,
) -> Abstention:
    """Return what the owner set, else what the model file says, else the fallback.

    Args:
        figures: the model's own, in words: act_above, ask_above, confidence_scale and
            confidence_offset; "" for one it lacks.
        fallback: what holds for a model without figures.
        act_above: the owner's setting; None for what fits the model.
        ask_above: the same.

    Raises:
        ConfigError: a setting is no probability, or both contradict each other.
        ModelError: a figure in the model file is none.
    """
    for name, value in (("act_above", act_above), ("ask_above", ask_above)):
        if value is not None and not 0.0 <= value <= 1.0:
            raise ConfigError(f"agent.{name}: must be between 0 and 1, not {value}")
    if act_above is not None and ask_above is not None and ask_above > act_above:
        raise ConfigError(
            f"agent.ask_above: must not be above agent.act_above, {act_above}, but is {ask_above}"
        )
    act = _figure(figures, "act_above", fallback.act_above) if act_above is None else act_above
    ask = _figure(figures, "ask_above", fallback.ask_above) if ask_above is None else ask_above
    if act_above is None:
        act = max(act, ask)
    return Abstention(
        act_above=act,
        ask_above=min(ask, act),
        scale=_figure(figures, "confidence_scale", fallback.scale),
        offset=_figure(figures, "confidence_offset", fallback.offset),
    )


def _figure(figures: dict[str, str], name: str, fallback: float) -> float:
    text = figures.get(name, "")
    try:
        value = float(text) if text else fallback
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ModelError(f"the model's {name} is {text!r}, not a number; export the model anew")
    return value
