"""Whether the device knows what was heard of its reply, judged by the recording of the room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.e2e.room_conversation import conversation, settings
from tests.tone_words import VOCABULARY, words_audible
from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import SpeechChunk
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.events import (
    ButtonPressed,
    TTSPlaybackStarted,
    TTSStopped,
)

INTERRUPTIONS = 25

WORDS = 28
LATEST_S = 6.5
"""Interruptions come until so long into a reply of some 10 s."""

WORDS_A_CLAUSE = (4, 9)


@dataclass(frozen=True, slots=True)
class Interruption:
    """One reply that was cut."""

    words: list[str]
    """All that it would have said."""
    claimed: str
    """What the device says was heard."""
    history: list[dict[str, str]]
    """The agent's, right after the cut."""
    heard: Samples
    """What the loudspeaker gave from shortly before the reply to well behind the cut."""

    @property
    def claimed_words(self) -> int:
        return len(self.claimed.split())


def replies(seed: int) -> list[str]:
    """Return long replies with a comma or full stop every few words."""
    random = np.random.default_rng(seed)
    texts = []
    for _ in range(INTERRUPTIONS + 1):
        words = [VOCABULARY[index] for index in random.permutation(len(VOCABULARY))[:WORDS]]
        at = 0
        while (at := at + int(random.integers(*WORDS_A_CLAUSE))) < len(words):
            words[at - 1] += "." if random.random() < 0.5 else ","
        texts.append(" ".join(words) + ".")
    return texts


async def interrupted(config: Config, texts: list[str], seed: int) -> list[Interruption]:
    """Let the talker cut every reply, by turns with the button and by speaking."""
    random = np.random.default_rng(seed)
    cuts: list[tuple[float, TTSStopped, list[dict[str, str]]]] = []
    async with conversation(config) as talk:
        talk.say("what now")
        for index in range(INTERRUPTIONS):
            started = await talk.until(TTSPlaybackStarted)
            await asyncio.sleep(random.uniform(0.0, LATEST_S))
            if index % 2:
                talk.appliance.bus.publish(ButtonPressed())
                talk.say("what now", after_s=0.5)
            else:
                talk.say("what was that again")
            stopped = await talk.until(TTSStopped)
            await talk.appliance.bus.drained()
            cuts.append((started.at_s, stopped, talk.appliance.agent.history()))
        played = talk.played()
    return [
        Interruption(
            words=text.replace(",", "").replace(".", "").split(),
            claimed=stopped.text,
            history=history,
            heard=played[_samples(started_s - 0.1) : _samples(stopped.at_s + 0.3)],
        )
        for text, (started_s, stopped, history) in zip(texts, cuts, strict=False)
    ]


def _samples(seconds: float) -> int:
    return round(seconds * RATE_HZ)


def errors(found: list[Interruption], truth: Callable[[Interruption], int], name: str) -> list[int]:
    """Return how many words each claim is off, and print the figures."""
    off = [one.claimed_words - truth(one) for one in found]
    size = np.abs(off)
    print(
        f"heard text, {name}: {len(off)} cuts, error median {np.median(size):g}, "
        f"p95 {np.percentile(size, 95):g}, most {size.max()} words, bias {np.mean(off):+.2f}"
    )
    return off


def assert_history_is_what_was_heard(found: list[Interruption]) -> None:
    for one in found:
        last = one.history[-1]
        if one.claimed:
            assert last == {"role": "assistant", "content": one.claimed}
        else:
            assert last["role"] == "user"


def by_tones(one: Interruption) -> int:
    return words_audible(one.heard, one.words)


