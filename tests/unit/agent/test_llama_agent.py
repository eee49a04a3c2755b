import asyncio
import contextlib
import gc
import time

import llama_cpp
import numpy as np
import pytest

from tests import tiny_gguf
from tests.unit.agent.parts import CALLS, PLAIN, SOUND, STAMP, Tools, answer, said
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.agent import llama_model
from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.hands import NOT_UNDERSTOOD, TOO_LONG
from xtalk_edge.engines.agent.llama import LlamaAgent
from xtalk_edge.engines.agent.llama_model import CHUNK_TOKENS, LlamaModel
from xtalk_edge.engines.agent.sampling import Grammar, TokenChooser
from xtalk_edge.engines.interfaces import AgentContext, ToolCall, ToolResult
from xtalk_edge.errors import EngineError, ModelError


def test_a_reply_comes_token_by_token(agent_of):
    agent = agent_of(SOUND)
    assert asyncio.run(answer(agent)) == ["S", "o", "u", "n", "d", "."]
    assert 0.5 < agent.confidence() <= 1.0


def test_virtual_time_gives_the_same_reply(agent_of):
    assert run_virtual(answer(agent_of(SOUND))) == ["S", "o", "u", "n", "d", "."]


def test_no_half_character_is_ever_yielded(agent_of):
    agent = agent_of({"\n": "c", "c": 0xC3, 0xC3: 0xA9, 0xA9: "!"})
    assert asyncio.run(answer(agent)) == ["c", "é", "!"]
    cut = agent_of({"\n": "c", "c": 0xC3})
    assert asyncio.run(answer(cut)) == ["c"]


def test_an_endless_reply_ends(agent_of):
    agent = agent_of({"\n": "h", "h": "a", "a": "h"}, max_reply_tokens=10)
    assert said(agent) == "hahahahaha"


@pytest.mark.slow
def test_a_reply_ends_where_the_context_does(agent_of):
    agent = agent_of(
        {"\n": "h", "h": "a", "a": "h"}, max_reply_tokens=400, persona="",
        model={"context": 256}, context_tokens=256,
    )  # fmt: skip
    assert 64 < len(said(agent)) < 256


def test_silence_is_not_an_answer(agent_of):
    assert said(agent_of({})) == NOT_UNDERSTOOD


@pytest.mark.slow
def test_an_answer_nobody_reads_does_not_hold_up_the_next(agent_of):
    agent = agent_of({"\n": "h", "h": "a", "a": "h"}, max_reply_tokens=200)

    async def leave_and_ask_again():
        old = agent.async_accept(AgentContext("asr_final", "first"))
        await anext(old)
        # Time enough for the worker to run as far ahead as it may.
        await asyncio.sleep(0.3)
        pieces = await answer(agent, "second")
        assert [piece async for piece in old] == []
        return pieces

    assert len(asyncio.run(leave_and_ask_again())) == 200


def test_marks_are_not_spoken(agent_of):
    agent = agent_of({"\n": "a", "a": "<|im_start|>", "<|im_start|>": "b"})
    assert said(agent) == "ab"


# -- tools ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_tool_speaks_for_the_model(agent_of):
    agent, tools = agent_of(CALLS), Tools()
    agent.use_tools(tools)
    assert asyncio.run(answer(agent)) == [
        ToolCall("get_time"),
        ToolResult("get_time", "It's 4:10 PM."),
        "It's 4:10 PM.",
    ]
    assert len(tools.ran) == 1
    assert 0.0 <= agent.confidence() <= 1.0


@pytest.mark.slow
def test_a_failed_tool_is_spoken_too(agent_of):
    agent = agent_of(CALLS)
    agent.use_tools(Tools(content="Sorry, that took too long.", ok=False))
    assert said(agent) == "Sorry, that took too long."


@pytest.mark.slow
def test_a_tool_may_leave_nothing_to_say(agent_of):
    agent = agent_of(CALLS)
    agent.use_tools(Tools("stop", content=""))
    assert [type(piece) for piece in asyncio.run(answer(agent))] == [ToolCall, ToolResult]


