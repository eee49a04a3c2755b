"""Fills the slots of a phrase with words, and remembers what they mean; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from models.starter.language.chat import normalise
from models.starter.language.corrections import corrected
from models.starter.language.description import Description, Names
from models.starter.language.figures import Arguments, Said
from models.starter.language.follow_up_slots import GOING_ON
from models.starter.language.free_text import bare
from models.starter.language.noise import protect
from models.starter.language.open_words import TOLD_APART, any_word, any_words
from models.starter.language.phrases import pick
from models.starter.language.slots import CORRECTED, SLOTS

CHANGED_MIND = 0.04
"""Share of values that correct another one said just before."""


@dataclass(slots=True)
class Filler:
    """Fills a phrase's slots and remembers the arguments they mean."""

    description: Description
    rng: Random
    earlier: Arguments = field(default_factory=dict)
    """The arguments of the call before, for the slots of a follow-up."""
    arguments: Arguments = field(default_factory=dict)

    def __call__(self, slot: str) -> str:
        """Return a text for a slot."""
        text, meant = self._said(slot)
        if meant:
            if slot in CORRECTED and self.rng.random() < CHANGED_MIND:
                text = corrected(self._said(slot)[0], text, self.rng)
            self.arguments |= meant
            # A value stays as it is, whatever slips are made around it.
            return protect(normalise(text) if "." in text else text)
        return text

    def _said(self, slot: str) -> Said:
        if slot in self.description.names:
            name = self._name(slot)
            return name, {"name": name}
        if slot in SLOTS:
            return SLOTS[slot](self.rng)
        if slot in GOING_ON:
            return GOING_ON[slot](self.earlier, self.rng)
        if slot in self.description.values:
            value = self.rng.choice(self.description.values[slot])
            # The wordings of a value may be noisy: none of their words is copied.
            self.arguments[value.argument] = value.value
            return pick(value.phrase.body, self.rng, self), {}
        if slot == "word":
            return self._any_word(), {}
        return self.rng.choice(self.description.words[slot]), {}

    def _name(self, slot: str) -> str:
        while True:
            name = bare(self._any_name(self.description.names[slot]))
            if TOLD_APART.isdisjoint(name.split()):
                return name

    def _any_name(self, names: Names) -> str:
        chance = self.rng.random()
        if chance < 0.3:
            return self.rng.choice(names.spoken)
        if chance < 0.65:
            return self.rng.choice(names.other)
        return any_words(self.rng) if chance < 0.9 else self._any_word()

    def _any_word(self) -> str:
        """Return a word of any list, or an unheard one: the brain must not fear new words."""
        if self.rng.random() < 0.5:
            return any_word(self.rng)
        slots = [slot for slot in self.description.words if slot != "word_parts"]
        return self.rng.choice(self.description.words[self.rng.choice(slots)])
