"""The turn machine: conversations in facts and actions, then invariants under any facts."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from xtalk_edge.turn.actions import (
    Announce,
    AskAgain,
    Conclude,
    DiscardOffer,
    DropRecognition,
    Duck,
    EndRecognition,
    GoOn,
    HoldReply,
    Prepare,
    StartRecognition,
    StartReply,
    State,
    StateChanged,
    StopReply,
    Unduck,
)
from xtalk_edge.turn.barge_in import SURE_STOP
from xtalk_edge.turn.facts import (
    ButtonPressed,
    ButtonReleased,
    Concluded,
    Detected,
    EchoJudged,
    FinalRecognised,
    OfferWithdrawn,
    PartialRecognised,
    Prepared,
    ReplyAudible,
    ReplyEnded,
    SoundLost,
    SpeechCleared,
    SpeechEnded,
    SpeechOffered,
    SpeechStarted,
    StopWordSpotted,
    TextTyped,
    Woken,
)
from xtalk_edge.turn.machine import TurnMachine
from xtalk_edge.turn.policy import TurnPolicy

POLICY = TurnPolicy(
    silence_s=0.5,
    pre_roll_s=0.25,
    no_speech_s=4.0,
    max_turn_s=10.0,
    follow_up_s=3.0,
    verify_s=0.5,
    verify_wordless_s=1.0,
    hold_s=math.inf,
    final_wait_s=8.0,
    request_silence_s=0.5,
    unfinished_silence_s=0.5,
    prepare_s=math.inf,
)
ALWAYS = replace(POLICY, mode="always")
DOUBTED = SURE_STOP - 0.05
"""Of a stop word that needs words from the recogniser."""


def machine(policy: Any = POLICY, **changes: Any) -> TurnMachine:
    return TurnMachine(replace(policy, **changes))


def changed(state: Any) -> StateChanged:
    return StateChanged(state)


def woken(policy: Any = POLICY, **changes: Any) -> TurnMachine:
    """Return a machine whose wake word ended at 1.0, at 1.25."""
    made = machine(policy, **changes)
    assert made.handle(Woken(1.0), 1.25) == [changed(State.ATTENDING)]
    return made


def thinking(policy: Any = POLICY, **changes: Any) -> TurnMachine:
    """Return a machine that answers turn 1, asked from 2.0 to 3.0, at 3.75."""
    made = woken(policy, **changes)
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    assert made.tick(3.5) == [EndRecognition(1, 3.5), changed(State.THINKING)]
    assert made.handle(FinalRecognised(1, "what time is it"), 3.75) == [
        StartReply(1, "what time is it")
    ]
    return made


def speaking(policy: Any = POLICY, **changes: Any) -> TurnMachine:
    """Return a machine whose reply to turn 1 is audible at 4.0."""
    made = thinking(policy, **changes)
    assert made.handle(ReplyAudible(1), 4.0) == [changed(State.SPEAKING)]
    return made


def barging_in(policy: Any = POLICY, **changes: Any) -> TurnMachine:
    """Return a speaking machine with candidate 2, speech from 5.0 on, at 5.125."""
    made = speaking(policy, **changes)
    assert made.handle(SpeechStarted(5.0), 5.125) == [Duck(1), StartRecognition(2, 4.75)]
    assert made.state is State.SPEAKING
    return made


# -- the button ----------------------------------------------------------------------------

HELD = replace(POLICY, mode="button", button="hold")
TAPPED = replace(POLICY, mode="button")


def test_while_the_button_is_held_pauses_end_nothing() -> None:
    made = machine(HELD)
    assert made.handle(ButtonPressed(), 1.0) == [
        StartRecognition(1, 0.75),
        changed(State.LISTENING),
    ]
    made.handle(SpeechStarted(1.0), 1.1)
    made.handle(SpeechEnded(2.0), 2.1)
    assert made.tick(6.0) == []
    made.handle(SpeechStarted(6.5), 6.6)
    assert made.handle(ButtonReleased(), 7.0) == []
    assert made.tick(7.2) == []
    assert made.tick(7.25) == [EndRecognition(1, 7.25), changed(State.THINKING)]
    assert made.handle(FinalRecognised(1, "what time is it"), 7.5) == [
        StartReply(1, "what time is it")
    ]


def test_a_held_button_does_not_keep_a_turn_open_for_ever() -> None:
    made = machine(HELD)
    made.handle(ButtonPressed(), 1.0)
    made.handle(SpeechStarted(1.0), 1.1)
    assert made.tick(10.75) == [EndRecognition(1, 10.75), changed(State.THINKING)]


def test_a_touch_of_the_button_without_a_word_is_nothing() -> None:
    made = machine(HELD)
    made.handle(ButtonPressed(), 1.0)
    made.handle(ButtonReleased(), 1.1)
    assert made.tick(1.5) == [DropRecognition(1), changed(State.ATTENDING)]


def test_the_held_button_stops_a_reply_and_is_listened_to() -> None:
    made = speaking(replace(POLICY, button="hold"))
    assert made.handle(ButtonPressed(), 5.0) == [
        StopReply(1, "button"),
        StartRecognition(2, 4.75),
        changed(State.LISTENING),
    ]


def test_pressed_again_the_button_ends_the_turn_at_once() -> None:
    made = machine(TAPPED)
    made.handle(ButtonPressed(), 1.0)
    made.handle(SpeechStarted(1.5), 1.6)
    assert made.handle(ButtonPressed(), 3.0) == [EndRecognition(1, 3.0), changed(State.THINKING)]


def test_letting_go_of_the_button_means_nothing_to_who_only_pressed_it() -> None:
    made = machine(TAPPED)
    made.handle(ButtonPressed(), 1.0)
    assert made.handle(ButtonReleased(), 1.1) == []
    made.handle(SpeechStarted(1.5), 1.6)
    assert made.handle(ButtonReleased(), 1.7) == []
    assert made.tick(9.0) == []


# -- in writing ----------------------------------------------------------------------------


def test_what_is_typed_is_answered_also_while_asleep() -> None:
    made = machine()
    assert made.handle(TextTyped("what time is it"), 1.0) == [
        StartReply(1, "what time is it"),
        changed(State.THINKING),
    ]
    made.handle(ReplyAudible(1), 1.5)
    assert made.handle(ReplyEnded(1), 2.0) == [changed(State.ATTENDING)]


def test_what_is_typed_takes_the_floor_from_whoever_has_it() -> None:
    made = speaking()
    assert made.handle(TextTyped("what is the date"), 5.0) == [
        StopReply(1, "typed"),
        StartReply(2, "what is the date"),
        changed(State.THINKING),
    ]
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    assert made.handle(TextTyped("what is the date"), 2.5) == [
        DropRecognition(1),
        StartReply(2, "what is the date"),
        changed(State.THINKING),
    ]


# -- words that are not believed -----------------------------------------------------------


def test_what_the_recogniser_is_not_sure_of_is_no_interruption() -> None:
    made = barging_in(think_ahead=True, prepare_s=0.1)
    made.handle(SpeechEnded(5.4), 5.5)
    made.tick(5.6)
    assert made.handle(Concluded(2, "hello", 0.6), 5.65) == []
    made.tick(6.1)
    assert made.handle(FinalRecognised(2, "hello", 0.6), 6.2) == [Unduck(1)]


def test_words_that_come_and_go_interrupt_nothing_before_they_are_whole() -> None:
    made = barging_in(think_ahead=True, prepare_s=0.1, verify_wordless_s=3.0)
    made.handle(PartialRecognised(2, "for a minute", 0.5), 6.0)
    assert made.tick(6.5) == []
    made.handle(SpeechEnded(6.4), 6.5)
    made.tick(6.6)
    assert made.handle(Concluded(2, "for a minute", 0.5), 6.65)[0] == StopReply(1, "interrupted")


def test_what_it_is_sure_of_interrupts() -> None:
    made = barging_in(think_ahead=True, prepare_s=0.1, verify_s=0.3)
    made.handle(SpeechEnded(5.4), 5.5)
    made.tick(5.6)
    assert made.handle(Concluded(2, "louder", 0.8), 5.65)[0] == StopReply(1, "interrupted")


def test_a_doubtful_stop_word_makes_it_pause_until_the_words_are_known() -> None:
    made = barging_in()
    assert made.handle(StopWordSpotted(5.4, DOUBTED), 5.4) == [HoldReply(1)]
    assert made.handle(StopWordSpotted(5.5, DOUBTED), 5.5) == []
    made.handle(SpeechEnded(5.4), 5.6)
    made.tick(6.0)
    assert made.handle(FinalRecognised(2, ""), 6.1) == [Unduck(1)]


def test_a_doubtful_stop_word_with_the_word_itself_stops() -> None:
    made = barging_in()
    made.handle(StopWordSpotted(5.4, DOUBTED), 5.4)
    made.handle(SpeechEnded(5.4), 5.6)
    made.tick(6.0)
    assert StopReply(1, "stop word") in made.handle(FinalRecognised(2, "stop", 0.5), 6.1)


def test_a_doubtful_stop_word_that_nobody_seems_to_speak_is_nothing() -> None:
    assert speaking().handle(StopWordSpotted(5.4, DOUBTED), 5.4) == []


# -- echo and loss -------------------------------------------------------------------------


def test_while_its_own_voice_is_not_removed_only_stop_and_button_interrupt() -> None:
    made = speaking()
    assert made.handle(EchoJudged(removed=False), 4.5) == []
    assert made.handle(SpeechStarted(5.0), 5.1) == []
    assert made.handle(StopWordSpotted(5.4), 5.5) == [
        StopReply(1, "stop word"),
        changed(State.ATTENDING),
    ]


def test_once_its_own_voice_is_removed_again_it_listens_again() -> None:
    made = speaking()
    made.handle(EchoJudged(removed=False), 4.5)
    made.handle(EchoJudged(removed=True), 4.6)
    assert Duck(1) in made.handle(SpeechStarted(5.0), 5.1)


def test_with_the_sound_device_gone_nobody_has_the_floor() -> None:
    made = barging_in()
    assert made.handle(SoundLost(), 5.2) == [
        StopReply(1, "sound lost"),
        DropRecognition(2),
        changed(State.ASLEEP),
    ]


# -- waking and sleeping -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "state"),
    [("wake-word", State.ASLEEP), ("button", State.ASLEEP), ("always", State.ATTENDING)],
)
def test_resting_states(mode: Any, state: Any) -> None:
    made = machine(mode=mode)
    assert made.state is state
    assert made.tick(1000.0) == []


def test_speech_while_asleep_is_nobodys_business() -> None:
    made = machine()
    assert made.handle(SpeechStarted(1.0), 1.125) == []
    assert made.handle(SpeechEnded(2.0), 2.125) == []
    assert made.tick(60.0) == []


def test_without_speech_it_falls_asleep_again() -> None:
    made = woken()
    assert made.tick(5.0) == []
    assert made.tick(5.25) == [changed(State.ASLEEP)]


def test_the_button_wakes() -> None:
    made = machine(mode="button")
    assert made.handle(ButtonPressed(), 1.0) == [changed(State.ATTENDING)]
    assert made.handle(SpeechStarted(0.875), 1.0) == [
        StartRecognition(1, 0.75),
        changed(State.LISTENING),
    ]


def test_a_turn_from_wake_word_to_follow_up() -> None:
    made = woken()
    assert made.handle(SpeechStarted(2.0), 2.125) == [
        StartRecognition(1, 1.75),
        changed(State.LISTENING),
    ]
    assert made.handle(PartialRecognised(1, "what"), 2.5) == []
    assert made.handle(SpeechEnded(3.0), 3.125) == []
    assert made.tick(3.46875) == []
    assert made.tick(3.5) == [EndRecognition(1, 3.5), changed(State.THINKING)]
    assert made.handle(FinalRecognised(1, " what time is it "), 3.75) == [
        StartReply(1, "what time is it")
    ]
    assert made.handle(ReplyAudible(1), 4.0) == [changed(State.SPEAKING)]
    assert made.handle(ReplyEnded(1), 6.0) == [changed(State.ATTENDING)]
    assert made.tick(8.96875) == []
    assert made.tick(9.0) == [changed(State.ASLEEP)]


def test_in_always_mode_it_attends_for_ever() -> None:
    made = speaking(ALWAYS, mode="wake-word")
    made = machine(ALWAYS)
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    made.tick(3.5)
    made.handle(FinalRecognised(1, "hello"), 3.75)
    assert made.handle(ReplyEnded(1), 4.0) == [changed(State.ATTENDING)]
    assert made.tick(1e6) == []


def test_speech_reported_just_after_falling_asleep_counts() -> None:
    made = woken()
    made.tick(5.25)
    assert made.handle(SpeechStarted(5.1875), 5.375) == [
        StartRecognition(1, 4.9375),
        changed(State.LISTENING),
    ]


# -- one breath ----------------------------------------------------------------------------


def test_a_command_in_one_breath_is_recognised_from_the_end_of_the_wake_word() -> None:
    made = machine()
    made.handle(SpeechStarted(0.25), 0.375)
    assert made.handle(Woken(1.0), 1.25) == [changed(State.ATTENDING)]
    assert made.tick(1.375) == []
    assert made.tick(1.4375) == [StartRecognition(1, 1.0), changed(State.LISTENING)]


def test_the_tail_of_the_wake_word_is_not_a_command() -> None:
    made = machine()
    made.handle(SpeechStarted(0.25), 0.375)
    made.handle(Woken(1.0), 1.125)
    assert made.handle(SpeechEnded(1.125), 1.28125) == []
    assert made.tick(5.0) == []
    assert made.tick(5.125) == [changed(State.ASLEEP)]


def test_a_short_command_in_one_breath_counts() -> None:
    made = machine()
    made.handle(SpeechStarted(0.25), 0.375)
    made.handle(Woken(1.0), 1.125)
    assert made.handle(SpeechEnded(1.375), 1.40625) == [
        StartRecognition(1, 1.0),
        changed(State.LISTENING),
    ]
    assert made.tick(1.875) == [EndRecognition(1, 1.875), changed(State.THINKING)]


def test_speech_begun_between_the_wake_word_and_its_detection_counts() -> None:
    made = machine()
    made.handle(SpeechStarted(1.125), 1.25)
    assert made.handle(Woken(1.0), 1.3125) == [
        StartRecognition(1, 1.0),
        changed(State.LISTENING),
    ]


def test_the_same_wake_word_told_twice_is_one() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    assert made.handle(Woken(1.0), 2.25) == []


def test_the_wake_word_again_begins_the_turn_anew() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    assert made.handle(Woken(2.75), 3.0) == [
        DropRecognition(1),
        changed(State.ATTENDING),
    ]
    assert made.tick(3.25) == [StartRecognition(2, 2.75), changed(State.LISTENING)]


# -- ends of turns -------------------------------------------------------------------------


def test_speech_that_goes_on_before_the_silence_is_over_stays_one_turn() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    assert made.handle(SpeechStarted(3.375), 3.5) == []
    assert made.tick(4.0) == []
    made.handle(SpeechEnded(4.5), 4.625)
    assert made.tick(5.0) == [EndRecognition(1, 5.0), changed(State.THINKING)]


def test_another_endpointing_may_look_at_the_text() -> None:
    class Hasty:
        def ends_at_s(self, pause: Any) -> Any:
            assert pause.turn_s == 1.25
            return -math.inf if pause.text == "stop" else math.inf

    made = TurnMachine(ALWAYS, lambda _policy: Hasty())
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    assert made.tick(4.0) == []
    assert made.handle(PartialRecognised(1, "stop"), 4.125) == [
        EndRecognition(1, 3.0),
        changed(State.THINKING),
    ]


def pausing(text: str) -> TurnMachine:
    """Return a machine that knows since 3.25 that `text` was heard up to a pause at 3.0."""
    made = machine(ALWAYS, request_silence_s=0.375, unfinished_silence_s=1.0, prepare_s=0.25)
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(PartialRecognised(1, "set"), 3.0)
    assert made.handle(SpeechEnded(3.0), 3.125) == []
    assert made.tick(3.25) == [Conclude(1, 3.25)]
    thought = [Prepare(1, text)] if text else []
    assert made.handle(Concluded(1, text), 3.25) == thought
    assert made.handle(Detected(1, text, None), 3.25) == []
    return made


def test_at_a_pause_the_text_is_concluded_and_the_agent_asked_once() -> None:
    made = pausing("set a timer")
    assert made.tick(3.3125) == []
    assert made.handle(Concluded(1, "set a timer"), 3.375) == []


def test_of_a_pause_without_words_the_agent_hears_nothing() -> None:
    made = pausing("")
    assert made.tick(3.9375) == []
    assert made.tick(4.0) == [EndRecognition(1, 4.0), changed(State.THINKING)]


def test_what_was_concluded_is_taken_back_when_more_is_said() -> None:
    made = pausing("set a timer")
    assert made.handle(SpeechStarted(3.25), 3.375) == [GoOn(1)]
    assert made.handle(Concluded(1, "stop"), 3.375) == []
    made.handle(SpeechEnded(4.0), 4.125)
    assert made.tick(4.25) == [Conclude(1, 4.25)]
    assert made.handle(Concluded(1, "set a timer for tea"), 4.3125) == [
        Prepare(1, "set a timer for tea")
    ]


def test_who_does_not_think_ahead_concludes_nothing() -> None:
    made = machine(ALWAYS, prepare_s=0.0, think_ahead=False)
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    assert made.tick(3.4375) == []


def test_a_stop_word_is_known_at_the_pause() -> None:
    made = speaking(prepare_s=0.125)
    made.handle(SpeechStarted(5.0), 5.125)
    assert made.handle(SpeechEnded(5.25), 5.375) == [Conclude(2, 5.375)]
    assert made.handle(Concluded(2, "stop"), 5.375)[0] == StopReply(1, "stop word")


def test_a_turn_that_sounds_unfinished_is_waited_for_whatever_its_last_word() -> None:
    made = pausing("turn everything")
    assert made.handle(Detected(1, "turn", 0.9), 3.25) == []
    assert made.handle(Detected(1, "turn everything", 0.01), 3.25) == []
    assert made.tick(3.9375) == []
    assert made.tick(4.0) == [EndRecognition(1, 4.0), changed(State.THINKING)]


def test_a_whole_request_ends_the_turn_sooner() -> None:
    made = pausing("stop the music")
    assert made.handle(Prepared(1, "stop the music", True), 3.3125) == []
    assert made.tick(3.375) == [EndRecognition(1, 3.375), changed(State.THINKING)]


def test_what_was_prepared_for_another_text_changes_nothing() -> None:
    made = pausing("stop the music")
    made.handle(Prepared(1, "stop", True), 3.25)
    made.handle(Prepared(7, "stop the music", True), 3.25)
    made.handle(Prepared(1, "stop the music", False), 3.25)
    assert made.tick(3.4375) == []
    assert made.tick(3.5) == [EndRecognition(1, 3.5), changed(State.THINKING)]


def test_what_sounds_unfinished_is_waited_for() -> None:
    made = pausing("set a timer for")
    assert made.tick(3.9375) == []
    assert made.tick(4.0) == [EndRecognition(1, 4.0), changed(State.THINKING)]


def test_nothing_is_prepared_over_a_reply() -> None:
    made = speaking(prepare_s=0.0)
    made.handle(SpeechStarted(5.0), 5.125)
    heard = made.handle(PartialRecognised(2, "uh"), 5.25) + made.handle(SpeechEnded(5.25), 5.375)
    assert not [action for action in heard if isinstance(action, Prepare)]


def test_ten_minutes_without_a_pause_give_bounded_turns_without_gaps() -> None:
    made = machine(ALWAYS, barge_in="off")
    actions = made.handle(SpeechStarted(1.0), 1.125)
    for step in range(1, 600 * 16):
        at_s = 1.125 + step / 16
        new = made.tick(at_s)
        actions += new
        for action in new:
            if isinstance(action, EndRecognition):
                actions += made.handle(FinalRecognised(action.turn_id, ""), at_s)
    starts = [action.from_s for action in actions if isinstance(action, StartRecognition)]
    ends = [action.at_s for action in actions if isinstance(action, EndRecognition)]
    assert len(starts) >= 59
    assert all(end - start <= 10.0 for start, end in zip(starts, ends, strict=False))
    assert starts[1:] == ends[: len(starts) - 1]


def test_a_recogniser_that_never_answers_is_given_up() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    made.tick(3.5)
    assert made.tick(11.46875) == []
    assert made.tick(11.5) == [AskAgain(1)]
    assert made.handle(FinalRecognised(1, "late"), 12.0) == []


def test_a_final_text_before_the_end_closes_the_turn() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    assert made.handle(FinalRecognised(1, "hi"), 3.0) == [
        DropRecognition(1),
        StartReply(1, "hi"),
        changed(State.THINKING),
    ]


def test_speech_while_the_final_text_is_awaited_is_kept_whole() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    made.tick(3.5)
    assert made.handle(SpeechStarted(3.75), 3.875) == []
    assert made.handle(SpeechEnded(4.0), 4.125) == []
    assert made.handle(SpeechStarted(4.25), 4.375) == []
    assert made.handle(FinalRecognised(1, "what time"), 4.5) == [
        StartReply(1, "what time"),
        Duck(1),
        StartRecognition(2, 3.5),
    ]


# -- nothing understood --------------------------------------------------------------------


def ask(made: Any, turn_id: Any, start_s: Any, text: Any) -> Any:
    made.handle(SpeechStarted(start_s), start_s + 0.125)
    made.handle(SpeechEnded(start_s + 1), start_s + 1.125)
    made.tick(start_s + 1.5)
    return made.handle(FinalRecognised(turn_id, text), start_s + 1.75)


def test_it_asks_again_once_and_then_sleeps() -> None:
    made = woken()
    assert ask(made, 1, 2.0, "") == [AskAgain(1)]
    assert made.handle(ReplyAudible(1), 4.0) == [changed(State.SPEAKING)]
    assert made.handle(ReplyEnded(1), 5.0) == [changed(State.ATTENDING)]
    assert made.tick(8.5) == []
    assert ask(made, 2, 8.75, "") == [changed(State.ASLEEP)]
    made.handle(Woken(20.0), 20.25)
    assert ask(made, 3, 21.0, "") == [AskAgain(3)]


def test_something_understood_in_between_allows_asking_again() -> None:
    made = woken()
    ask(made, 1, 2.0, "")
    made.handle(ReplyEnded(1), 5.0)
    assert ask(made, 2, 6.0, "hello") == [StartReply(2, "hello")]
    made.handle(ReplyEnded(2), 8.0)
    assert ask(made, 3, 9.0, "") == [AskAgain(3)]


def test_in_always_mode_noise_is_passed_over_in_silence() -> None:
    made = machine(ALWAYS)
    assert ask(made, 1, 2.0, "") == [changed(State.ATTENDING)]


# -- barge-in ------------------------------------------------------------------------------


def test_speech_with_words_interrupts() -> None:
    made = barging_in()
    assert made.handle(PartialRecognised(2, "no wait"), 5.25) == []
    assert made.tick(5.46875) == []
    assert made.tick(5.5) == [StopReply(1, "interrupted"), changed(State.LISTENING)]
    made.handle(SpeechEnded(6.0), 6.125)
    assert made.tick(6.5) == [EndRecognition(2, 6.5), changed(State.THINKING)]
    assert made.handle(FinalRecognised(2, "no wait"), 6.75) == [StartReply(2, "no wait")]


def test_the_end_of_a_wake_phrase_that_is_noticed_late_is_no_request() -> None:
    made = machine()
    made.handle(Woken(2.0), 2.75)
    # The detector had rested, and hears what was before.
    assert made.handle(SpeechStarted(1.25, ended_s=2.1), 2.8) == []
    assert made.handle(SpeechEnded(2.1), 2.8) == []
    assert made.handle(SpeechStarted(3.0), 3.125)[0] == StartRecognition(1, 2.75)


def doubtful() -> TurnMachine:
    """Return the same machine, with what only passes for speech from 5.0 on, at 5.125."""
    made = speaking(replace(POLICY, hold_s=0.4))
    assert made.handle(SpeechStarted(5.0, clear=False), 5.125)[0] == Duck(1)
    return made


def test_what_only_passes_for_speech_makes_it_stand_still_and_no_more() -> None:
    made = doubtful()
    assert made.handle(PartialRecognised(2, "turn the volume up", 0.9), 5.25) == []
    assert made.tick(5.5) == [HoldReply(1)]
    assert made.tick(8.0) == []
    made.handle(SpeechEnded(8.5), 8.625)
    assert EndRecognition(2, 9.0) in made.tick(9.0)
    assert made.handle(FinalRecognised(2, "turn the volume up", 0.9), 9.25) == [Unduck(1)]
    assert made.state is State.SPEAKING


def test_once_it_is_clear_it_counts_from_its_beginning() -> None:
    made = doubtful()
    assert made.handle(PartialRecognised(2, "no wait"), 5.25) == []
    made.tick(5.5)
    assert made.handle(SpeechCleared(), 5.75) == [
        StopReply(1, "interrupted"),
        changed(State.LISTENING),
    ]


def test_one_clear_word_makes_the_whole_utterance_clear() -> None:
    made = doubtful()
    made.handle(SpeechEnded(5.2), 5.3)
    made.handle(SpeechStarted(5.4, clear=True), 5.5)
    made.handle(PartialRecognised(2, "no wait"), 5.6)
    assert StopReply(1, "interrupted") in made.tick(6.0)


def test_stop_needs_not_be_clear() -> None:
    made = doubtful()
    assert made.handle(StopWordSpotted(5.2, 1.0), 5.25)[0] == StopReply(1, "stop word")


def test_speech_without_words_takes_twice_as_long() -> None:
    made = barging_in()
    assert made.tick(5.96875) == []
    assert made.tick(6.0) == [StopReply(1, "interrupted"), changed(State.LISTENING)]


def test_long_speech_without_words_lets_the_reply_stand_still_first() -> None:
    made = barging_in(hold_s=0.75)
    assert made.tick(5.71875) == []
    assert made.tick(5.75) == [HoldReply(1)]
    assert made.tick(5.875) == []
    assert made.handle(PartialRecognised(2, "no wait"), 5.9) == [
        StopReply(1, "interrupted"),
        changed(State.LISTENING),
    ]


def test_what_stood_still_for_nothing_goes_on() -> None:
    made = barging_in(hold_s=0.75)
    made.tick(5.75)
    made.handle(SpeechEnded(5.8), 5.9)
    made.tick(6.3)
    assert made.handle(FinalRecognised(2, ""), 6.5) == [Unduck(1)]
    made.handle(SpeechStarted(7.0), 7.1)
    assert made.tick(7.75) == [HoldReply(1)]


def test_a_backchannel_does_not_make_the_reply_wait() -> None:
    made = barging_in(hold_s=0.5)
    made.handle(PartialRecognised(2, "uh huh"), 5.25)
    assert made.tick(9.0) == []


def test_pauses_do_not_count_as_speech() -> None:
    made = barging_in()
    made.handle(SpeechEnded(5.25), 5.375)
    made.handle(SpeechStarted(5.625), 5.75)
    assert made.handle(PartialRecognised(2, "no wait"), 5.8125) == []
    assert made.tick(5.875) == [StopReply(1, "interrupted"), changed(State.LISTENING)]


def test_a_reply_not_audible_yet_is_interrupted_too() -> None:
    made = thinking()
    assert made.handle(SpeechStarted(4.0), 4.125) == [Duck(1), StartRecognition(2, 3.75)]
    assert made.handle(ReplyAudible(1), 4.25) == [changed(State.SPEAKING)]
    assert made.tick(5.0) == [StopReply(1, "interrupted"), changed(State.LISTENING)]


def cough(made: Any, text: Any) -> Any:
    """End candidate 2 after a quarter of a second; return what its final text leads to."""
    made.handle(SpeechEnded(5.25), 5.375)
    assert made.tick(5.75) == [EndRecognition(2, 5.75)]
    return made.handle(FinalRecognised(2, text), 6.0)


def test_a_cough_brings_the_reply_back() -> None:
    made = barging_in()
    assert cough(made, "") == [Unduck(1)]


def test_a_murmur_of_agreement_changes_nothing_however_long() -> None:
    made = barging_in()
    made.handle(PartialRecognised(2, "mhm uh huh"), 5.1875)
    assert made.tick(6.5) == []
    made.handle(SpeechEnded(6.5), 6.625)
    assert made.tick(7.0) == [EndRecognition(2, 7.0)]
    assert made.handle(FinalRecognised(2, "Mhm, uh huh."), 7.25) == [Unduck(1)]


def test_short_words_interrupt_once_they_are_understood() -> None:
    assert cough(barging_in(), "why") == [
        StopReply(1, "interrupted"),
        StartReply(2, "why"),
        changed(State.THINKING),
    ]


def test_when_the_reply_ends_the_candidate_is_an_ordinary_turn() -> None:
    made = barging_in()
    assert made.handle(ReplyEnded(1), 5.1875) == [changed(State.LISTENING)]
    made.handle(SpeechEnded(6.0), 6.125)
    assert made.tick(6.5) == [EndRecognition(2, 6.5), changed(State.THINKING)]
    assert made.handle(FinalRecognised(2, "and tomorrow"), 6.75) == [StartReply(2, "and tomorrow")]


def test_noise_begun_over_a_reply_is_not_asked_about() -> None:
    made = barging_in()
    made.handle(ReplyEnded(1), 5.1875)
    assert cough_after_reply(made) == [changed(State.ATTENDING)]
    assert made.tick(8.96875) == []
    assert made.tick(9.0) == [changed(State.ASLEEP)]


def cough_after_reply(made: Any) -> Any:
    made.handle(SpeechEnded(5.25), 5.375)
    made.tick(5.75)
    return made.handle(FinalRecognised(2, ""), 6.0)


def test_an_interruption_that_was_not_understood_is_asked_about() -> None:
    made = barging_in()
    made.tick(6.0)
    made.handle(SpeechEnded(6.25), 6.375)
    made.tick(6.75)
    assert made.handle(FinalRecognised(2, ""), 7.0) == [AskAgain(2)]


def test_duck_only_never_stops() -> None:
    made = barging_in(barge_in="duck-only")
    made.handle(PartialRecognised(2, "as I was saying"), 5.25)
    assert made.tick(9.0) == []
    made.handle(SpeechEnded(9.0), 9.125)
    made.tick(9.5)
    assert made.handle(FinalRecognised(2, "as I was saying"), 9.75) == [Unduck(1)]


def test_barge_in_off_ignores_speech_over_the_reply() -> None:
    made = speaking(barge_in="off")
    assert made.handle(SpeechStarted(5.0), 5.125) == []
    assert made.handle(SpeechEnded(5.75), 5.875) == []
    assert made.handle(ReplyEnded(1), 6.0) == [changed(State.ATTENDING)]
    assert made.tick(6.5) == []


def test_barge_in_off_hears_what_goes_on_after_the_reply() -> None:
    made = speaking(barge_in="off")
    made.handle(SpeechStarted(5.0), 5.125)
    made.handle(ReplyEnded(1), 6.0)
    assert made.tick(6.375) == []
    assert made.tick(6.4375) == [StartRecognition(2, 6.0), changed(State.LISTENING)]


# -- stop ----------------------------------------------------------------------------------


@pytest.mark.parametrize("barge_in", ["interrupt", "duck-only"])
def test_a_stop_word_stops_at_once_and_is_not_answered(barge_in: Any) -> None:
    made = barging_in(barge_in=barge_in)
    assert made.handle(PartialRecognised(2, "stop"), 5.1875) == [
        StopReply(1, "stop word"),
        changed(State.LISTENING),
    ]
    made.handle(SpeechEnded(5.375), 5.5)
    assert made.tick(5.875) == [EndRecognition(2, 5.875), changed(State.THINKING)]
    assert made.handle(FinalRecognised(2, "Stop it, please."), 6.0) == [changed(State.ATTENDING)]
    assert made.tick(9.0) == [changed(State.ASLEEP)]


def test_a_stop_word_lost_by_the_final_text_is_not_asked_about() -> None:
    made = barging_in()
    made.handle(PartialRecognised(2, "stop"), 5.1875)
    assert cough_after_reply(made) == [changed(State.ATTENDING)]


def test_a_stop_word_in_the_final_text_alone_stops_too() -> None:
    assert cough(barging_in(), "stop") == [
        StopReply(1, "stop word"),
        changed(State.ATTENDING),
    ]


@pytest.mark.parametrize("barge_in", ["interrupt", "duck-only"])
def test_a_request_that_begins_with_a_stop_word_is_answered(barge_in: Any) -> None:
    assert cough(barging_in(barge_in=barge_in), "stop the kitchen timer") == [
        StopReply(1, "stop word"),
        StartReply(2, "stop the kitchen timer"),
        changed(State.THINKING),
    ]


def test_a_stop_word_after_the_interruption_is_not_answered() -> None:
    made = barging_in()
    made.tick(6.0)
    made.handle(SpeechEnded(6.25), 6.375)
    made.tick(6.75)
    assert made.handle(FinalRecognised(2, "shut up"), 7.0) == [changed(State.ATTENDING)]


def test_a_stop_word_without_a_reply_is_an_ordinary_request() -> None:
    made = woken()
    assert ask(made, 1, 2.0, "stop") == [StartReply(1, "stop")]


@pytest.mark.parametrize("barge_in", ["interrupt", "off"])
def test_the_button_stops_and_attends(barge_in: Any) -> None:
    made = speaking(barge_in=barge_in)
    assert made.handle(ButtonPressed(), 5.0) == [
        StopReply(1, "button"),
        changed(State.ATTENDING),
    ]
    assert made.tick(9.0) == [changed(State.ASLEEP)]


def test_the_wake_word_stops_and_attends() -> None:
    made = barging_in()
    assert made.handle(Woken(5.75), 6.0) == [
        StopReply(1, "wake word"),
        DropRecognition(2),
        changed(State.ATTENDING),
    ]


def test_the_button_forgets_a_turn_whose_final_text_is_awaited() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    made.handle(SpeechEnded(3.0), 3.125)
    made.tick(3.5)
    assert made.handle(ButtonPressed(), 3.75) == [changed(State.ATTENDING)]
    assert made.handle(FinalRecognised(1, "what time"), 3.875) == []


# -- announcements -------------------------------------------------------------------------


def test_an_announcement_is_a_reply_like_any_other() -> None:
    made = machine()
    made.handle(SpeechStarted(1.0), 1.125)
    made.handle(SpeechEnded(2.0), 2.125)
    assert made.handle(SpeechOffered("tea is ready"), 60.0) == [
        Announce(1, SpeechOffered("tea is ready")),
        changed(State.THINKING),
    ]
    assert made.handle(ReplyAudible(1), 60.25) == [changed(State.SPEAKING)]
    assert made.handle(SpeechStarted(61.0), 61.125) == [Duck(1), StartRecognition(2, 60.75)]
    assert made.handle(PartialRecognised(2, "stop"), 61.25)[0] == StopReply(1, "stop word")


def test_announcements_wait_for_the_floor_and_keep_their_order() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    assert made.handle(SpeechOffered("one"), 2.25) == []
    assert made.handle(SpeechOffered("two"), 2.25) == []
    made.handle(SpeechEnded(3.0), 3.125)
    made.tick(3.5)
    made.handle(FinalRecognised(1, "hi"), 3.75)
    assert made.handle(ReplyEnded(1), 4.0) == [Announce(2, SpeechOffered("one"))]
    assert made.handle(ReplyEnded(2), 5.0) == [Announce(3, SpeechOffered("two"))]


def test_too_many_announcements_lose_the_oldest_and_say_so() -> None:
    made = thinking()
    actions = [action for i in range(17) for action in made.handle(SpeechOffered(str(i)), 4.0)]
    assert actions == [DiscardOffer(SpeechOffered("0"))]


def test_a_withdrawn_announcement_is_not_said() -> None:
    made = thinking()
    kept, dropped = SpeechOffered("one", offer_id=1), SpeechOffered("two", "alarm", 2)
    for offer in (dropped, kept):
        made.handle(offer, 4.0)
    assert made.handle(OfferWithdrawn(2), 4.0) == []
    assert made.handle(ReplyEnded(1), 5.0) == [Announce(2, kept)]


# -- the stop word, spotted ----------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "stop", "start the top", "mhm"])
@pytest.mark.parametrize("barge_in", ["interrupt", "duck-only"])
def test_a_spotted_stop_word_silences_whatever_is_understood(text: str, barge_in: Any) -> None:
    made = barging_in(barge_in=barge_in)
    assert made.handle(StopWordSpotted(5.375), 5.375) == [
        StopReply(1, "stop word"),
        changed(State.LISTENING),
    ]
    made.handle(SpeechEnded(5.5), 5.625)
    made.tick(6.0)
    assert made.handle(FinalRecognised(2, text), 6.0) == [changed(State.ATTENDING)]


def test_what_is_said_behind_a_spotted_stop_word_is_answered() -> None:
    made = barging_in()
    made.handle(StopWordSpotted(5.375), 5.375)
    made.handle(SpeechEnded(6.25), 6.375)
    made.tick(6.75)
    assert made.handle(FinalRecognised(2, "stop the timer"), 6.75)[0] == StartReply(
        2, "stop the timer"
    )


def test_a_spotted_stop_word_counts_where_speech_does_not() -> None:
    made = speaking(barge_in="off")
    made.handle(SpeechStarted(5.0), 5.125)
    assert made.handle(StopWordSpotted(5.375), 5.375) == [
        StopReply(1, "stop word"),
        changed(State.ATTENDING),
    ]
    assert made.handle(SpeechEnded(5.5), 5.625) == []
    assert made.tick(6.0) == []


def test_a_stop_word_over_nothing_changes_nothing() -> None:
    made = woken()
    assert made.handle(StopWordSpotted(2.0), 2.0) == []


# -- stale and odd facts -------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact",
    [
        PartialRecognised(1, "stop"),
        PartialRecognised(9, "stop"),
        FinalRecognised(1, "again"),
        FinalRecognised(9, "again"),
        ReplyAudible(2),
        ReplyEnded(2),
        ReplyEnded(0),
    ],
)
def test_stale_facts_change_nothing(fact: Any) -> None:
    made = barging_in()
    assert made.handle(fact, 5.1875) == []
    assert made.state is State.SPEAKING


def test_facts_about_nothing_change_nothing() -> None:
    made = woken()
    for fact in (PartialRecognised(1, "a"), FinalRecognised(1, "a"), ReplyAudible(1)):
        assert made.handle(fact, 2.0) == []
    assert made.handle(SpeechEnded(2.0), 2.0) == []


def test_speech_told_twice_is_told_once() -> None:
    made = woken()
    made.handle(SpeechStarted(2.0), 2.125)
    assert made.handle(SpeechStarted(2.25), 2.375) == []
    made.handle(SpeechEnded(3.0), 3.125)
    assert made.handle(SpeechEnded(3.25), 3.3125) == []
    assert made.tick(3.5) == [EndRecognition(1, 3.5), changed(State.THINKING)]


def test_an_end_reported_before_the_turn_began_gives_an_empty_turn() -> None:
    made = machine()
    made.handle(SpeechStarted(0.25), 0.375)
    made.handle(Woken(1.0), 1.25)
    assert made.tick(1.5)[0] == StartRecognition(1, 1.0)
    assert made.handle(SpeechEnded(0.75), 1.5) == [
        EndRecognition(1, 1.5),
        changed(State.THINKING),
    ]


# -- invariants ----------------------------------------------------------------------------

TEXTS = st.sampled_from(["", "stop", "mhm", "what time is it", "stop the timer"])
POLICIES = st.builds(
    TurnPolicy,
    mode=st.sampled_from(["wake-word", "button", "always"]),
    button=st.sampled_from(["tap", "hold"]),
    silence_s=st.sampled_from([0.0, 0.5]),
    request_silence_s=st.sampled_from([0.0, 0.25]),
    unfinished_silence_s=st.sampled_from([0.5, 1.0]),
    pre_roll_s=st.sampled_from([0.0, 0.25]),
    no_speech_s=st.sampled_from([0.0, 4.0]),
    max_turn_s=st.sampled_from([1.0, 5.0]),
    follow_up_s=st.sampled_from([0.0, 3.0]),
    barge_in=st.sampled_from(["interrupt", "duck-only", "off"]),
    verify_s=st.sampled_from([0.0, 0.5]),
    verify_wordless_s=st.sampled_from([0.0, 1.0]),
    hold_s=st.sampled_from([0.25, 0.75, math.inf]),
    final_wait_s=st.just(1e9),
    think_ahead=st.booleans(),
    prepare_s=st.sampled_from([0.0, 0.25, math.inf]),
)


class AnyFacts(RuleBasedStateMachine):
    """Throws facts in any order, late, doubled and stale, and checks what comes out."""

    @initialize(policy=POLICIES)
    def begin(self, policy: Any) -> None:
        self.policy = policy
        self.made = TurnMachine(policy)
        self.resting = self.made.state
        self.now_s = 0.0
        self.state = self.made.state
        self.open: Any = None
        self.last_end_s = 0.0
        self.last_wake_s = -math.inf
        self.awaited: Any = None
        self.reply: Any = None
        self.ducked: Any = None
        self.held: Any = None
        self.stop_doubted = False
        self.last_id = 0
        self.concluding = False
        self.typing = False

    def new_id(self, turn_id: Any) -> None:
        assert turn_id > self.last_id
        self.last_id = turn_id

    def check(self, actions: Any) -> Any:
        for action in actions:
            getattr(self, "on_" + type(action).__name__.lower())(action)
        assert self.state is self.made.state
        return actions

    def on_startrecognition(self, action: Any) -> None:
        assert self.open is None and self.awaited is None
        assert self.last_end_s <= action.from_s <= self.now_s
        self.new_id(action.turn_id)
        self.open = action
        self.concluding = False

    def on_endrecognition(self, action: Any) -> None:
        assert self.open.turn_id == action.turn_id
        length_s = action.at_s - self.open.from_s
        rounding_s = 1e-9  # sums of binary fractions; a sample lasts 62,500 ns
        assert 0 <= length_s <= self.policy.max_turn_s + rounding_s
        assert action.at_s <= self.now_s
        self.awaited, self.open = action.turn_id, None
        self.last_end_s = action.at_s

    def on_conclude(self, action: Any) -> None:
        assert self.policy.think_ahead
        assert self.open.turn_id == action.turn_id and not self.concluding
        assert self.open.from_s <= action.at_s <= self.now_s
        self.concluding = True

    def on_goon(self, action: Any) -> None:
        assert self.open.turn_id == action.turn_id and self.concluding
        self.concluding = False

    def on_droprecognition(self, action: Any) -> None:
        assert self.open.turn_id == action.turn_id
        self.open = None

    def on_prepare(self, action: Any) -> None:
        assert self.open.turn_id == action.turn_id
        assert self.reply is None and action.text and self.concluding

    def on_startreply(self, action: Any) -> None:
        assert self.reply is None and action.text
        if self.typing:
            self.new_id(action.turn_id)
        assert action.turn_id <= self.last_id
        self.reply = action.turn_id

    def on_askagain(self, action: Any) -> None:
        assert self.policy.mode != "always"
        assert self.reply is None
        self.reply = action.turn_id

    def on_announce(self, action: Any) -> None:
        assert self.reply is None and self.open is None
        self.new_id(action.turn_id)
        self.reply = action.turn_id

    def on_discardoffer(self, action: Any) -> None:
        assert action.offer.text

    def on_stopreply(self, action: Any) -> None:
        assert self.reply == action.turn_id
        self.reply = self.ducked = self.held = None

    def on_holdreply(self, action: Any) -> None:
        assert self.policy.barge_in == "interrupt" or self.stop_doubted
        assert self.reply == action.turn_id and self.held is None
        self.held = action.turn_id

    def on_duck(self, action: Any) -> None:
        assert self.policy.barge_in != "off"
        assert self.reply == action.turn_id and self.ducked is None
        self.ducked = action.turn_id

    def on_unduck(self, action: Any) -> None:
        assert self.ducked == action.turn_id
        self.ducked = self.held = None

    def on_statechanged(self, action: Any) -> None:
        assert action.state is not self.state
        self.state = action.state

    def tell(self, fact: Any) -> Any:
        return self.check(self.made.handle(fact, self.now_s))

    def do_what_is_due(self) -> None:
        """Tick without time passing, so that what follows is the next fact's doing alone."""
        for _ in range(8):
            if not self.check(self.made.tick(self.now_s)):
                return
        raise AssertionError("the machine does not come to rest at one moment")

    @rule(seconds=st.sampled_from([0.02, 0.1, 0.3, 0.6, 2.0, 6.0]))
    def time_passes(self, seconds: Any) -> None:
        self.now_s += seconds
        self.check(self.made.tick(self.now_s))

    @rule(late_s=st.sampled_from([-1.0, 0.0, 0.16, 1.0]))
    def wake(self, late_s: Any) -> None:
        wake_end_s = self.now_s - late_s
        if wake_end_s > self.last_wake_s:
            self.last_wake_s = min(wake_end_s, self.now_s)
            self.awaited = None
        self.tell(Woken(wake_end_s))

    @rule()
    def press(self) -> None:
        ends = self.policy.tap_ends and self.open is not None and self.reply is None
        if not ends:
            self.awaited = None
        self.tell(ButtonPressed())

    @rule()
    def let_go(self) -> None:
        self.tell(ButtonReleased())

    @rule()
    def type_text(self) -> None:
        self.awaited = None
        self.typing = True
        self.tell(TextTyped("what time is it"))
        self.typing = False
        assert self.reply is not None

    @rule(removed=st.booleans())
    def echo_is_judged(self, removed: Any) -> None:
        self.tell(EchoJudged(removed))

    @rule()
    def sound_is_lost(self) -> None:
        self.awaited = None
        self.tell(SoundLost())

    @rule(late_s=st.sampled_from([0.0, 0.1, 1.0]), probability=st.sampled_from([DOUBTED, 1.0]))
    def stop_word(self, late_s: Any, probability: Any) -> None:
        self.stop_doubted = probability < SURE_STOP
        self.tell(StopWordSpotted(self.now_s - late_s, probability))
        self.stop_doubted = False

    @rule(late_s=st.sampled_from([-1.0, 0.0, 0.1, 1.0]), clear=st.booleans())
    def speech_starts(self, late_s: Any, clear: Any) -> None:
        self.tell(SpeechStarted(self.now_s - late_s, clear=clear))

    @rule()
    def speech_is_clear(self) -> None:
        self.tell(SpeechCleared())

    @rule(late_s=st.sampled_from([-1.0, 0.0, 0.16, 1.0]))
    def speech_ends(self, late_s: Any) -> None:
        self.tell(SpeechEnded(self.now_s - late_s))

    @precondition(lambda self: self.open is not None)
    @rule(text=TEXTS, confidence=st.sampled_from([0.5, 1.0]))
    def partial(self, text: Any, confidence: Any) -> None:
        self.tell(PartialRecognised(self.open.turn_id, text, confidence))

    @precondition(lambda self: self.open is not None)
    @rule(text=TEXTS, confidence=st.sampled_from([0.5, 1.0]))
    def concluded(self, text: Any, confidence: Any) -> None:
        self.tell(Concluded(self.open.turn_id, text, confidence))

    @rule(turn_id=st.integers(0, 3), text=TEXTS, finished=st.none() | st.floats(0.0, 1.0))
    def detected(self, turn_id: Any, text: Any, finished: Any) -> None:
        self.tell(Detected(self.last_id - turn_id, text, finished))

    @rule(turn_id=st.integers(0, 3), text=TEXTS, is_request=st.booleans())
    def prepared(self, turn_id: Any, text: Any, is_request: Any) -> None:
        self.tell(Prepared(self.last_id - turn_id, text, is_request))

    @precondition(lambda self: self.awaited is not None)
    @rule(text=TEXTS, twice=st.booleans())
    def final(self, text: Any, twice: Any) -> None:
        fact = FinalRecognised(self.awaited, text)
        self.awaited = None
        self.tell(fact)
        if twice:
            self.do_what_is_due()
            assert self.tell(fact) == []

    @precondition(lambda self: self.open is not None)
    @rule(text=TEXTS)
    def early_final(self, text: Any) -> None:
        self.tell(FinalRecognised(self.open.turn_id, text))

    @precondition(lambda self: self.reply is not None)
    @rule()
    def audible(self) -> None:
        self.tell(ReplyAudible(self.reply))

    @precondition(lambda self: self.reply is not None)
    @rule()
    def reply_ends(self) -> None:
        fact = ReplyEnded(self.reply)
        self.reply = self.ducked = None
        self.tell(fact)

    @rule()
    def offer(self) -> None:
        self.tell(SpeechOffered("tea", offer_id=1))

    @rule()
    def withdraw(self) -> None:
        self.tell(OfferWithdrawn(1))

    @rule(turn_id=st.integers(-1, 60), text=TEXTS)
    def stale(self, turn_id: Any, text: Any) -> None:
        self.do_what_is_due()
        utterance = self.open.turn_id if self.open else self.awaited
        if turn_id != utterance:
            assert self.tell(PartialRecognised(turn_id, text)) == []
            assert self.tell(FinalRecognised(turn_id, text)) == []
        if turn_id != self.reply:
            assert self.tell(ReplyAudible(turn_id)) == []
            assert self.tell(ReplyEnded(turn_id)) == []

    @invariant()
    def state_agrees_with_what_was_asked_for(self) -> None:
        if not hasattr(self, "made"):
            return
        if self.reply is not None:
            assert self.state in (State.THINKING, State.SPEAKING)
        else:
            assert (self.state is State.LISTENING) == (self.open is not None)
            assert (self.state is State.THINKING) == (self.awaited is not None)

    def teardown(self) -> None:
        if not hasattr(self, "made"):
            return
        self.tell(SpeechEnded(self.now_s))
        self.tell(ButtonReleased())
        for _ in range(60):
            self.now_s += 1.0
            self.check(self.made.tick(self.now_s))
            if self.awaited is not None:
                self.final("", False)
            if self.reply is not None:
                self.reply_ends()
        assert self.state is self.resting
        assert (self.open, self.awaited, self.reply, self.ducked) == (None, None, None, None)


AnyFacts.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestAnyFacts = AnyFacts.TestCase