@pytest.mark.slow
def test_arguments_stay_within_their_digits(agent_of):
    second = {"[": "9", "9": "9", ":": " ", " ": "9"}
    agent = agent_of({**CALLS, "9": "9", " ": "9"}, second=second)
    tools = Tools(properties={"percent": {"type": "integer", "minimum": 0, "maximum": 100}})
    agent.use_tools(tools)
    asyncio.run(answer(agent))
    assert tools.ran == [ToolCall("get_time", {"percent": 999})] or tools.ran[0].arguments == {}


@pytest.mark.slow
def test_text_before_a_call_is_spoken_and_the_tag_is_not(agent_of):
    agent = agent_of({**CALLS, "\n": "O", "O": "k", "k": "<tool_call>"})
    agent.use_tools(Tools())
    assert said(agent) == "Ok It's 4:10 PM."


@pytest.mark.slow
def test_a_tag_in_single_characters_is_a_tag(agent_of):
    spelled = dict(zip("\n<to", "<tol", strict=True)) | {"l": "_", "_": "c", "c": "a", "a": ">"}
    agent = agent_of(spelled)
    tools = Tools()
    agent.use_tools(tools)
    # "<tol_ca>" is no tag: it is text, and it comes out whole.
    assert said(agent) == "<tol_ca>"
    assert tools.ran == []


@pytest.mark.slow
def test_what_the_model_adds_to_a_call_is_not_spoken(agent_of):
    agent = agent_of({**CALLS, "</tool_call>": "x"})
    agent.use_tools(Tools())
    assert said(agent) == "It's 4:10 PM."


@pytest.mark.slow
def test_a_model_that_repeats_itself_means_it_once(agent_of):
    agent, tools = agent_of({**CALLS, "</tool_call>": "<tool_call>"}), Tools()
    agent.use_tools(tools)
    assert said(agent) == "It's 4:10 PM."
    assert len(tools.ran) == 1


@pytest.mark.slow
def test_a_model_that_words_results_itself_is_given_them_and_bounded(agent_of):
    agent = agent_of(CALLS, speak_tool_results=False, max_tool_rounds=2)
    tools = Tools()
    agent.use_tools(tools)
    pieces = asyncio.run(answer(agent))
    # It asks for the same thing again instead of wording it: once is enough.
    assert [type(piece) for piece in pieces] == [ToolCall, ToolResult, str]
    assert len(tools.ran) == 1


@pytest.mark.slow
def test_the_rounds_of_a_turn_are_bounded(agent_of):
    agent = agent_of(CALLS, speak_tool_results=False, max_tool_rounds=1)
    agent.use_tools(Tools())
    assert said(agent) == "It's 4:10 PM."


@pytest.mark.slow
def test_a_result_in_the_models_own_words(agent_of):
    # After a result the prompt ends as it always does, so the script tells the turns apart by "]".
    template = (
        "{% for m in messages %}{{ m.content }}{% endfor %}"
        "{{ ']' if messages[-1].role == 'user' and '<tool_resp' in messages[-1].content else '~' }}"
    )
    follows = {**CALLS, "~": "<tool_call>", "]": "T", "T": "e", "e": "n"}
    agent = agent_of(follows, template=template, speak_tool_results=False)
    agent.use_tools(Tools())
    pieces = asyncio.run(answer(agent))
    assert [type(piece) for piece in pieces[:2]] == [ToolCall, ToolResult]
    assert pieces[2:] == ["T", "e", "n"]


def test_a_tool_nobody_gave_the_agent_is_not_understood(agent_of):
    agent = agent_of(CALLS)
    agent._generation.use_tools(Tools().schemas())
    assert said(agent) == NOT_UNDERSTOOD


@pytest.mark.slow
def test_a_call_nobody_is_sure_of_is_not_run(agent_of):
    agent, tools = agent_of(CALLS, ask_above=0.99, act_above=0.99), Tools()
    agent.use_tools(tools)
    assert said(agent) == NOT_UNDERSTOOD
    assert tools.ran == []
    assert agent.confidence() < 0.99


