"""Measures the brain on phrasings it never saw, as the appliance asks it.

python -m models.starter.brain.evaluate   prints figures only; --misses shows what it got wrong.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.starter import KIT
from models.starter.brain.asking import Answer, Brain
from models.starter.corpus import held_out
from xtalk_edge.engines.agent.abstention import Verdict
from xtalk_edge.engines.interfaces import ToolCall

THRESHOLDS = (*(step / 20 for step in range(20)), 0.97, 0.99)
OPENERS = ("the ", "a ", "an ", "some ", "my ", "our ")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A phrasing and what came of it."""

    row: held_out.Row
    answer: Answer
    right: bool
    """Whether the answer, were it carried out, is the wanted one."""

    @property
    def wanted(self) -> str:
        """The tool that was to be called; "" for none."""
        return self.row["tool"] or ""

    @property
    def kind(self) -> str:
        """What sort of phrasing it is: in, out or follow-up; a follow-up may want no tool."""
        return str(self.row.get("kind") or ("in" if self.wanted else "out"))


@dataclass(frozen=True, slots=True)
class Point:
    """What happens when calls below a confidence are held back; shares of 0 to 1."""

    threshold: float
    right: float
    held_back: float
    wrong: float
    acted_out: float
    """Share of what wants no tool that calls one all the same."""


def plain(value: Any) -> Any:
    """Return an argument as it is compared: numbers by value, text without its article."""
    if not isinstance(value, str):
        return float(value)
    text = value.lower().strip()
    return next((text.removeprefix(word) for word in OPENERS if text.startswith(word)), text)


def same(call: ToolCall | None, tool: str, arguments: dict[str, Any]) -> bool:
    """Tell whether a call is the wanted one."""
    if call is None or call.name != tool:
        return False
    made = {key: plain(value) for key, value in call.arguments.items()}
    return made == {key: plain(value) for key, value in arguments.items()}


def outcomes(brain: Brain, rows: Iterable[held_out.Row]) -> list[Outcome]:
    """Return how the brain does on rows."""
    result = []
    for row in rows:
        answer = brain.answer(row["text"], held_out.before(row))
        called = answer.call is not None
        right = same(answer.call, row["tool"], row["arguments"]) if row["tool"] else not called
        result.append(Outcome(row, answer, right))
    return result


def deeds(brain: Brain, results: list[Outcome]) -> dict[str, dict[str, int]]:
    """Return how often it would act rightly or wrongly, or ask, with the file's own thresholds."""
    counts: dict[str, dict[str, int]] = {}
    for result in results:
        verdict = brain.verdict(result.answer)
        deed = {Verdict.ASK: "asked", Verdict.REFUSE: "refused"}.get(
            verdict, "right" if result.right else "wrong"
        )
        of_kind = counts.setdefault("commands" if result.wanted else "other", {})
        of_kind[deed] = of_kind.get(deed, 0) + 1
    return counts


def share(flags: Iterable[bool]) -> float:
    """Return how much of some flags is true; 0 of none."""
    values = list(flags)
    return sum(values) / len(values) if values else 0.0


def point(results: list[Outcome], threshold: float) -> Point:
    """Return what a threshold on the confidence does."""
    wants = [r for r in results if r.wanted]
    made = [r.answer.call is not None and r.answer.confidence >= threshold for r in wants]
    right = share(m and r.right for m, r in zip(made, wants, strict=True))
    held_back = share(not m for m in made)
    acted_out = share(
        r.answer.call is not None and r.answer.confidence >= threshold
        for r in results
        if not r.wanted
    )
    return Point(threshold, right, held_back, 1.0 - right - held_back, acted_out)


def summary(results: list[Outcome]) -> dict[str, Any]:
    """Return every figure of one file of phrasings."""
    kinds = {}
    for kind in sorted({r.kind for r in results}):
        of_kind = [r for r in results if r.kind == kind]
        kinds[kind] = {"right": sum(r.right for r in of_kind), "of": len(of_kind)}
    took_s = sorted(r.answer.took_s for r in results)
    return {
        "kinds": kinds,
        "median_ms": round(1000 * took_s[len(took_s) // 2], 2),
        "curve": [asdict(point(results, threshold)) for threshold in THRESHOLDS],
    }


def by_tool(results: list[Outcome]) -> dict[str, tuple[int, int]]:
    """Return for each wanted tool how many phrasings are right, and of how many."""
    tools = sorted({r.wanted for r in results})
    return {
        tool or "(none)": (sum(r.right for r in results if r.wanted == tool),
                           sum(r.wanted == tool for r in results))
        for tool in tools
    }  # fmt: skip


def described(outcome: Outcome) -> str:
    """Return one line about a miss."""
    row, call = outcome.row, outcome.answer.call
    earlier = f"[{row['before']['text']}] " if row.get("before") else ""
    wanted = f"{row['tool']}{row['arguments']}" if row["tool"] else "no tool"
    got = f"{call.name}{call.arguments}" if call else repr(outcome.answer.said)
    return f"{earlier}{row['text']}: wanted {wanted}, got {got} ({outcome.answer.confidence:.2f})"


def print_tables(name: str, figures: dict[str, Any], write: Callable[[str], None] = print) -> None:
    """Print a file's figures."""
    write(f"{name}: {figures['median_ms']} ms a phrase (median, one thread)")
    for kind, count in figures["kinds"].items():
        rate = 100 * count["right"] / count["of"]
        write(f"  {kind:10} {count['right']:4} of {count['of']:4} right ({rate:.1f} %)")
    for kind, deeds_of in figures["deeds"].items():
        said = ", ".join(f"{deed} {count}" for deed, count in sorted(deeds_of.items()))
        write(f"  as shipped, {kind}: {said}")
    write("  confidence at least | right  held back  wrong | acts on what is no command (per cent)")
    for p in figures["curve"]:
        cells = (100 * p[key] for key in ("right", "held_back", "wrong", "acted_out"))
        right, held_back, wrong, out = cells
        write(
            f"  {p['threshold']:19.2f} | {right:5.1f} {held_back:10.1f} {wrong:6.1f} | {out:5.1f}"
        )


def parse_options() -> argparse.Namespace:
    """Return the command line's choices."""
    parser = argparse.ArgumentParser(description="Score a brain on the held-out phrasings.")
    parser.add_argument("model", type=Path, nargs="?", default=KIT / "brain.gguf")
    parser.add_argument(
        "--only",
        choices=[held_out.name(path) for path in held_out.ALL],
        help="one file of phrasings",
    )
    parser.add_argument("--by-tool", action="store_true", help="how each tool does")
    parser.add_argument("--misses", action="store_true", help="show every wrong answer")
    parser.add_argument("--json", action="store_true", help="figures as JSON, nothing else")
    return parser.parse_args()


def main() -> None:
    """Evaluate brain.gguf, or another file."""
    options = parse_options()
    brain = Brain(options.model)
    everything = {}
    for path in held_out.ALL:
        name = held_out.name(path)
        if options.only not in (None, name):
            continue
        results = outcomes(brain, held_out.read(path))
        done = {"deeds": deeds(brain, results)}
        everything[name] = (
            summary(results) | done | ({"tools": by_tool(results)} if options.by_tool else {})
        )
        if options.json:
            continue
        print_tables(name, everything[name])
        for tool, (right, of) in everything[name].get("tools", {}).items():
            print(f"  {tool:14} {right:3} of {of:3}")
        for outcome in results if options.misses else ():
            if not outcome.right:
                print(f"  {described(outcome)}")
    if options.json:
        print(json.dumps(everything))
    brain.close()


if __name__ == "__main__":
    main()
