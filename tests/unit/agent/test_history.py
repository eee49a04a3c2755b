"""What the model is told of the past: bounded, only added to, and in short what is old."""

import asyncio
import itertools

import pytest

from tests.tiny_gguf import read_by
from tests.unit.agent.parts import CALLS, SOUND, Tools, answer, said
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.agent.prompting import SUMMARISE
from xtalk_edge.engines.interfaces import ToolCall

PAST = "[Before this: "


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def shown(talk):
    return [turn.text for turn in talk.past()]


def test_what_is_old_is_not_shown():
    clock = Clock()
    talk = Conversation(4, 180.0, clock=clock)
    talk.begin("set a timer")
    clock.now_s = 10.0
    talk.heard("It is set.")
    clock.now_s = 190.0
    assert shown(talk) == ["set a timer"]
    clock.now_s = 190.1
    assert shown(talk) == []
    assert len(talk.history()) == 2


def test_what_was_said_is_forgotten_never_without_a_limit():
    clock = Clock()
    talk = Conversation(4, clock=clock)
    talk.note("yes", "Done.", None)
    clock.now_s = 1e9
    assert shown(talk) == ["yes"]


def test_a_yes_without_a_question_stands_for_itself():
    talk = Conversation(4, answers_joined=True)
    talk.note("yes", "Done.", ToolCall("clear_all"))
    (turn,) = talk.past()
    assert (turn.text, turn.meant) == ("yes", "")
    assert [m.role for m in turn.messages()] == ["user", "assistant", "tool", "assistant"]


def test_the_version_changes_with_what_the_model_would_be_told():
    talk = Conversation(4)
    seen = [talk.version]

    def changed():
        seen.append(talk.version)
        return seen[-1] != seen[-2]

    turn = talk.begin("one")
    assert changed()
    turn.say("Hello.")
    turn.settled = True
    talk.heard("Hello.")
    assert not changed()
    talk.heard("Hell")
    assert changed()
    talk.summarise([turn], "They met.")
    assert changed()
    assert talk.before() is turn
    assert talk.before(turn) is None


def test_the_past_is_only_added_to(agent_of):
    agent = agent_of(SOUND, history_turns=8, persona="", model={"context": 1024})
    prompts = []

    async def scene():
        for text in ("one", "two", "three"):
            await answer(agent, text)
            prompts.append(list(agent._model.tokens))

    asyncio.run(scene())
    for earlier, later in itertools.pairwise(prompts):
        # The last token is the one after which the reply ended.
        assert later[: len(earlier) - 1] == earlier[:-1]


def test_date_and_clock_come_after_what_never_changes(agent_of):
    agent = agent_of(SOUND, persona="Be brief.")
    asyncio.run(answer(agent, "", "loop"))
    prefix = list(agent._model.tokens)
    said(agent, "good day")
    text = bytes(token for token in agent._model.tokens if token < 256).decode()
    assert agent._model.tokens[: len(prefix)] == prefix
    assert "Be brief." in text.split("[")[0]
    assert text.split("] ")[1].startswith("good day")


def test_who_speaks_is_told_behind_the_clock(agent_of):
    agent = agent_of(SOUND, persona="Be brief.")
    agent.use_speaker("Ann", "Likes [tea].")
    said(agent, "good day")
    text = bytes(token for token in agent._model.tokens if token < 256).decode()
    assert "] [Ann is speaking. Likes tea .] good day" in text
    agent.use_speaker("")
    said(agent, "good night")
    text = bytes(token for token in agent._model.tokens if token < 256).decode()
    assert "] good night" in text


def test_surroundings_are_told_behind_the_clock_and_a_note_once(agent_of):
    agent = agent_of(SOUND, persona="Be brief.")
    agent.use_caption("Music <can> be heard.")
    agent.use_thought("Ann is cooking.")
    for _ in range(2):
        said(agent, "good day")
    first, second = read_by(agent._model).split("] [Music can be heard.] ")[1:]
    assert first.startswith("[Note: Ann is cooking.] good day")
    assert second.startswith("good day")
    agent.use_caption("")
    agent.use_thought("Ann has cooked.")
    said(agent, "good night")
    last = read_by(agent._model).split("good day")[-1]
    assert "] [Note: Ann has cooked.] good night" in last
    assert "heard" not in last


async def idle(agent):
    while tasks := set(agent._tasks._tasks):
        await asyncio.wait(tasks)


def test_a_long_conversation_is_summed_up_between_turns(agent_of):
    agent = agent_of(SOUND, history_turns=4, persona="", context_tokens=2048)

    async def scene():
        for number in range(3):
            await answer(agent, f"number {number}")
            await idle(agent)
        assert shown(agent._conversation) == ["number 2"]
        assert agent._conversation.summary == "Sound."
        before = agent.evaluated_tokens
        assert "".join(await answer(agent, "go on")) == "Sound."
        # All that came before was read when the summary was written.
        assert agent.evaluated_tokens - before < 30
        assert len(agent.history()) == 8

    asyncio.run(scene())
    text = bytes(token for token in agent._model.tokens if token < 256).decode()
    assert text.count(f"{PAST}Sound.]") == 1
    assert text.index(PAST) < text.index("number 2")


@pytest.mark.slow
def test_a_summary_makes_way_and_the_past_is_cut_instead(agent_of):
    follows = {"\n": "h", "h": "a", "a": "h"}
    agent = agent_of(
        follows, history_turns=4, persona="", max_reply_tokens=60, model={"context": 4096}
    )

    async def scene():
        for number in range(6):
            # The next question comes at once: there is never time for a summary.
            assert len(await answer(agent, f"number {number}")) == 60
        assert agent._conversation.summary == ""
        assert len(shown(agent._conversation)) == 3
        await idle(agent)
        assert agent._conversation.summary.startswith("ha")

    asyncio.run(scene())


@pytest.mark.slow
def test_a_nearly_full_context_is_summed_up_too(agent_of):
    agent = agent_of(SOUND, persona="", context_tokens=512)

    async def scene():
        for number in range(4):
            await answer(agent, f"number {number} " + "x" * 40)
            await idle(agent)

    asyncio.run(scene())
    assert agent._conversation.summary == "Sound."


@pytest.mark.parametrize("follows", [CALLS, {}])
@pytest.mark.slow
def test_a_model_that_writes_no_summary_keeps_the_plain_cut(agent_of, follows):
    agent = agent_of(follows, history_turns=2, persona="", context_tokens=2048)
    tools = Tools()
    agent.use_tools(tools)

    async def scene():
        for number in range(4):
            await answer(agent, f"number {number}")
            await idle(agent)

    asyncio.run(scene())
    assert agent._conversation.summary == ""
    assert len(tools.ran) == (4 if follows else 0)
    assert len(shown(agent._conversation)) <= 2


def test_a_summary_that_would_not_fit_is_not_asked_for(agent_of):
    agent = agent_of(SOUND, history_turns=2, persona="", context_tokens=256, max_reply_tokens=20)
    for number in range(2):
        said(agent, f"number {number} " + "x" * 90)
    assert agent._prompts.to_sum_up()[1] == []
    assert len(SUMMARISE) > 100