def test_a_call_without_tools_is_not_understood(agent_of):
    assert said(agent_of(CALLS)) == NOT_UNDERSTOOD


def test_a_call_that_does_not_fit_is_not_understood(agent_of):
    agent, tools = agent_of(CALLS, persona="", template=PLAIN, context_tokens=512), Tools()
    agent.use_tools(tools)
    room = agent._model.context_tokens - len(agent._prompts.prefix) - len(STAMP)
    assert said(agent, "a" * (room - 175)) == NOT_UNDERSTOOD
    assert tools.ran == []


def test_a_caller_that_only_guesses_has_run_nothing(agent_of):
    agent, tools = agent_of(CALLS), Tools()
    agent.use_tools(tools)

    async def guess():
        async with contextlib.aclosing(agent.async_accept(AgentContext("asr_final", "x"))) as it:
            assert await anext(it) == ToolCall("get_time")

    asyncio.run(guess())
    assert tools.ran == []
    assert agent.history() == []


# -- the cache -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_prefix_is_read_once(agent_of):
    agent = agent_of(SOUND, persona="Be brief. " * 20, history_turns=0)
    agent.use_tools(Tools())
    asyncio.run(answer(agent, type="loop", text=""))
    at_start = agent.evaluated_tokens
    assert at_start > 200
    said(agent, "abc")
    marks = len("<|im_end|>\n<|im_start|>assistant\n") - len("<|im_end|><|im_start|>") + 2
    assert agent.evaluated_tokens - at_start <= len(STAMP + "abc") + marks + len("Sound.") + 1
    before = agent.evaluated_tokens
    said(agent, "abc")
    # The question and the reply only: of the prefix 0 tokens are computed again.
    assert agent.evaluated_tokens - before <= 1 + len("Sound.")


@pytest.mark.slow
def test_after_a_restart_the_prefix_is_not_computed_again(agent_of, tmp_path):
    path = tiny_gguf.random_weights(tmp_path / "model.gguf")
    settings = {"threads": 1, "persona": "Be brief. " * 30, "max_reply_tokens": 20}

    def live(**more):
        agent = LlamaAgent(str(path), **{**settings, **more})
        asyncio.run(answer(agent, type="loop", text=""))
        asyncio.run(answer(agent, type="loop", text=""))
        at_start = agent.evaluated_tokens
        reply = said(agent)
        agent.close()
        return at_start, reply

    computed, reply = live()
    assert computed > 250
    assert live() == (0, reply)
    # Another persona, another size of context or a damaged file: it is computed anew.
    assert live(persona="Be kind. " * 30)[0] > 250
    assert live(context_tokens=1024) == (computed, reply)
    (file,) = (tmp_path / "state").rglob("prefix-model.bin")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert live(context_tokens=1024) == (computed, reply)
    assert live(context_tokens=1024) == (0, reply)
    assert not list(file.parent.glob("*.partial"))


@pytest.mark.slow
def test_a_prefix_whose_reading_was_cut_short_is_saved_later(agent_of, tmp_path):
    agent = agent_of(SOUND, persona="Be brief. " * 30)

    async def scene():
        await answer(agent)
        while tasks := set(agent._tasks._tasks):
            await asyncio.wait(tasks)

    asyncio.run(scene())
    (file,) = (tmp_path / "state").rglob("prefix-*.bin")
    written_at_ns = file.stat().st_mtime_ns
    before = agent.evaluated_tokens
    asyncio.run(answer(agent, type="loop", text=""))
    asyncio.run(scene())
    assert agent.evaluated_tokens - before < 150
    assert file.stat().st_mtime_ns == written_at_ns


