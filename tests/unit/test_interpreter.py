"""The interpreter decides without I/O: every piece is answered once, and nothing is left behind."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from xtalk_edge.turn import actions, facts
from xtalk_edge.turn.actions import Action, State
from xtalk_edge.turn.facts import Fact, InterpretersFact
from xtalk_edge.turn.interpreter import Interpreter, InterpretPolicy
from xtalk_edge.turn.offers import MOST_WAITING
from xtalk_edge.turn.policy import TurnPolicy
from xtalk_edge.turn.segments import SegmentPolicy

POLICY = InterpretPolicy(SegmentPolicy(held_words=1, stable_updates=0, segment_words=3))
TURNS = TurnPolicy(max_turn_s=20.0, pre_roll_s=0.0)


class Scene:
    """An interpreter, and what was asked of whom."""

    def __init__(self, policy: InterpretPolicy = POLICY, turns: TurnPolicy = TURNS) -> None:
        self.interpreter = Interpreter(turns, policy)
        self.done: list[Action] = []
        self.now_s = 0.0

    def tell(self, *told: Fact | InterpretersFact) -> list[Action]:
        """Let the interpreter know; return what it decided."""
        decided = [each for fact in told for each in self.interpreter.handle(fact, self.now_s)]
        self.done += decided
        return decided

    def wait(self, seconds: float) -> list[Action]:
        self.now_s += seconds
        decided = self.interpreter.tick(self.now_s)
        self.done += decided
        return decided

    def all_of(self, *kinds: type) -> list[object]:
        return [each for each in self.done if isinstance(each, kinds)]

    def state(self) -> State:
        return self.interpreter.state

    def listen(self) -> int:
        """Let somebody begin to speak; return the utterance's turn."""
        self.wait(1.0)
        self.tell(facts.SpeechStarted(self.now_s))
        start = self.done[-2]
        assert isinstance(start, actions.StartRecognition)
        return start.turn_id


def partial(turn_id: int, text: str, heard_s: float = 0.0) -> facts.PartialRecognised:
    return facts.PartialRecognised(turn_id, text, heard_s=heard_s)


def asked(scene: Scene) -> list[str]:
    return [each.text for each in scene.done if isinstance(each, actions.StartReply)]


def told(scene: Scene) -> list[str]:
    return [each.text for each in scene.done if isinstance(each, actions.TellSegment)]


def test_it_listens_from_the_start_and_needs_no_wake_word():
    scene = Scene()
    assert scene.state() is State.ATTENDING
    scene.listen()
    assert scene.state() is State.LISTENING
    assert [type(each) for each in scene.done] == [actions.StartRecognition, actions.StateChanged]


def test_only_two_answers_are_prepared_and_one_is_thought_of():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b c d e f g h i j"))
    assert told(scene) == ["a b c", "d e f", "g h i"]
    assert asked(scene) == ["a b c"]
    first, second, _ = [
        each.turn_id for each in scene.done if isinstance(each, actions.TellSegment)
    ]
    scene.tell(facts.AnswerComplete(first), facts.ReplyAudible(first))
    assert scene.state() is State.SPEAKING
    assert asked(scene) == ["a b c", "d e f"]
    scene.tell(facts.AnswerComplete(second))
    assert asked(scene) == ["a b c", "d e f"]
    scene.tell(facts.ReplyEnded(first))
    assert asked(scene) == ["a b c", "d e f", "g h i"]


def test_speech_over_an_answer_neither_stops_nor_lowers_it():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b c d"))
    scene.tell(facts.ReplyAudible(turn_id + 1), facts.SpeechEnded(scene.now_s))
    scene.wait(5.0)
    scene.tell(facts.FinalRecognised(turn_id, "a b c d"), facts.SpeechStarted(scene.now_s))
    scene.wait(10.0)
    assert not scene.all_of(actions.StopReply, actions.Duck, actions.HoldReply)


def test_a_pause_asks_for_the_final_text_and_what_follows_waits_for_it():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b"))
    scene.wait(1.0)
    ended_s = scene.now_s
    scene.tell(facts.SpeechEnded(ended_s))
    scene.wait(0.3)
    assert not scene.all_of(actions.EndRecognition)
    scene.wait(0.2)
    assert scene.all_of(actions.EndRecognition) == [actions.EndRecognition(turn_id, ended_s + 0.4)]
    scene.tell(facts.SpeechStarted(scene.now_s))
    assert len(scene.all_of(actions.StartRecognition)) == 1
    scene.tell(facts.FinalRecognised(turn_id, "a b"))
    (segment,) = scene.all_of(actions.TellSegment)
    assert segment == actions.TellSegment(turn_id + 1, "a b", ended_s)
    assert actions.TellWhole(turn_id, "a b") in scene.done
    assert len(scene.all_of(actions.StartRecognition)) == 2


