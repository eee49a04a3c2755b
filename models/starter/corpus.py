"""Makes the training corpus from the description: endless, seeded, without held-out phrasings.

python -m models.starter.corpus --count 40   prints a sample to read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from models.starter import chat, noise
from models.starter.description import Description, Reply, Tool, load
from models.starter.figures import Arguments
from models.starter.phrases import Phrase, pick
from models.starter.slots import SLOTS

HELD_OUT = Path(__file__).parents[2] / "tests" / "data" / "starter_phrasings.jsonl"


@dataclass(frozen=True, slots=True)
class Example:
    """One thing a user says and the answer to learn."""

    text: str
    answer: str
    kind: str
    """A tool's name or a reply's kind."""
    before: str = ""
    """Earlier turns of the conversation, rendered."""
    role: str = "user"

    def prompt(self) -> str:
        """Return what the brain reads before it answers."""
        return self.before + chat.prompt(self.text, self.role)


@dataclass(slots=True)
class Filler:
    """Fills a phrase's slots and remembers the arguments they mean."""

    description: Description
    rng: Random
    arguments: Arguments = field(default_factory=dict)

    def __call__(self, slot: str) -> str:
        """Return a text for a slot."""
        if slot == "name":
            name = self._name()
            self.arguments["name"] = name
            return name
        if slot in SLOTS:
            text, meant = SLOTS[slot](self.rng)
            self.arguments |= meant
            return text
        if slot in self.description.values:
            value = self.rng.choice(self.description.values[slot])
            self.arguments[value.argument] = value.value
            return pick(value.phrase.body, self.rng, self)
        if slot == "word":
            return self._any_word()
        return self.rng.choice(self.description.words[slot])

    def _name(self) -> str:
        chance = self.rng.random()
        if chance < 0.4:
            return self.rng.choice(self.description.spoken_names)
        if chance < 0.8:
            return self.rng.choice(self.description.other_names)
        return self._any_word()

    def _any_word(self) -> str:
        """Return a word of any list, or an invented one: the brain must not fear new words."""
        if self.rng.random() < 0.5:
            parts = self.description.words["word_parts"]
            return "".join(self.rng.choice(parts) for _ in range(self.rng.randint(2, 3)))
        slots = [slot for slot in self.description.words if slot != "word_parts"]
        return self.rng.choice(self.description.words[self.rng.choice(slots)])


class Corpus:
    """An endless stream of examples, the same for the same seed."""

    def __init__(self, seed: int, held_out: frozenset[str] = frozenset()) -> None:
        self.description = load()
        self.held_out = held_out
        self.rng = Random(seed)
        self.groups: tuple[Tool | Reply, ...] = (
            *self.description.tools,
            *self.description.replies,
        )
        self.weights = [group.weight for group in self.groups]

    def __iter__(self) -> Iterator[Example]:
        """Yield examples for ever."""
        while True:
            yield self.example()

    def example(self) -> Example:
        """Return the next example."""
        said = self._single()
        chance = self.rng.random()
        if chance < 0.03 and chat.CALL in said.answer:
            return self._after_tool(said)
        if chance < 0.08:
            earlier = self._single()
            before = chat.turn("user", earlier.text) + chat.turn("assistant", earlier.answer)
            return Example(said.text, said.answer, said.kind, before)
        return said

    def _after_tool(self, said: Example) -> Example:
        """Return an example whose tool has answered: its own words are enough, so say nothing."""
        words = [self.rng.choice(self.description.words["thing"]) for _ in range(3)]
        result = self.rng.choice(
            ('{"ok": true}', f"{' '.join(words)}.", f"It is {self.rng.randint(1, 99)} {words[0]}s.",
             json.dumps({"result": words[0], "left": self.rng.randint(1, 900)}), "Done.", "ok")
        )  # fmt: skip
        before = chat.prompt(said.text) + said.answer + f"{chat.END}\n"
        return Example(result, "", "after_tool", before, role="tool")

    def _single(self) -> Example:
        while True:
            group = self.rng.choices(self.groups, self.weights)[0]
            example = self._from_group(group)
            # Held-out phrasings may be reachable from the templates; they are never trained on.
            if example.text and chat.normalise(example.text) not in self.held_out:
                return example

    def _from_group(self, group: Tool | Reply) -> Example:
        phrases = group.say if group.say and self.rng.random() < 0.3 else group.also
        phrase = self._pick_phrase(phrases)
        fill = Filler(self.description, self.rng)
        text = pick(phrase.body, self.rng, fill)
        kind = group.name if isinstance(group, Tool) else group.kind
        text = noise.disturb(text, phrase.order, kind, self.rng)
        if isinstance(group, Reply):
            return Example(text, group.answer, kind)
        wanted = {key: fill.arguments[key] for key in group.arguments if key in fill.arguments}
        return Example(text, chat.call(group.name, wanted), kind)

    def _pick_phrase(self, phrases: tuple[Phrase, ...]) -> Phrase:
        return phrases[int(self.rng.random() * len(phrases))]


def read_held_out(path: Path = HELD_OUT) -> list[dict[str, Any]]:
    """Return the phrasings kept for evaluation."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def open_corpus(seed: int) -> Corpus:
    """Return the corpus without the held-out phrasings."""
    texts = frozenset(chat.normalise(row["text"]) for row in read_held_out())
    return Corpus(seed, texts)


def main(write: Callable[[str], None] = print) -> None:
    """Print a sample of the corpus."""
    parser = argparse.ArgumentParser(description="Print a sample of the training corpus.")
    parser.add_argument("--count", type=int, default=40, help="examples to print")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same sample")
    parser.add_argument("--kind", help="only this tool or reply kind")
    options = parser.parse_args()
    left = options.count
    for example in open_corpus(options.seed):
        if options.kind in (None, example.kind):
            write(f"{example.kind:14} {example.text!r} -> {example.answer!r}")
            left -= 1
        if not left:
            break


if __name__ == "__main__":
    main()