@pytest.mark.parametrize(
    ("marks", "speed", "worst_p95"),
    [(True, 1.0, 1), (False, 1.0, 2), (True, 1.3, 1)],
)
def test_the_words_heard_are_known_to_the_word(marks: bool, speed: float, worst_p95: int) -> None:
    texts = replies(seed=1)
    config = settings(
        texts=["more"] * (INTERRUPTIONS + 1),
        replies=texts,
        tts={"type": "tests.tone_words:ToneWordsTTS", "marks": marks},
        speed={"type": "sonic", "usual": speed},
    )
    found = run_virtual(interrupted(config, texts, seed=2))
    assert len(found) == INTERRUPTIONS
    off = errors(found, by_tones, "tones with marks" if marks else "tones without marks")
    assert np.median(np.abs(off)) <= (0 if marks else 1)
    assert np.percentile(np.abs(off), 95) <= worst_p95
    assert_history_is_what_was_heard(found)
    for one in found:
        assert (
            one.claimed.replace(",", "").replace(".", "").split()
            == (one.words[: one.claimed_words])
        )


@dataclass(slots=True)
class Spoken:
    """A clause as espeak spoke it."""

    words: int
    sound: Samples
    begins: list[int]
    """First sample of each word at 16 kHz."""


class RememberingEspeak(EspeakTTS):
    """The real voice, and a note of every sound it made."""

    spoken: list[Spoken]

    def __init__(self, notes: list[Spoken], **settings: Any) -> None:
        super().__init__(**settings)
        self._notes = notes

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        chunks = list(super().synthesize_marked(text))
        sound = pcm_to_samples(b"".join(chunk.pcm for chunk in chunks))
        begins = [mark.at_frame for chunk in chunks for mark in chunk.marks]
        to_samples = RATE_HZ / self.sample_rate
        self._notes.append(
            Spoken(
                words=len(text.split()),
                sound=convert(sound, self.sample_rate, RATE_HZ),
                begins=[round(begin * to_samples) for begin in begins],
            )
        )
        yield from chunks


def by_alignment(notes: list[Spoken]) -> Callable[[Interruption], int]:
    """Return a judge that finds each clause in the recording; cuts must be judged in order."""
    following = iter(notes)

    def judge(one: Interruption) -> int:
        cut = int(np.flatnonzero(one.heard)[-1]) + 1 if one.heard.any() else 0
        at, heard, words = None, 0, 0
        while words < len(one.words):
            clause = next(following)
            words += clause.words
            at = _found(one.heard, clause.sound, at, cut)
            heard += _words_before(cut - at, clause)
            at += len(clause.sound)
        return heard

    return judge


def _found(heard: Samples, sound: Samples, near: int | None, cut: int) -> int:
    """Return where `sound` begins in `heard`: anywhere at first, then close to `near`."""
    if near is not None and cut - near < RATE_HZ // 10:
        return near
    low = 0 if near is None else max(0, near - RATE_HZ // 50)
    high = RATE_HZ // 5 if near is None else near + RATE_HZ // 50
    piece = sound[: max(1, min(cut - low, RATE_HZ // 2))].astype(np.float64)
    stretch = np.pad(heard, (0, len(piece) + high))[low : high + len(piece)].astype(np.float64)
    return low + int(np.argmax(np.correlate(stretch, piece, "valid")))


def _words_before(cut: int, clause: Spoken) -> int:
    """Return how many words were past their middle when the clause was cut at that sample."""
    loud = np.flatnonzero(np.abs(clause.sound) > 100)
    ends = [*clause.begins[1:], int(loud[-1])]
    middles = [(begin + end) / 2 for begin, end in zip(clause.begins, ends, strict=True)]
    return sum(middle <= cut for middle in middles)


def test_the_words_heard_of_the_real_voice_are_known() -> None:
    texts = replies(seed=3)
    notes: list[Spoken] = []
    config = settings(
        texts=["more"] * (INTERRUPTIONS + 1),
        replies=texts,
        tts={"type": f"{__name__}:RememberingEspeak", "notes": notes},
    )
    found = run_virtual(interrupted(config, texts, seed=4))
    off = errors(found, by_alignment(notes), "espeak")
    assert np.median(np.abs(off)) == 0
    assert np.percentile(np.abs(off), 95) <= 1
    assert_history_is_what_was_heard(found)