def test_a_final_text_that_never_comes_is_not_waited_for():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b"), facts.SpeechEnded(scene.now_s))
    scene.wait(1.0)
    scene.wait(TURNS.final_wait_s)
    assert actions.DropRecognition(turn_id) in scene.done
    assert told(scene) == ["a b"]


def test_a_long_talk_is_cut_where_it_is_quietest():
    scene = Scene()
    scene.interpreter = Interpreter(TURNS, POLICY, lambda from_s, to_s: (from_s + to_s) / 2)
    turn_id = scene.listen()
    from_s = scene.now_s
    scene.wait(TURNS.max_turn_s)
    assert scene.all_of(actions.EndRecognition) == [
        actions.EndRecognition(turn_id, from_s + TURNS.max_turn_s - 0.5)
    ]
    scene.tell(facts.FinalRecognised(turn_id, "a b"))
    scene.wait(0.5)
    start = scene.all_of(actions.StartRecognition)[-1]
    assert start == actions.StartRecognition(turn_id + 2, from_s + TURNS.max_turn_s - 0.5)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (facts.ButtonPressed(), "button"),
        (facts.StopWordSpotted(1.0, 0.9), "stop word"),
    ],
)
@pytest.mark.parametrize("begin", [facts.ButtonPressed(), facts.Woken(9.0)])
def test_it_is_ended_at_once_and_begun_again(order: Fact, reason: str, begin: Fact):
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b c d e f g"))
    decided = scene.tell(order)
    assert decided[:2] == [
        actions.StopReply(turn_id + 1, reason),  # type: ignore[arg-type]
        actions.DropRecognition(turn_id),
    ]
    assert scene.state() is State.ASLEEP
    scene.wait(5.0)
    assert asked(scene) == ["a b c"]
    scene.tell(facts.SpeechEnded(scene.now_s), facts.SpeechStarted(scene.now_s))
    assert len(scene.all_of(actions.StartRecognition)) == 1
    scene.tell(begin)
    scene.wait(1.0)
    assert len(scene.all_of(actions.StartRecognition)) == 2


def test_stop_that_is_not_sure_ends_nothing_unless_it_is_all_that_was_said():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(facts.StopWordSpotted(scene.now_s, 0.3), partial(turn_id, "stop"))
    assert scene.state() is State.LISTENING
    scene.tell(facts.FinalRecognised(turn_id, "Stop, please."))
    assert scene.state() is State.ASLEEP
    assert told(scene) == []


def test_what_may_be_its_own_voice_is_not_listened_to():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b c d"), facts.SpeechEnded(scene.now_s))
    scene.wait(1.0)
    scene.tell(facts.FinalRecognised(turn_id, "a b c d"), facts.EchoJudged(removed=False))
    scene.tell(facts.ReplyAudible(turn_id + 1), facts.SpeechStarted(scene.now_s))
    assert len(scene.all_of(actions.StartRecognition)) == 1
    scene.tell(facts.EchoJudged(removed=True))
    assert len(scene.all_of(actions.StartRecognition)) == 2


def test_speech_counts_once_it_is_clear_and_from_where_it_began():
    scene = Scene(turns=replace(TURNS, pre_roll_s=0.5))
    scene.wait(1.0)
    scene.tell(facts.SpeechStarted(1.0, clear=False))
    scene.wait(0.5)
    assert not scene.done
    scene.tell(facts.SpeechCleared())
    assert scene.all_of(actions.StartRecognition) == [actions.StartRecognition(1, 0.5)]


def test_a_lost_card_ends_what_is_said_and_it_goes_on_when_it_is_back():
    scene = Scene()
    turn_id = scene.listen()
    scene.wait(0.5)
    scene.tell(partial(turn_id, "a b c d"), facts.SoundLost())
    assert actions.StopReply(turn_id + 1, "sound lost") in scene.done
    assert scene.state() is State.ATTENDING


def test_too_many_pieces_leave_the_oldest_out_and_say_so():
    scene = Scene(replace(POLICY, most_pieces=2))
    turn_id = scene.listen()
    words = "abcdefghijklmnopqrstuvwxyz"
    scene.tell(partial(turn_id, " ".join(words[:13])))
    assert scene.all_of(actions.TellLag) == [
        actions.TellLag(2, ""),
        actions.TellLag(2, "d e f"),
    ]
    scene.tell(partial(turn_id, " ".join(words[:16])))
    assert scene.all_of(actions.TellLag)[-1] == actions.TellLag(2, "g h i")


