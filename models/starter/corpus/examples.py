"""Makes the training corpus from the description: endless, seeded, without held-out phrasings.

python -m models.starter.corpus.examples --count 40   prints a sample to read.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from models.starter.corpus import held_out
from models.starter.corpus.blends import blend
from models.starter.corpus.hearsay import hearsay
from models.starter.language import chat, noise
from models.starter.language.chat import Exchange
from models.starter.language.description import Description, FollowUp, Reply, Tool, load
from models.starter.language.figures import Arguments
from models.starter.language.filler import Filler
from models.starter.language.phrases import Phrase, pick

EVERYDAY = 0.2
"""Share in the few everyday wordings of a group, where it has such."""

FOLLOW_UPS = 0.16
"""Share of examples that go on from the call before."""

UNRELATED = 0.28
"""Share of the others that are shown a call before which must not change them."""

ASTRAY = 0.02
"""Share that would go on from a call which is not there: they are not understood."""

HEARSAY = 0.06
"""Share that talks about an order and gives none: "she forgot to ..."."""

OUTSPOKEN = frozenset({"stop", "repeat", "help", "forget", "mute", "unmute"})
"""Tools whose orders keep or change their meaning when they are denied: "don't forget"."""

AFTER_TOOL = 0.015
"""Share that end after a tool's result, for callers that ask the brain to word it."""

PROBES = 8_000
"""Follow-ups drawn beforehand: what they say is never shown as an unrelated sentence."""


@dataclass(frozen=True, slots=True)
class Example:
    """One thing a user says and the answer to learn."""

    text: str
    answer: str
    kind: str
    """A tool's name or a reply's kind."""
    before: Exchange | None = None
    follows: bool = False
    """Whether the answer depends on `before`."""
    result: str | None = None
    """What the tool of `answer` gave back; the brain then has nothing to add."""

    def prompt(self) -> str:
        """Return what the brain reads before it answers."""
        asked = chat.prompt(self.text, self.before)
        if self.result is None:
            return asked
        return chat.prompt_after(asked, self.answer, self.result)

    def target(self) -> str:
        """Return what the brain should answer."""
        return self.answer if self.result is None else ""