def test_a_prefix_that_cannot_be_saved_is_computed_each_time(agent_of, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    agent = agent_of(SOUND, persona="Be brief. " * 30, cache_dir=str(tmp_path / "file" / "x"))
    asyncio.run(answer(agent, type="loop", text=""))
    assert "not saved" in caplog.text
    assert said(agent) == "Sound."


@pytest.mark.slow
def test_without_a_state_folder_the_prefix_is_computed_each_time(agent_of, monkeypatch):
    monkeypatch.setattr("xtalk_edge.engines.agent.llama.default_state_dir", lambda: None)
    agent = agent_of(SOUND, persona="Be brief. " * 30)
    asyncio.run(answer(agent, type="loop", text=""))
    assert agent.evaluated_tokens > 250
    asyncio.run(answer(agent_of(SOUND, persona=""), type="loop", text=""))


@pytest.mark.slow
def test_a_token_may_be_longer_than_expected(heavy, monkeypatch):
    monkeypatch.setattr(llama_model, "PIECE_BYTES", 1)
    model = LlamaModel(heavy, threads=1, context_tokens=64)
    assert model.piece(tiny_gguf.token("<tool_call>")) == b"<tool_call>"
    model.close()


@pytest.mark.slow
def test_a_state_llama_refuses_is_no_state(heavy):
    model = LlamaModel(heavy, threads=1, context_tokens=64)
    assert not model.restore([1, 2], b"nonsense")
    assert model.evaluate([1, 2], AbortFlag())
    saved = model.state()
    assert model.restore([1, 2], saved)
    # A restored state has no logits; asked for them, the model computes its last token.
    assert model.evaluate([1, 2], AbortFlag())
    assert model.evaluated_tokens == 3
    model.close()


def test_partials_are_read_ahead_and_taken_back(agent_of):
    agent = agent_of(SOUND)
    asyncio.run(answer(agent, type="loop", text=""))
    asyncio.run(answer(agent, "what is the time in", "asr_partial"))
    asyncio.run(answer(agent, "what is the time on earth", "asr_partial"))
    before = agent.evaluated_tokens
    said(agent, "what is the time on earth now")
    assert agent.evaluated_tokens - before < 40
    fresh = agent_of(SOUND)
    assert said(fresh, "what is the time on earth now") == "Sound."


@pytest.mark.slow
def test_reading_ahead_does_not_change_the_answer(agent_of):
    model = {"context": 512}
    plain = agent_of(None, max_reply_tokens=30, model=model)
    ahead = agent_of(None, max_reply_tokens=30, model=model)
    for partial in ("tell", "tell me a", "sell me", "tell me a story"):
        asyncio.run(answer(ahead, partial, "asr_partial"))
    assert said(ahead, "tell me a story please") == said(plain, "tell me a story please")


@pytest.mark.slow
def test_a_newer_partial_takes_over(heavy):
    agent = LlamaAgent(str(heavy), threads=1, context_tokens=2048, persona="")

    async def both():
        old = asyncio.ensure_future(answer(agent, "many words " * 150, "asr_partial"))
        await asyncio.sleep(0.05)
        await answer(agent, "few words", "asr_partial")
        await old

    asyncio.run(both())
    assert 0 < agent.evaluated_tokens < 1600
    asyncio.run(answer(agent, "many words " * 300, "asr_partial"))
    agent.close()


@pytest.mark.slow
def test_a_question_takes_over_from_reading_ahead(heavy):
    agent = LlamaAgent(str(heavy), threads=1, context_tokens=2048, persona="", max_reply_tokens=1)

    async def both():
        old = asyncio.ensure_future(answer(agent, "many words " * 150, "asr_partial"))
        await asyncio.sleep(0.05)
        await answer(agent, "few words")
        await old

    asyncio.run(both())
    assert 0 < agent.evaluated_tokens < 1600
    agent.close()


@pytest.mark.slow
def test_closing_the_agent_stops_it(heavy):
    async def close_at_work(type):
        agent = LlamaAgent(str(heavy), threads=1, context_tokens=2048, persona="")
        task = asyncio.ensure_future(answer(agent, "many words " * 150, type))
        await asyncio.sleep(0.05)
        agent.close()
        with contextlib.suppress(EngineError):
            await task
        return agent.evaluated_tokens

    assert asyncio.run(close_at_work("asr_partial")) < 1600
    assert asyncio.run(close_at_work("asr_final")) < 1600


def test_a_partial_does_not_disturb_an_answer(agent_of):
    agent = agent_of(SOUND)

    async def both():
        pieces = agent.async_accept(AgentContext("asr_final", "x"))
        first = await anext(pieces)
        await answer(agent, "something else", "asr_partial")
        return first + "".join([piece async for piece in pieces])

    assert asyncio.run(both()) == "Sound."


def test_a_new_question_ends_the_last_answer(agent_of):
    agent = agent_of({"\n": "h", "h": "a", "a": "h"}, max_reply_tokens=1000)

    async def both():
        old = agent.async_accept(AgentContext("asr_final", "first"))
        await anext(old)
        new = agent.async_accept(AgentContext("asr_final", "second"))
        await anext(new)
        rest = [piece async for piece in old]
        await new.aclose()
        return rest

    for run in (asyncio.run, run_virtual):
        assert len(run(both())) < 900


# -- stopping ------------------------------------------------------------------------------


@pytest.mark.parametrize("reading_s", [0.0, 0.15])
@pytest.mark.slow
def test_a_closed_answer_stops_within_a_tenth_of_a_second(heavy, reading_s):
    agent = LlamaAgent(str(heavy), threads=1, context_tokens=2048, persona="")

    async def close_while_reading():
        question = AgentContext("asr_final", "many words " * 150)
        task = asyncio.ensure_future(anext(agent.async_accept(question)))
        await asyncio.sleep(reading_s)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        closed_at = time.perf_counter()
        await agent._worker.run(int)
        return time.perf_counter() - closed_at

    assert asyncio.run(close_while_reading()) < 0.1
    assert agent.evaluated_tokens < 1600
    agent.close()


@pytest.mark.slow
def test_what_was_read_before_an_abort_is_kept(heavy):
    model = LlamaModel(heavy, threads=1, context_tokens=512)
    tokens = model.tokenize("many words " * 40)
    flag = AbortFlag()
    flag.set()
    assert not model.evaluate(tokens, flag)
    assert model.evaluate(tokens[: 2 * CHUNK_TOKENS], AbortFlag())
    assert model.evaluate(tokens, AbortFlag())
    assert model.evaluated_tokens == len(tokens)
    model.close()


# -- history -------------------------------------------------------------------------------


def test_history_is_what_was_heard(agent_of):
    agent = agent_of(SOUND, history_turns=4)
    said(agent, "one")
    said(agent, "two")
    agent.heard("Sou")
    assert agent.history() == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "Sound."},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "Sou"},
    ]


