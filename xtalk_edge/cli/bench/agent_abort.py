"""How soon the model stops, whatever it is doing: a flag is set at random moments."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.sampling import Grammar
from xtalk_edge.engines.agent.tool_grammar import tool_grammar

from .agent_subject import Subject
from .percentiles import Percentiles, percentiles

LIMIT_MS = 100.0
"""At p95: later, somebody who interrupts hears that it is not at once."""

LONGEST_WAIT_S = 0.6
"""Some steps of any model; moments further on are like the ones before."""

READ_TOKENS = 512
"""More than anything reads within LONGEST_WAIT_S, so that the flag comes while it reads."""

SEED = 20_260_101
"""Any; fixed so that two runs take the same moments."""

CALL_TOKENS = 6
"""Every call begins with more than this, in tokens of one character; its end allows nothing."""

Do = Callable[[AbortFlag], object]


@dataclass(frozen=True, slots=True)
class AbortResult:
    """From the flag to the model's rest, while it reads, writes, and writes a call."""

    reading_ms: Percentiles
    writing_ms: Percentiles
    calling_ms: Percentiles


def aborts(subject: Subject, trials: int, tell: Callable[[str], None]) -> AbortResult:
    """Set the flag at random moments of each kind of work."""
    work = _Work(subject)
    dice = random.Random(SEED)

    def measured(name: str, prepare: Callable[[], None], do: Do) -> Percentiles:
        found: list[float] = []
        for number in range(trials):
            tell(f"stops while it {name}: {number + 1} of {trials}")
            prepare()
            found.append(_stop_ms(do, dice.uniform(0.0, LONGEST_WAIT_S)))
        return percentiles(found)

    return AbortResult(
        reading_ms=measured("reads", subject.forget, work.read),
        writing_ms=measured("writes", work.prepare, work.write),
        calling_ms=measured("writes a call", work.prepare, work.call),
    )


class _Work:
    """What the agent's worker does, without end until the flag is set."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._model = subject.model
        # Any text serves: what it says does not change how long it takes.
        length = min(READ_TOKENS, self._model.context_tokens // 2)
        self._text = (self._model.tokenize("one two three ") * length)[:length]
        self._prompt = subject.prompt()
        self._grammar = tool_grammar(subject.schemas)

    def prepare(self) -> None:
        self._subject.read(self._prompt)

    def read(self, flag: AbortFlag) -> None:
        while self._model.evaluate(self._text, flag):
            self._subject.forget()

    def write(self, flag: AbortFlag) -> None:
        while self._append(self._subject.choose(), flag):
            pass

    def call(self, flag: AbortFlag) -> None:
        chooser = self._subject.chooser
        while not flag.is_set():
            with Grammar(self._model, self._grammar) as grammar:
                for _ in range(CALL_TOKENS):
                    token, _ = chooser.choose(self._model.logits(), grammar, flag)
                    if not self._append(token, flag):
                        break

    def _append(self, token: int, flag: AbortFlag) -> bool:
        if not self._model.has_room():
            return self._model.evaluate(self._prompt, flag)
        return self._model.append(token, flag)


def _stop_ms(do: Do, after_s: float) -> float:
    """Return how long work goes on when its flag is set after a time."""
    flag = AbortFlag()
    set_s = 0.0

    def set_flag() -> None:
        nonlocal set_s
        set_s = time.perf_counter()
        flag.set()

    timer = threading.Timer(after_s, set_flag)
    timer.start()
    do(flag)
    ended_s = time.perf_counter()
    timer.join()
    return (ended_s - set_s) * 1000
