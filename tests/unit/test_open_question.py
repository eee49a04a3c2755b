import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.managers.questions import ANSWER_WITHIN_S, OpenQuestion

PARDON = "Sorry, I didn't catch that."


def asked(text="Delete all four notes?", at_s=10.0):
    question = OpenQuestion(PARDON)
    question.asked(1)
    question.heard(1, text, at_s)
    return question


def test_a_question_that_was_heard_may_be_answered_for_a_while():
    assert asked().may_be_answered(10.0 + ANSWER_WITHIN_S)
    assert not asked().may_be_answered(10.1 + ANSWER_WITHIN_S)


def test_a_question_nobody_heard_cannot_be_answered():
    assert not OpenQuestion(PARDON).may_be_answered(0.0)
    assert not asked("").may_be_answered(10.0)


def test_another_question_closes_the_last():
    question = asked()
    question.asked(2)
    assert not question.may_be_answered(10.0)


def test_something_else_said_aloud_closes_it_and_a_pardon_does_not():
    question = asked()
    question.heard(2, PARDON, 11.0)
    question.heard(3, "", 12.0)
    assert question.may_be_answered(13.0)
    question.heard(4, "Your timer is over.", 14.0)
    assert not question.may_be_answered(15.0)


@given(st.lists(st.tuples(st.integers(2, 5), st.sampled_from(["", "Hello."])), max_size=6))
@pytest.mark.slow
def test_what_other_turns_say_never_opens_a_question(said):
    question = OpenQuestion(PARDON)
    question.asked(1)
    for turn_id, text in said:
        question.heard(turn_id, text, 1.0)
    assert not question.may_be_answered(1.0)
