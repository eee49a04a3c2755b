"""A page as sound card: even, in time, and never waited for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.page_card import (
    CUSHION_S,
    GIVEN_UP_S,
    MOST_MISSED,
    MOST_UNPLAYED_S,
    MOST_WAITING_S,
    SILENT_S,
    PageCard,
)

PIECE = 320
"""Samples of one message: 20 ms."""

BLOCK_S = 0.01


class Session:
    """A page that talks to a card, on a clock of its own."""

    def __init__(self) -> None:
        self.card = PageCard()
        self.card.start(0.0)
        self.card.connect(True)
        self.now_s = 0.0
        self.heard: list[Samples] = []
        self._said = 0

    def speak(self, seconds: float) -> Samples:
        """Send so much sound at once; no two samples in a row are alike, and none is quiet."""
        n = round(seconds * RATE_HZ)
        sound = (1_000 + np.arange(self._said, self._said + n) % 10_000).astype(np.int16)
        self._said += n
        for start in range(0, n, PIECE):
            self.card.hear(samples_to_pcm(sound[start : start + PIECE]))
        return sound

    def pass_(self, seconds: float) -> Samples:
        """Let time pass; return what was heard meanwhile."""
        heard = []
        for _ in range(round(seconds / BLOCK_S)):
            self.now_s += BLOCK_S
            self.card.pump(self.now_s)
            heard.append(self.card.core.read().mic)
        self.heard += heard
        return np.concatenate(heard)


def test_what_is_said_evenly_is_heard_whole() -> None:
    session = Session()
    said = [np.zeros(0, np.int16)]
    for _ in range(50):
        said.append(session.speak(0.02))
        session.pass_(0.02)
    session.card.hear(b"")
    session.pass_(0.5)
    heard = np.concatenate(session.heard)
    assert np.array_equal(heard[heard != 0], np.concatenate(said))
    assert session.card.missed() == []
    # Nothing but silence before, and no hole within.
    first = int(np.flatnonzero(heard)[0])
    assert first <= (CUSHION_S + 0.02) * RATE_HZ
    assert heard[first : first + len(np.concatenate(said))].all()


def test_a_word_shorter_than_the_cushion_is_heard_too() -> None:
    session = Session()
    said = session.speak(0.02)
    session.card.hear(b"")
    heard = session.pass_(0.1)
    assert np.array_equal(heard[heard != 0], said)


def test_sound_that_comes_late_is_a_silence_that_is_told() -> None:
    session = Session()
    session.speak(0.2)
    session.pass_(0.5)
    session.speak(0.2)
    session.pass_(0.3)
    (missed,) = session.card.missed()
    assert missed.reason == "the page's sound came late"
    assert missed.at_frame == round(0.2 * RATE_HZ)
    assert missed.frames == round(0.3 * RATE_HZ)
    heard = np.concatenate(session.heard)
    assert not heard[missed.at_frame : missed.at_frame + missed.frames].any()
    assert session.card.missed() == []


def test_what_comes_unevenly_is_heard_evenly_once_that_is_known() -> None:
    session = Session()
    for _ in range(12):
        session.speak(0.1)
        session.pass_(0.1)
        # The network stands still for longer than the cushion lasts.
        session.pass_(0.15)
        session.speak(0.15)
    at_once = session.card.missed()
    assert 1 <= len(at_once) <= 2
    assert at_once[-1].at_frame < 0.8 * RATE_HZ
    session.card.hear(b"")
    session.pass_(1.0)
    assert session.card.missed() == []
    # It does not wait so long for ever.
    for _ in range(5):
        session.card.hear(b"")
    session.speak(0.2)
    assert session.pass_(0.2)[-1] != 0


def test_a_page_that_says_it_is_done_has_missed_nothing() -> None:
    session = Session()
    session.speak(0.2)
    session.card.hear(b"")
    session.pass_(3.0)
    assert session.card.missed() == []


def test_a_page_that_falls_silent_is_not_waited_for() -> None:
    session = Session()
    session.speak(0.2)
    session.pass_(0.2 + 2 * GIVEN_UP_S)
    (missed,) = session.card.missed()
    assert missed.reason == "the page fell silent"
    assert missed.frames == round(GIVEN_UP_S * RATE_HZ)


def test_of_a_flood_the_latest_is_heard() -> None:
    session = Session()
    said = session.speak(5.0)
    assert session.card.waiting_s <= MOST_WAITING_S
    heard = session.pass_(2.0)
    kept = heard[heard != 0]
    assert np.array_equal(kept, said[-len(kept) :])
    lost = sum(each.frames for each in session.card.missed())
    assert lost + len(kept) == len(said)


def test_who_speaks_behind_catches_up_in_the_pauses() -> None:
    session = Session()
    session.speak(0.5)
    session.card.hear(samples_to_pcm(np.zeros(round(0.5 * RATE_HZ), np.int16)))
    words = session.speak(0.3)
    session.pass_(0.9)
    heard = np.concatenate(session.heard)
    # Half of the pause was left out: 0.4 s would still be waiting.
    assert session.card.waiting_s < 0.2
    assert words[0] in heard
    assert session.card.missed() == []


def test_what_is_played_is_given_to_the_page_without_the_silence() -> None:
    session = Session()
    session.pass_(1.0)
    assert session.card.to_play() == b""
    tone = np.full(1_600, 5_000, np.int16)
    session.card.core.write(tone)
    session.pass_(1.0)
    played = pcm_to_samples(session.card.to_play())
    assert len(played) == len(tone) + SILENT_S * RATE_HZ
    assert np.count_nonzero(played) == len(tone)
    assert session.card.to_play() == b""


def test_without_a_page_time_passes_and_nothing_is_kept() -> None:
    session = Session()
    session.speak(0.3)
    session.card.connect(False)
    session.card.core.write(np.full(16_000, 5_000, np.int16))
    assert not session.pass_(2.0).any()
    assert session.card.to_play() == b""
    assert session.card.core.audible(session.now_s) == 16_000
    assert session.card.ended() is None


def test_a_page_that_takes_nothing_costs_no_memory() -> None:
    session = Session()
    for _ in range(10):
        session.card.core.write(np.full(16_000, 5_000, np.int16))
        session.pass_(1.0)
    assert len(session.card.to_play()) <= 2 * MOST_UNPLAYED_S * RATE_HZ
    session.card.close()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 40)), max_size=30))
def test_however_it_comes_each_block_is_there_in_time(steps: list[tuple[int, int]]) -> None:
    session = Session()
    for size, blocks in steps:
        session.card.hear(b"\1\20" * size + b"\1" * (size % 2))
        if blocks:
            assert len(session.pass_(blocks * BLOCK_S)) == blocks * 160
        assert session.card.waiting_s <= MOST_WAITING_S
    assert len(session.card.missed()) <= MOST_MISSED