def test_an_announcement_comes_between_two_answers_also_while_it_sleeps():
    scene = Scene()
    turn_id = scene.listen()
    scene.tell(partial(turn_id, "a b c d e f g"), facts.SpeechOffered("ding", offer_id=3))
    assert not scene.all_of(actions.Announce)
    scene.tell(facts.AnswerComplete(turn_id + 1))
    (announced,) = scene.all_of(actions.Announce)
    assert isinstance(announced, actions.Announce)
    assert announced.offer.offer_id == 3
    scene.tell(facts.ReplyEnded(turn_id + 1))
    assert asked(scene) == ["a b c", "d e f"]
    scene.tell(facts.ButtonPressed())
    scene.tell(facts.SpeechOffered("dong", offer_id=4))
    assert len(scene.all_of(actions.Announce)) == 2
    scene.tell(facts.SpeechOffered("x", offer_id=5), facts.OfferWithdrawn(5))
    assert scene.state() is not State.ASLEEP


@limits(max_examples=40)
@given(st.builds(Random, st.integers(0, 1 << 32)))
def test_whatever_happens_each_piece_is_asked_once_in_order_and_it_comes_to_rest(random: Random):
    scene = Scene(replace(POLICY, most_pieces=100))
    open_turn, words, speaking, unheard = 0, 0, False, list[int]()
    for _ in range(random.randint(0, 60)):
        choice = random.random()
        if choice < 0.2:
            speaking = not speaking
            kind = facts.SpeechStarted if speaking else facts.SpeechEnded
            scene.tell(kind(scene.now_s))
        elif choice < 0.6 and open_turn:
            words += random.randint(0, 4)
            scene.tell(partial(open_turn, " ".join(map(str, range(words)))))
        elif choice < 0.7 and unheard:
            turn_id = unheard.pop(0)
            scene.tell(facts.ReplyAudible(turn_id), facts.AnswerComplete(turn_id))
            scene.tell(facts.ReplyEnded(turn_id))
        else:
            scene.wait(random.choice([0.1, 0.5]))
        ends = {e.turn_id for e in scene.done if isinstance(e, actions.EndRecognition)}
        if open_turn in ends and random.random() < 0.5:
            scene.tell(facts.FinalRecognised(open_turn, " ".join(map(str, range(words)))))
            open_turn = 0
        starts = [e.turn_id for e in scene.done if isinstance(e, actions.StartRecognition)]
        if starts and starts[-1] != open_turn and starts[-1] not in ends:
            open_turn, words = starts[-1], 0
        answered = [e.turn_id for e in scene.done if isinstance(e, actions.StartReply)]
        unheard = [t for t in answered if t in unheard or t == answered[-1]][-2:]
    _let_all_be_answered(scene, speaking=speaking)
    assert asked(scene) == told(scene)
    assert scene.state() is State.ATTENDING


def _let_all_be_answered(scene: Scene, *, speaking: bool) -> None:
    if speaking:
        scene.tell(facts.SpeechEnded(scene.now_s))
    scene.wait(1.0)
    for _ in range(3):
        for each in list(scene.done):
            if isinstance(each, actions.EndRecognition):
                scene.tell(facts.FinalRecognised(each.turn_id, ""))
        scene.wait(1.0)
    for _ in range(200):
        for each in list(scene.done):
            if isinstance(each, actions.StartReply):
                scene.tell(facts.AnswerComplete(each.turn_id), facts.ReplyEnded(each.turn_id))
        if scene.state() is State.ATTENDING:
            return


def test_changed_settings_count_at_once():
    scene = Scene()
    scene.interpreter.adopt(replace(TURNS, pre_roll_s=0.5))
    scene.listen()
    (start,) = scene.all_of(actions.StartRecognition)
    assert isinstance(start, actions.StartRecognition)
    assert start.from_s == scene.now_s - 0.5


def test_what_is_typed_is_a_piece_like_what_is_said():
    scene = Scene()
    scene.tell(facts.TextTyped("guten Tag"))
    assert asked(scene) == told(scene) == ["guten Tag"]


def test_what_is_in_no_piece_yet_is_known_and_a_marked_piece_is_one():
    scene = Scene()
    assert scene.interpreter.pending == (0, "")
    turn = scene.listen()
    scene.tell(partial(turn, "we went home"))
    assert scene.interpreter.pending == (turn, "we went home")
    scene.tell(facts.Marked(turn, "We went home."))
    scene.wait(1.0)
    scene.tell(facts.FlushAsked())
    # Its final text is on its way: nothing more can be said of it.
    assert scene.interpreter.pending == (0, "")
    assert scene.all_of(actions.EndRecognition)


def test_what_means_nothing_here_changes_nothing():
    scene = Scene()
    assert scene.interpreter.pending == (0, "")
    scene.tell(facts.Woken(0.0), facts.ButtonReleased(), facts.FlushAsked())
    assert scene.done == []
    assert scene.state() is State.ATTENDING


def test_of_too_many_announcements_some_are_dropped():
    scene = Scene()
    scene.tell(*(facts.SpeechOffered(f"Number {number}.") for number in range(40)))
    begun = len(scene.all_of(actions.Announce))
    assert begun
    assert len(scene.all_of(actions.DiscardOffer)) == 40 - MOST_WAITING - begun