def test_an_answer_broken_off_counts_as_heard_or_not_at_all(agent_of):
    agent = agent_of(SOUND, history_turns=4)

    async def begin(text):
        async with contextlib.aclosing(agent.async_accept(AgentContext("asr_final", text))) as it:
            await anext(it)

    asyncio.run(begin("a guess"))
    asyncio.run(begin("a question"))
    agent.heard("S")
    assert said(agent, "next") == "Sound."
    assert [line["content"] for line in agent.history()] == ["a question", "S", "next", "Sound."]


def test_history_is_shown_to_the_model_and_read_once(agent_of):
    agent = agent_of(SOUND, history_turns=4, persona="")
    said(agent, "one two three four")
    before = agent.evaluated_tokens
    said(agent, "five")
    assert agent.evaluated_tokens - before < 50 + len(STAMP)
    past = agent._conversation.past(agent._prompts.turn("x"))
    assert [turn.text for turn in past] == ["one two three four", "five"]


@pytest.mark.slow
def test_old_turns_go_when_there_are_too_many_or_no_room(agent_of):
    agent = agent_of(SOUND, history_turns=3, persona="", context_tokens=512)
    for number in range(9):
        said(agent, f"number {number} " + "x" * 60)
        assert len(agent._conversation.past(agent._conversation.begin("x"))) <= 3
    assert agent.history()[-2]["content"].startswith("number 8")
    said(agent, "y" * 250)
    assert said(agent, "z" * 250) == "Sound."


def test_a_question_beyond_the_context_is_refused_politely(agent_of):
    assert said(agent_of(SOUND, context_tokens=512), "word " * 500) == TOO_LONG


