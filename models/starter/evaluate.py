"""Measures the brain through llama.cpp on phrasings it never saw.

python -m models.starter.evaluate   prints every miss, then the figures.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from models.starter import chat
from models.starter.corpus import read_held_out
from models.starter.description import HERE, load

MAX_TOKENS = 64


@dataclass(slots=True)
class Score:
    """What came of one run over the held-out phrasings."""

    right: int = 0
    total: int = 0
    negatives: int = 0
    acted_wrongly: int = 0
    """Negatives answered by a tool call: the worst error."""
    misses: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Brain:
    """The model file, asked one sentence at a time."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.llama = llama_cpp.Llama(
            str(path), n_ctx=512, n_threads=threads, n_threads_batch=threads, verbose=False
        )
        self.format = Jinja2ChatFormatter(
            self.llama.metadata["tokenizer.chat_template"], eos_token=chat.END, bos_token=""
        )

    def answer(self, text: str) -> str:
        """Return the greedy answer to one thing said."""
        rendered = self.format(messages=[{"role": "user", "content": text}]).prompt
        tokens = self.llama.tokenize(rendered.encode(), add_bos=False, special=True)
        made: list[int] = []
        self.llama.reset()  # type: ignore[no-untyped-call]
        for token in self.llama.generate(tokens, temp=0.0, repeat_penalty=1.0):
            if token == self.llama.token_eos() or len(made) == MAX_TOKENS:
                break
            made.append(token)
        return self.llama.detokenize(made).decode(errors="replace")


def verdict(row: dict[str, Any], answer: str, kinds: dict[str, str]) -> tuple[bool, bool]:
    """Return whether an answer is right, and whether it calls a tool."""
    try:
        called = chat.read_call(answer)
    except ValueError:
        return False, False
    if row["tool"] is None:
        return kinds.get(answer) == row["reply_kind"], called is not None
    return called == (row["tool"], row["arguments"]), called is not None


def score(brain: Brain, rows: list[dict[str, Any]]) -> Score:
    """Return how the brain does on rows."""
    kinds = {reply.answer: reply.kind for reply in load().replies}
    result = Score()
    began_at_s = time.monotonic()
    for row in rows:
        answer = brain.answer(row["text"])
        right, acted = verdict(row, answer, kinds)
        result.total += 1
        result.right += right
        if row["tool"] is None:
            result.negatives += 1
            result.acted_wrongly += acted
        if not right:
            wanted = row["reply_kind"] if row["tool"] is None else (row["tool"], row["arguments"])
            result.misses.append(f"{row['text']!r}: wanted {wanted}, got {answer!r}")
    result.seconds = time.monotonic() - began_at_s
    return result


def report(path: Path) -> Score:
    """Print misses and figures of a model file."""
    result = score(Brain(path), read_held_out())
    for miss in result.misses:
        print(miss)
    print(
        f"held-out: {result.right} of {result.total} right "
        f"({100 * result.right / result.total:.1f} %); wrong actions on negatives: "
        f"{result.acted_wrongly} of {result.negatives} "
        f"({100 * result.acted_wrongly / result.negatives:.1f} %); "
        f"{1000 * result.seconds / result.total:.0f} ms a phrase on one thread"
    )
    return result


def main() -> None:
    """Evaluate brain.gguf, or another file."""
    parser = argparse.ArgumentParser(description="Score a brain on the held-out phrasings.")
    parser.add_argument("model", type=Path, nargs="?", default=HERE / "brain.gguf")
    report(parser.parse_args().model)


if __name__ == "__main__":
    main()
