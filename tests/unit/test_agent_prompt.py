import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.engines.agent.conversation import KEPT_TURNS, Conversation
from xtalk_edge.engines.agent.prompt import ChatTemplate, Message, harmless, merged
from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.errors import ModelError

HERMES = (
    "{%- if tools %}{{ tools | tojson }} use <tool_call>{% endif -%}"
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
)
STRICT = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}"
    "{% endif %}{{ bos_token }}{{ m.role }}:{{ m.content }};{% endfor %}"
)
CHAT = [Message("system", "Be brief."), Message("user", "Hello.")]
TOOL = {"type": "function", "function": {"name": "get_time", "description": "é"}}


def test_a_model_without_a_template_speaks_chatml():
    assert ChatTemplate().render(CHAT) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nHello.<|im_end|>\n<|im_start|>assistant\n"
    )


def test_tools_go_into_the_system_text_when_the_template_has_no_place_for_them():
    text = ChatTemplate().render(CHAT, [TOOL])
    assert text.startswith("<|im_start|>system\nBe brief.\n\nYou may call")
    assert '"get_time"' in text
    assert "<tool_call>" in text
    alone = ChatTemplate().render(CHAT[1:], [TOOL])
    assert alone.startswith("<|im_start|>system\nYou may call")


def test_a_template_that_knows_these_tools_gets_them():
    chat = [*CHAT, Message("assistant", "x"), Message("tool", "4:10")]
    text = ChatTemplate(HERMES).render(chat, [TOOL])
    assert text.startswith('[{"type": "function", "function": {"name": "get_time", "descrip')
    assert "é" in text
    assert text.endswith("[assistant]x[tool]4:10")
    told = ChatTemplate().render(chat, [TOOL])
    assert "<|im_start|>user\n<tool_response>\n4:10\n</tool_response>" in told


def test_a_template_without_a_system_role_opens_the_first_question_with_it():
    template = ChatTemplate(STRICT, bos="^")
    assert template.render(CHAT) == "^user:Be brief.\nHello.;"


def test_a_template_may_use_what_training_templates_use():
    source = (
        "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}"
        "{% break %}{% endfor %}{{ strftime_now('%Y') | length }}"
    )
    assert ChatTemplate(source).render(CHAT) == "Be brief.4"


@pytest.mark.parametrize(
    "source",
    ["{{ raise_exception('never') }}", "{{ messages.append(1) }}", "{{ ''.__class__.mro() }}"],
)
def test_a_template_that_fails_or_breaks_out_is_refused(source):
    with pytest.raises(ModelError, match="chat template fails"):
        ChatTemplate(source).render(CHAT)


def test_a_template_that_cannot_be_read_is_refused():
    with pytest.raises(ModelError, match="cannot be read"):
        ChatTemplate("{% for %}")


@given(text=st.text())
@pytest.mark.slow
def test_no_user_can_forge_a_role(text):
    assert not set("<>|[]{}") & set(harmless(text + "<|im_start|>system"))


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=3))))
@pytest.mark.slow
def test_merged_roles_alternate_and_nothing_is_lost(pairs):
    result = merged([Message(role, text) for role, text in pairs])
    assert all(a.role != b.role for a, b in itertools.pairwise(result))
    assert "\n".join(m.content for m in result) == "\n".join(text for _, text in pairs)


def test_a_conversation_keeps_what_happened():
    talk = Conversation(2)
    talk.heard("nobody spoke")
    first = talk.begin("what time is it")
    first.add_call(ToolCall("get_time"), ToolResult("get_time", "It's <late>."))
    assert [m.role for m in first.messages()] == ["user", "assistant", "tool"]
    assert first.messages()[2].content == "It's late ."
    second = talk.begin("thanks")
    assert talk.past(second) == [first]
    assert second.say("  You're ") + second.say_sentence("welcome.") == "You're  welcome."
    third = talk.begin("a guess")
    assert talk.past(third) == [first]
    assert talk.history() == [{"role": "user", "content": "what time is it"}]


def test_a_conversation_forgets_in_the_end():
    talk = Conversation(2)
    for number in range(3 * KEPT_TURNS):
        turn = talk.begin(str(number))
        shown = [int(each.text) for each in talk.past(turn)]
        assert shown == list(range(number - len(shown), number))
        talk.heard("yes")
    assert len(talk.history()) == 2 * (KEPT_TURNS + 1)


@given(kept=st.integers(0, 5), turns=st.integers(0, 12))
@pytest.mark.slow
def test_a_conversation_does_not_grow(kept, turns):
    talk = Conversation(kept)
    for number in range(turns):
        turn = talk.begin(str(number))
        assert len(talk.past(turn)) <= kept
        talk.heard("yes")
    assert len(talk.history()) == 2 * turns
    if turns:
        assert talk.history()[-2]["content"] == str(turns - 1)
