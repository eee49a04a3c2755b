"""What `bench turn` asks: commands said in one go, and the same with a pause inside."""

from __future__ import annotations

import random
from dataclasses import dataclass

from xtalk_edge.config.files import data_path

SENTENCES = "models/starter/ears/exam.txt"
"""Commands that nothing in the starter kit was made from: sentence, tool and arguments a line."""

LEFT_OUT = {"stop", "snooze", "mute", "set the volume to five", "set a timer for thirty seconds"}
"""Not answered aloud, or they would disturb the questions after them."""

VOICES = (
    *("en-us", "en-us+f2", "en-us+m3", "en-gb", "en-gb+f3", "en-gb-scotland+m1"),
    *("en-us+f4", "en-gb-x-rp+m2"),
)

PAUSES_S = (0.3, 0.8)
"""People who look for a word within a sentence are silent for so long."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question."""

    text: str
    spelled: str
    """The same with its pause, "[0.5]", where there is one."""
    voice: str
    hesitant: bool
    """Whether it has a pause inside."""


def questions(count: int, seed: int) -> list[Question]:
    """Return as many questions, every second one with a pause after a word drawn at random."""
    lines = data_path(SENTENCES).read_text(encoding="utf-8").splitlines()
    texts = [text for text in (line.split("\t")[0] for line in lines) if text not in LEFT_OUT]
    drawn = random.Random(seed)
    asked: list[Question] = []
    while len(asked) < count:
        drawn.shuffle(texts)
        asked += [_question(text, drawn, hesitant=bool(i % 2)) for i, text in enumerate(texts)]
    return asked[:count]


def _question(text: str, drawn: random.Random, *, hesitant: bool) -> Question:
    words, voice = text.split(), drawn.choice(VOICES)
    pause = f"[{drawn.uniform(*PAUSES_S):.2f}]"
    if not hesitant or len(words) < 2:
        return Question(text, text, voice, hesitant=False)
    after = drawn.randrange(1, len(words))
    return Question(text, " ".join([*words[:after], pause, *words[after:]]), voice, hesitant=True)
