"""`xtalk-edge bench`: measurements anyone can repeat."""

from __future__ import annotations

import click

from xtalk_edge.cli.commands import LazyGroup


@click.group(
    cls=LazyGroup,
    package="xtalk_edge.cli.bench",
    summaries={
        "aec": "The echo cancellers on recordings of real rooms.",
        "agent": "The language model: first token, tokens a second, how soon it stops.",
        "audio": "The audio core through the real sound stack, under load.",
        "bargein": "Barge-in: people who talk over an answer.",
        "bus": "The event bus: events a second and delays.",
        "docs": "Documents: taking them in, finding passages, how often the right one.",
        "echo": "Echo: whether it hears itself, and people over itself.",
        "endure": "Whether the recogniser's memory stays what it was.",
        "engines": "What each engine costs on this machine.",
        "enhance": "The speech enhancers on people in noise.",
        "faults": "Whether it listens again, whatever goes wrong, and loses nothing.",
        "interpret": "Interpreting: how long after a word its answer is heard.",
        "idle": "Listening while nobody talks to it: processor and memory.",
        "month": "A month in a household: whether it grows, and leaves anybody unanswered.",
        "press": "The board's button: how soon the device listens, also over a bad line.",
        "recorder": "The flight recorder: what it costs to remember the last minute.",
        "recover": "Whether a conversation survives the death of an engine.",
        "resume": "Whether an answer goes on when nobody meant to interrupt it.",
        "soak": "A talk every so often in real time: lost sound, delays of the loop, memory.",
        "stop": "The stop word: whether the device falls silent, and how soon.",
        "switch": "Another voice or agent: how soon it is in use, and what is left behind.",
        "turn": "Answers: how long after a question they can be heard.",
        "uplink": "The client of X-Talk servers: what it adds, and whether it grows.",
        "uplink-policy": "The uplink: whether a slow or dying server makes the device worse.",
        "wake": "The wake phrase and a command in one breath.",
    },
)
def command() -> None:
    """Measure this machine.

    Every figure is a ratio or a distribution taken in one run; machines are noisy, so compare
    figures of the same run only. Add --json for numbers a program can read.
    """
