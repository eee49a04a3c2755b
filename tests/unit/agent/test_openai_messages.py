"""What a server is asked: persona, past, question, tools, and no more than may leave."""

import json

from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.agent.clock_line import ClockLine
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.agent.openai_messages import Requests, Wording
from xtalk_edge.engines.agent.stamp import Stamp
from xtalk_edge.engines.interfaces import ToolCall, ToolResult

SCHEMAS = [{"type": "function", "function": {"name": "get_time", "parameters": {}}}]


class At(ClockLine):
    """Always says the same."""

    def text(self):
        return "[noon]"


class Talk:
    """A conversation and the requests that come of it."""

    def __init__(self, *, history_turns=10, history_chars=10_000, **wording):
        self.past = Conversation(history_turns)
        usual = {"persona": "Be kind.", "model": "m", "temperature": None, "max_tokens": 0}
        self.requests = Requests(
            Wording(**{**usual, **wording}), self.past, Stamp(At()), history_chars=history_chars
        )

    def body(self, text="hi", done=(), said="", with_tools=True, may_call=True):
        turn = self.requests.turn(text)
        turn.reply = said
        request = self.requests.request(turn, done, with_tools=with_tools, may_call=may_call)
        self.last = request
        return json.loads(request.encoded({}))


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def called(number, name, arguments, said=""):
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call{number:05}", "type": "function", "function": function}
    return {**assistant(said), "tool_calls": [call]}


def answered(number, text):
    return {"role": "tool", "content": text, "tool_call_id": f"call{number:05}"}


def test_a_first_question():
    assert Talk().body() == {
        "model": "m",
        "stream": True,
        "messages": [{"role": "system", "content": "Be kind."}, user("[noon] hi")],
    }


def test_settings_are_sent_only_where_there_are_any():
    body = Talk(persona="", model="").body()
    assert body == {"stream": True, "messages": [user("[noon] hi")]}
    body = Talk(temperature=0.0, max_tokens=7, extra={"top_p": 0.9, "max_tokens": 9}).body()
    assert (body["temperature"], body["max_tokens"], body["top_p"]) == (0.0, 9, 0.9)


def test_a_key_may_have_another_name_for_this_server():
    talk = Talk(max_tokens=7)
    talk.body()
    body = json.loads(talk.last.encoded({"max_tokens": "max_completion_tokens"}))
    assert body["max_completion_tokens"] == 7
    assert "max_tokens" not in body


def test_the_past_is_told_as_it_was_heard():
    talk = Talk(persona="")
    talk.past.note("one", "First. And more.", None)
    talk.past.heard("First.")
    talk.past.note("yes", "Done.", ToolCall("add", {"n": 1}))
    assert talk.body()["messages"] == [
        user("one"), assistant("First."),
        user("yes"), called(1, "add", {"n": 1}), answered(1, "Done."), assistant("Done."),
        user("[noon] hi"),
    ]  # fmt: skip


def test_questions_that_got_no_answer_are_told_as_one():
    talk = Talk(persona="")
    talk.past.note("one", "", None)
    talk.past.note("two", "", None)
    assert talk.body()["messages"] == [user("one\ntwo\n[noon] hi")]


def test_the_calls_of_this_turn_come_behind_the_question():
    talk = Talk(persona="")
    talk.past.note("yes", "Done.", ToolCall("add"))
    done = [(ToolCall("get_time"), "noon"), (ToolCall("bad"), "error")]
    assert talk.body(done=done, said="Let me see.")["messages"][-5:] == [
        user("[noon] hi"),
        called(2, "get_time", {}, "Let me see."), answered(2, "noon"),
        called(3, "bad", {}), answered(3, "error"),
    ]  # fmt: skip


def test_tools_are_offered_and_at_the_end_no_more():
    talk = Talk()
    assert "tools" not in talk.body()
    talk.requests.use_tools(SCHEMAS)
    assert talk.body()["tools"] == SCHEMAS
    assert "tool_choice" not in talk.body()
    body = talk.body(may_call=False)
    assert (body["tools"], body["tool_choice"]) == (SCHEMAS, "none")


def test_where_tools_may_not_be_told_of_nothing_of_them_is():
    talk = Talk()
    talk.requests.use_tools(SCHEMAS)
    talk.past.note("yes", "It is done.", ToolCall("get_time", {"n": 1}))
    body = talk.body(with_tools=False)
    assert "get_time" not in json.dumps(body)
    assert talk.last.tools_bytes == 0


def test_every_byte_is_words_or_tools():
    talk = Talk()
    talk.requests.use_tools(SCHEMAS)
    talk.past.note("yes", "Done.", ToolCall("get_time"))
    talk.body()
    request = talk.last
    assert request.text_bytes + request.tools_bytes == len(request.encoded({}))
    assert request.tools_bytes > len(json.dumps(SCHEMAS))


def test_a_long_past_loses_its_older_half_at_once():
    talk = Talk(persona="", history_chars=500)
    for number in range(6):
        talk.past.note(f"{number}", "x" * 50, None)
    assert [each["content"] for each in talk.body()["messages"][::2]] == [
        "3",
        "4",
        "5",
        "[noon] hi",
    ]
    talk.past.note("6", "y" * 1000, None)
    assert talk.body()["messages"] == [user("[noon] hi")]


@given(text=st.text(alphabet=st.characters(codec=None)))
def test_any_text_makes_a_request_that_can_be_read(text):
    body = Talk().body(text)
    assert body["messages"][-1]["content"].startswith("[noon]")
    assert "<" not in body["messages"][-1]["content"]


def test_a_time_is_told_anew_for_each_question():
    async def scene():
        requests = Requests(
            Wording("", "", None, 0), Conversation(0), Stamp(ClockLine()), history_chars=0
        )
        first = requests.turn("a").stamp
        assert first.startswith("[")
        requests.begun()
        return requests.turn("b").stamp

    assert run_virtual(scene())


def test_a_result_is_what_the_model_is_told():
    talk = Talk(persona="")
    turn = talk.requests.turn("hi")
    turn.add_call(ToolCall("get_time"), ToolResult("get_time", "It's <b>noon</b>."))
    request = talk.requests.request(turn, turn.answered_calls(), with_tools=True, may_call=True)
    assert request.body["messages"][-1]["content"] == "It's b noon /b ."