class Corpus:
    """An endless stream of examples, the same for the same seed."""

    def __init__(
        self,
        seed: int,
        kept_out: frozenset[str] = frozenset(),
        pairs_kept_out: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.description = load()
        self.kept_out = kept_out
        self.pairs_kept_out = pairs_kept_out
        self.rng = Random(seed)
        self.groups: tuple[Tool | Reply, ...] = (
            *self.description.tools,
            *self.description.replies,
        )
        self.weights = [group.weight for group in self.groups]
        self.calls = [group for group in self.groups if isinstance(group, Tool)]
        self.call_weights = [group.weight for group in self.calls]
        self.order = argument_order(self.description)
        self.unknown = next(r.answer for r in self.description.replies if r.kind == "unknown")

    def __iter__(self) -> Iterator[Example]:
        """Yield examples for ever."""
        while True:
            yield self.example()

    def example(self) -> Example:
        """Return the next example."""
        chance = self.rng.random()
        if self.description.follow_ups and chance < FOLLOW_UPS + ASTRAY:
            return self._follow_up() if chance < FOLLOW_UPS else self._astray()
        said = self._single()
        if self.rng.random() < AFTER_TOOL and chat.CALL in said.answer:
            return Example(said.text, said.answer, "after_tool", result=self._result())
        if self.rng.random() < UNRELATED:
            return self._beside(said)
        return said

    # -- conversations ---------------------------------------------------------------------

    def _follow_up(self) -> Example:
        """Return a sentence that goes on from a call."""
        while True:
            kinds = self.description.follow_ups
            follow = self.rng.choices(kinds, [kind.weight for kind in kinds])[0]
            earlier = self._earlier(follow.after)
            if not _fits(follow, earlier):
                continue
            example = self._going_on(follow, earlier)
            pair = (chat.normalise(earlier.text), chat.normalise(example.text))
            if example.text and pair not in self.pairs_kept_out:
                return example

    def _earlier(self, tools: tuple[str, ...]) -> Example:
        """Return a call of one of some tools, at times one that itself went on from another."""
        if self.rng.random() < 0.15:
            chained = [f for f in self.description.follow_ups if f.tool in tools]
            if chained:
                follow = self.rng.choice(chained)
                first = self._single_of(follow.after)
                if _fits(follow, first):
                    return self._going_on(follow, first)
        return self._single_of(tools)

    def _single_of(self, tools: tuple[str, ...]) -> Example:
        tool = self.rng.choice(tools)
        groups = [group for group in self.calls if group.name == tool]
        while True:
            group = self.rng.choices(groups, [group.weight for group in groups])[0]
            example = self._from_group(group)
            if example.text and chat.normalise(example.text) not in self.kept_out:
                return example

    def _going_on(self, follow: FollowUp, earlier: Example) -> Example:
        called = chat.read_call(earlier.answer)
        assert called is not None, earlier
        text, meant = self._fill(follow, follow.tool, called[1])
        carried = {key: called[1][key] for key in follow.carry if key in called[1]}
        answer = self._call(follow.tool, carried | follow.fixed | meant)
        before = Exchange(earlier.text, earlier.answer)
        return Example(text, answer, follow.tool, before, follows=True)

    def _beside(self, said: Example) -> Example:
        """Return an example after a call that it has nothing to do with."""
        group = self.rng.choices(self.calls, self.call_weights)[0]
        if group.name in follow_up_texts().get(chat.normalise(said.text), ()):
            return said
        earlier = self._single_of((group.name,))
        return Example(said.text, said.answer, said.kind, Exchange(earlier.text, earlier.answer))

    def _astray(self) -> Example:
        """Return what would be a follow-up, but after no call or one that it does not fit."""
        while True:
            example = self._follow_up()
            text = chat.normalise(example.text)
            if text in stand_alone_texts() or text in self.kept_out:
                continue
            lost = Example(example.text, self.unknown, "unknown")
            return self._beside(lost) if self.rng.random() < 0.6 else lost

    def _result(self) -> str:
        """Return what a tool may have given back."""
        words = [self.rng.choice(self.description.words["thing"]) for _ in range(3)]
        return self.rng.choice(
            ('{"ok": true}', f"{' '.join(words)}.", f"It is {self.rng.randint(1, 99)} {words[0]}s.",
             json.dumps({"result": words[0], "left": self.rng.randint(1, 900)}), "Done.", "ok")
        )  # fmt: skip

    # -- single sentences ------------------------------------------------------------------

    def _single(self) -> Example:
        while True:
            if self.rng.random() < HEARSAY:
                example = self._about_an_order()
            else:
                example = self._from_group(self.rng.choices(self.groups, self.weights)[0])
            # Held-out phrasings may be reachable from the templates; they are never trained on.
            if example.text and chat.normalise(example.text) not in self.kept_out:
                return example

    def _from_group(self, group: Tool | Reply) -> Example:
        if isinstance(group, Reply):
            text, _ = self._fill(group, group.kind, {})
            if group.kind == "unknown":
                text = blend(text, lambda: self._fill(group, group.kind, {})[0], self.rng)
            return Example(text, group.answer, group.kind)
        text, meant = self._fill(group, group.name, {})
        return Example(text, self._call(group.name, group.fixed | meant), group.name)

    def _about_an_order(self) -> Example:
        """Return talk in which an order occurs, to which there is nothing to say."""
        while True:
            group = self.rng.choices(self.calls, self.call_weights)[0]
            orders = [phrase for phrase in group.say + group.also if phrase.order]
            if orders and group.name not in OUTSPOKEN:
                break
        order = self.rng.choice(orders)
        said = pick(order.body, self.rng, Filler(self.description, self.rng))
        text = noise.disturb(hearsay(said, self.rng), False, "unknown", self.rng)
        return Example(text, self.unknown, "unknown")

    def _fill(
        self, group: Tool | Reply | FollowUp, kind: str, earlier: Arguments
    ) -> tuple[str, Arguments]:
        """Return a wording as somebody said it, and the arguments its slots mean."""
        phrases = group.say if group.say and self.rng.random() < EVERYDAY else group.also
        phrase = self._pick_phrase(phrases or group.say)
        fill = Filler(self.description, self.rng, earlier)
        text = pick(phrase.body, self.rng, fill)
        return noise.disturb(text, phrase.order, kind, self.rng), fill.arguments

    def _call(self, name: str, arguments: Arguments) -> str:
        return chat.call(name, {k: arguments[k] for k in self.order[name] if k in arguments})

    def _pick_phrase(self, phrases: tuple[Phrase, ...]) -> Phrase:
        return phrases[int(self.rng.random() * len(phrases))]


def _fits(follow: FollowUp, earlier: Example) -> bool:
    """Tell whether the call before lacks what it must."""
    called = chat.read_call(earlier.answer)
    return called is not None and not called[1].keys() & set(follow.missing)


def argument_order(description: Description) -> dict[str, tuple[str, ...]]:
    """Return each tool's arguments in canonical order, from its longest list."""
    order: dict[str, tuple[str, ...]] = {}
    for tool in description.tools:
        if len(tool.arguments) >= len(order.get(tool.name, ())):
            order[tool.name] = tool.arguments
    return order


@cache
def follow_up_texts() -> dict[str, frozenset[str]]:
    """Return sentences that go on from a call, each with the tools of which."""
    corpus, found = Corpus(0), defaultdict(set)
    for _ in range(PROBES if corpus.description.follow_ups else 0):
        example = corpus._follow_up()
        called = chat.read_call(example.before.answer) if example.before else None
        if called:
            found[chat.normalise(example.text)].add(called[0])
    return {text: frozenset(tools) for text, tools in found.items()}


@cache
def stand_alone_texts() -> frozenset[str]:
    """Return sentences that are commands, or other things to answer, without any call before."""
    corpus = Corpus(0)
    singles = (corpus._single() for _ in range(12 * PROBES))
    return frozenset(chat.normalise(each.text) for each in singles if each.kind != "unknown")


def open_corpus(seed: int) -> Corpus:
    """Return the corpus without the held-out phrasings."""
    return Corpus(seed, *held_out.texts())


def main(write: Callable[[str], None] = print) -> None:
    """Print a sample of the corpus."""
    parser = argparse.ArgumentParser(description="Print a sample of the training corpus.")
    parser.add_argument("--count", type=int, default=40, help="examples to print")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same sample")
    parser.add_argument("--kind", help="only this tool or reply kind")
    parser.add_argument("--follow-ups", action="store_true", help="only what goes on from a call")
    options = parser.parse_args()
    left = options.count
    for example in open_corpus(options.seed):
        if options.kind in (None, example.kind) and example.follows >= options.follow_ups:
            if example.before:
                write(f"{'':14} {example.before.text!r} -> {example.before.answer!r}")
            write(f"{example.kind:14} {example.text!r} -> {example.answer!r}")
            left -= 1
        if not left:
            break


if __name__ == "__main__":
    main()
