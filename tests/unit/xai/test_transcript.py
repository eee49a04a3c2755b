"""xAI's recogniser as its document describes it: each trait by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.xai.messages import Message
from xtalk_edge.engines.xai.transcript import (
    AUDIO_DONE,
    MOST_CHARS,
    Transcript,
    closing_silence,
    query,
)
from xtalk_edge.errors import UplinkError, UplinkLostError


def partial(text: str, **fields: Any) -> Message:
    return Message("transcript.partial", {"text": text, **fields})


def chunk(text: str, **fields: Any) -> Message:
    return partial(text, is_final=True, speech_final=False, **fields)


def spoken(text: str, **fields: Any) -> Message:
    return partial(text, is_final=True, speech_final=True, **fields)


def done(text: str = "") -> Message:
    return Message("transcript.done", {"text": text, "duration": 2.0})


def text_of(*messages: Message) -> str:
    transcript = Transcript()
    for each in messages:
        transcript.take(each)
    return transcript.text


def test_the_parameters_are_those_of_the_document():
    assert query("en", 50) == {
        "sample_rate": "16000",
        "encoding": "pcm",
        "interim_results": "true",
        "endpointing": "50",
        "diarize": "false",
        "multichannel": "false",
        "channels": "1",
        "language": "en",
    }


def test_without_a_language_none_is_sent():
    assert "language" not in query("", 50)


@pytest.mark.parametrize(("endpointing_ms", "silence_ms"), [(0, 100), (50, 100), (5_000, 5_050)])
def test_the_silence_at_the_end_is_longer_than_the_endpointing(endpointing_ms, silence_ms):
    assert closing_silence(endpointing_ms) == bytes(32 * silence_ms)


def test_the_end_of_the_sound_is_told():
    assert AUDIO_DONE == '{"type": "audio.done"}'


def test_it_is_ready_once_the_transcript_is_created():
    transcript = Transcript()
    assert not transcript.ready
    transcript.take(Message("transcript.created", {"id": "x"}))
    assert transcript.ready
    assert not transcript.finished


def test_an_interim_text_is_replaced_by_the_next():
    assert text_of(partial("turn"), partial("turn on"), partial("turn off")) == "turn off"


def test_a_message_without_text_changes_nothing():
    assert text_of(partial("turn on"), partial(""), partial("  ", is_final=True)) == "turn on"


def test_a_portion_that_is_final_stays_before_the_next():
    assert (
        text_of(chunk("turn on the", start=0.0), partial("lamp", start=2.9)) == "turn on the lamp"
    )


def test_the_text_of_a_whole_speech_replaces_its_portions():
    # With where it begins, and without.
    for where in ({}, {"start": 0.0}):
        assert (
            text_of(chunk("turn on the"), partial("lamp"), spoken("Turn on the lamp.", **where))
            == "Turn on the lamp."
        )


def test_the_text_of_a_speechs_rest_stays_behind_its_portions():
    assert (
        text_of(
            chunk("turn on the", start=0.0, duration=3.0), spoken("lamp", start=3.0, duration=0.5)
        )
        == "turn on the lamp"
    )


def test_what_is_said_after_a_pause_stays_behind():
    assert text_of(spoken("Turn on."), partial("the"), spoken("The lamp.")) == "Turn on. The lamp."


def test_the_same_word_again_after_a_pause_is_said_twice():
    assert text_of(spoken("No."), partial("no"), spoken("No.")) == "No. No."


def test_a_message_that_comes_twice_counts_once():
    assert (
        text_of(
            chunk("one", start=0.0), chunk("one", start=0.0), spoken("one two"), spoken("one two")
        )
        == "one two"
    )


def test_a_portion_heard_better_replaces_the_one_from_there():
    assert (
        text_of(chunk("one", start=0.0), chunk("tree", start=1.0), chunk("three", start=1.0))
        == "one three"
    )


def test_an_interim_text_that_comes_too_late_is_dropped():
    assert (
        text_of(
            spoken("Turn on the lamp.", start=0.0, duration=2.0),
            partial("turn on the", start=0.0, duration=1.5),
        )
        == "Turn on the lamp."
    )


@pytest.mark.parametrize("told", [done(), done("  ")])
def test_the_end_may_add_nothing(told):
    assert text_of(spoken("Turn on."), told) == "Turn on."
    assert text_of(partial("turn on"), told) == "turn on"


def test_the_end_forgets_an_interim_text_that_came_late():
    assert text_of(spoken("Turn on the lamp."), partial("turn on the"), done()) == (
        "Turn on the lamp."
    )


def test_the_end_may_bring_the_rest():
    assert text_of(spoken("Turn on."), partial("the"), done("The lamp.")) == "Turn on. The lamp."


def test_the_end_may_bring_everything():
    assert text_of(spoken("turn on"), partial("the"), done("Turn on, the lamp.")) == (
        "Turn on, the lamp."
    )


def test_nothing_counts_behind_the_end():
    transcript = Transcript()
    transcript.take(done("Yes."))
    assert transcript.finished
    transcript.take(partial("no"))
    assert transcript.text == "Yes."


def test_an_error_is_told_in_a_printable_sentence():
    with pytest.raises(UplinkLostError, match=r"reports: no \[31m more$"):
        Transcript().take(Message("error", {"message": "no\x1b[31m more\n"}))
    with pytest.raises(UplinkLostError, match="a known one"):
        Transcript().take(Message("error", {"error": {"message": "a known one"}}))


def test_words_and_speakers_are_left_alone():
    words = [{"text": "hi", "start": 0.1, "end": 0.3, "speaker": 2}]
    assert text_of(partial("hi", words=words, channel_index=0)) == "hi"


def test_more_text_than_anybody_can_say_is_refused():
    with pytest.raises(UplinkError, match="more text"):
        text_of(*(spoken(f"{i} " + "x" * (MOST_CHARS // 2)) for i in range(3)))


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.none()),
)  # fmt: skip
NAMES = st.sampled_from(["text", "start", "duration", "is_final", "speech_final", "message"])
KINDS = st.sampled_from(
    ["transcript.created", "transcript.partial", "transcript.partial", "transcript.done", "x"]
)


@given(st.lists(st.builds(Message, KINDS, st.dictionaries(NAMES, VALUES)), max_size=12))
def test_whatever_comes_is_a_printable_text(messages):
    transcript = Transcript()
    for each in messages:
        transcript.take(each)
        assert transcript.text.isprintable()
        assert transcript.text == transcript.text.strip()


WORD = st.sampled_from(["turn", "on", "the", "lamp"])


@given(
    st.lists(st.lists(st.lists(WORD, min_size=1, max_size=3), min_size=1, max_size=3), max_size=4)
)
def test_every_word_is_there_once(speeches):
    """As the service tells them: interim, then settled by portions, then by speeches."""
    transcript, at_s, said = Transcript(), 0.0, []
    for speech in speeches:
        began_s = at_s
        for portion in speech:
            where = {"start": at_s, "duration": 1.0}
            transcript.take(partial(portion[0], **where))
            transcript.take(chunk(" ".join(portion), **where))
            said += portion
            at_s += 1.0
            assert transcript.text == " ".join(said)
        whole = " ".join(word for portion in speech for word in portion)
        transcript.take(spoken(whole, start=began_s, duration=at_s - began_s))
        assert transcript.text == " ".join(said)
        at_s += 0.5
