"""What suits a model where the owner has not said otherwise, and what no model can do with."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.engines.agent.abstention import Abstention

LEAST: dict[str, float] = {
    "context_tokens": 64,
    "batch_tokens": 0,
    "threads": 0,
    "gpu_layers": -1,
    "temperature": 0,
    "max_reply_tokens": 1,
    "history_turns": 0,
    "forget_after_s": 0,
    "max_tool_rounds": 1,
}
"""The least a setting may be."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Settings that suit a kind of model."""

    is_starter: bool
    """Whether it knows tools and their arguments by heart, and nothing else."""
    history_turns: int
    forget_after_s: float
    abstention: Abstention
    """Where the model file has no figures."""
    refusals: tuple[str, ...] = ()
    """What it was taught to say where it cannot help."""


STARTER = Fit(
    is_starter=True,
    # It was trained on follow-ups to the last exchange, and a moment old they are: later
    # "make it ten" is a new request.
    history_turns=1,
    forget_after_s=180.0,
    # The wrong calls of the first one were at most 0.5 sure, its right ones more.
    abstention=Abstention(act_above=0.5, ask_above=0.3),
    refusals=(
        "Sorry, I can't help with that.",
        "I can't look that up without the internet.",
        "I can't play music without a music service.",
        "I can't call or write to people without a phone.",
        "I can't remind you of things, but I can set an alarm or a timer.",
        "I can only switch things on and off.",
        "I don't keep a calendar.",
    ),
)

OTHER = Fit(
    is_starter=False,
    # As far back as people refer in talk; a summary keeps what is older.
    history_turns=12,
    forget_after_s=0.0,
    abstention=Abstention(),
)