@pytest.mark.slow
def test_a_tool_that_ran_is_remembered_even_if_nothing_was_heard(agent_of):
    agent = agent_of(CALLS, history_turns=2)
    agent.use_tools(Tools())
    said(agent, "what time is it")
    agent.heard("")
    assert agent.history() == [{"role": "user", "content": "what time is it"}]


# -- what can be wrong ---------------------------------------------------------------------


def test_a_context_too_small_for_persona_and_tools_is_refused(agent_of):
    with pytest.raises(ModelError, match=r"raise agent\.context_tokens"):
        agent_of(SOUND, context_tokens=256, persona="long " * 100)
    agent = agent_of(SOUND, context_tokens=256)
    with pytest.raises(ModelError, match="persona and tools need"):
        agent.use_tools(Tools())


@pytest.mark.slow
def test_a_broken_template_is_refused(agent_of):
    with pytest.raises(ModelError, match="chat template"):
        agent_of(SOUND, template="{% if %}")
    gc.collect()


def test_a_file_llama_does_not_accept_is_refused(tmp_path):
    whole = tiny_gguf.scripted(tmp_path / "whole.gguf", SOUND).read_bytes()
    for name, content in {
        "empty": b"",
        "text": b"hello" * 99,
        "cut": whole[: len(whole) // 2],
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ModelError, match="cannot be loaded"):
            LlamaModel(path)


def test_a_context_beyond_all_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(llama_cpp, "llama_init_from_model", lambda _model, _params: None)
    path = tiny_gguf.scripted(tmp_path / "a.gguf", SOUND)
    with pytest.raises(ModelError, match="no memory for 99 tokens"):
        LlamaModel(path, context_tokens=99)


def test_a_failure_of_the_computation_is_an_error(heavy, monkeypatch):
    model = LlamaModel(heavy, threads=1, context_tokens=64)
    monkeypatch.setattr(llama_cpp, "llama_decode", lambda _context, _batch: -3)
    with pytest.raises(EngineError, match="code -3"):
        model.evaluate([1], AbortFlag())
    monkeypatch.setattr(llama_cpp, "llama_tokenize", lambda *_: -3)
    with pytest.raises(EngineError, match="cannot split"):
        model.tokenize("a")
    model.close()


def test_a_model_that_cannot_step_back_starts_over(heavy, monkeypatch):
    model = LlamaModel(heavy, threads=1, context_tokens=64)
    assert model.evaluate([1, 2, 3], AbortFlag())
    monkeypatch.setattr(llama_cpp, "llama_memory_seq_rm", lambda *_: False)
    assert model.evaluate([1, 2, 4], AbortFlag())
    assert (model.tokens, model.evaluated_tokens) == ([1, 2, 4], 6)
    model.close()


def test_tokens_beyond_the_context_are_an_error(heavy):
    model = LlamaModel(heavy, threads=1, context_tokens=256)
    with pytest.raises(EngineError, match="do not fit"):
        model.evaluate([1] * 257, AbortFlag())
    with pytest.raises(EngineError, match="do not fit"):
        model.evaluate([], AbortFlag())
    with pytest.raises(EngineError, match="grammar"):
        Grammar(model, "root ::= nowhere")
    model.close()
    model.close()


@pytest.mark.slow
def test_the_same_seed_makes_the_same_choices(agent_of):
    model = {"context": 512}
    settings = {"temperature": 0.9, "max_reply_tokens": 30, "model": model}
    replies = [said(agent_of(None, seed=seed, **settings)) for seed in (1, 1, 2)]
    assert replies[0] == replies[1] != replies[2]


def test_a_vocabulary_that_cannot_write_a_call_is_an_error(heavy):
    model = LlamaModel(heavy, threads=1, context_tokens=64)
    with Grammar(model, 'root ::= "a"') as grammar:
        logits = np.full(model.vocab_size, -np.inf, np.float32)
        logits[ord("b")] = 0.0
        with pytest.raises(EngineError, match="no token for a tool call"):
            TokenChooser(0.0, 0).choose(logits, grammar)
    model.close()
