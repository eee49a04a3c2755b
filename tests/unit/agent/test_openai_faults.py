"""Whatever a server or the way to it does, the turn ends with one sentence for the owner."""

import asyncio
import contextlib
import socket
import time

import pytest

from tests.certificates import Authority
from tests.fake_openai import (
    JSON,
    Answer,
    Close,
    Pause,
    Reset,
    Stall,
    Step,
    calls,
    chunk,
    events,
    fake_openai,
    refuses,
    says,
)
from tests.unit.agent.parts import Tools, answer
from tests.unit.manager_parts import Log
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.agent.openai import OpenAIAgent
from xtalk_edge.errors import UplinkError
from xtalk_edge.events import (
    ErrorOccurred,
    TurnLLMAgentStartRequested,
    TurnTTSFlushRequested,
    TurnTTSTextAppendRequested,
)
from xtalk_edge.managers.agent import APOLOGY, AgentManager

SPOKEN = "where are my keys"
SECRET = "sk-secret-of-the-owner"

BEGUN = events(chunk(content="Well, "), done=False)
KEPT_ALIVE: list[Step] = [b": still here\n\n", Pause(0.03)] * 30
QUICK = {"first_token_s": 0.2, "stall_s": 0.2, "connect_s": 2.0}


@pytest.fixture
def server():
    with fake_openai() as fake:
        yield fake


def ask(url, *answers, server=None, text=SPOKEN, tools=None, **settings):
    """Return what was said up to the error, and its sentence; "" where there is none."""
    if server is not None:
        server.answers = list(answers)
    agent = OpenAIAgent(url, "tiny", **settings)
    if tools is not None:
        agent.use_tools(tools)
    said = []

    async def scene():
        async with contextlib.aclosing(agent.commit(text)) as pieces:
            async for piece in pieces:
                said.append(piece)

    sentence = ""
    try:
        asyncio.run(scene())
    except UplinkError as error:
        sentence = str(error)
        assert sentence.isprintable()
        assert SPOKEN not in sentence
    agent.close()
    return "".join(piece for piece in said if isinstance(piece, str)), sentence


# -- on the way ----------------------------------------------------------------------------


def test_nobody_there():
    _, sentence = ask("http://127.0.0.1:9/v1")
    assert sentence.startswith("nothing listens at 127.0.0.1:9; is the server running?")


def test_a_name_nobody_knows():
    _, sentence = ask("https://no-such-host.invalid/v1")
    assert "the name no-such-host.invalid is not known" in sentence or "no way" in sentence


def test_somebody_who_takes_no_connection():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with contextlib.ExitStack() as waiting:
            # The queue of those who wait to be let in is full.
            for _ in range(4):
                one = waiting.enter_context(contextlib.closing(socket.socket()))
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            _, sentence = ask(f"http://127.0.0.1:{port}/v1", connect_s=0.2)
    assert "does not answer" in sentence


def test_encryption_that_never_comes_about():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/v1"
        assert "does not answer" in ask(url, connect_s=0.2)[1]


def test_a_certificate_is_believed_only_where_its_authority_is(tmp_path):
    authority = Authority(tmp_path)
    with fake_openai(authority.issue().context()) as server:
        assert ask(server.url, ca_file=str(authority.ca_file))[0] == "Okay."
        _, sentence = ask(server.url)
        assert "certificate of 127.0.0.1" in sentence
        assert "set agent.ca_file to its authority" in sentence
        _, sentence = ask(server.url.replace("https", "http"))
        assert sentence
        assert len(server.received) == 1


def test_encryption_where_there_is_none(server):
    _, sentence = ask(server.url.replace("http", "https"))
    assert "does not encrypt; is it the port for https://?" in sentence


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (401, {"message": SPOKEN, "code": "invalid_api_key"}, "refused the key (invalid_api_key)"),
        (404, {"message": SPOKEN, "code": "model_not_found"}, "knows no model 'tiny'"),
        (404, None, "/v1/chat/completions; correct agent.base_url"),
        (429, None, "asked too often"),
        (302, None, "answers with a web page"),
        (400, {"message": f"bad {SPOKEN}"}, "did not take the request"),
    ],
)
def test_what_another_try_would_not_mend_is_told_at_once(server, status, error, sentence):
    _, told = ask(server.url, refuses(status, error), server=server)
    assert sentence in told
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "stumble",
    [
        refuses(500, SPOKEN),
        refuses(503, None, retry_after="0.1"),
        refuses(429, None, retry_after="0.1"),
        Answer([Close()]),
        Answer([Reset()]),
        Answer([], raw=True),
        Answer([Reset()], raw=True),
        Answer(events()),
        Answer([b": hold on\n\n"]),
    ],
    ids=["500", "503", "429", "cut", "reset", "nothing", "reset at once", "empty", "comments"],
)
def test_before_the_first_word_it_is_asked_once_more(server, stumble):
    assert ask(server.url, stumble, server=server) == ("Okay.", "")
    assert len(server.received) == 2


@pytest.mark.parametrize("stumble", [refuses(500, SPOKEN), Answer([Close()])])
def test_it_is_asked_once_more_and_no_more(server, stumble):
    said, sentence = ask(server.url, stumble, stumble, server=server)
    assert said == ""
    assert "server's log" in sentence
    assert len(server.received) == 2


def test_another_try_has_time_to_think(server):
    slow = Answer([Pause(0.8), *says("Yes.").steps])
    assert ask(server.url, Answer(events()), slow, server=server) == ("Yes.", "")


def test_a_wait_longer_than_anybody_would_is_not_waited(server):
    refused = refuses(429, None, retry_after="30")
    assert "too often" in ask(server.url, refused, server=server, first_token_s=20.0)[1]
    assert len(server.received) == 1


def test_a_setting_with_another_name_is_learnt_once(server):
    wants = {"message": "Use 'max_completion_tokens' instead.", "param": "max_tokens"}
    server.answers = [refuses(400, wants)]
    agent = OpenAIAgent(server.url, "tiny", max_tokens=50)

    async def scene():
        await answer(agent, "one")
        await answer(agent, "two")

    asyncio.run(scene())
    agent.close()
    limits = [{key: value for key, value in each.body.items() if "tokens" in key}
              for each in server.received]  # fmt: skip
    assert limits == [{"max_tokens": 50}, *[{"max_completion_tokens": 50}] * 2]
    server.answers = [refuses(400, wants), refuses(400, wants)]
    _, sentence = ask(server.url, refuses(400, wants), refuses(400, wants), server=server)
    assert "does not take max_tokens" in sentence


def test_a_retry_runs_no_tool_twice(server):
    tools = Tools("add", content="Added.", effects=True)
    said, sentence = ask(
        server.url, calls(("add", {})), refuses(500), says("Done."), server=server, tools=tools
    )
    assert (said, sentence) == ("Done.", "")
    assert len(tools.ran) == 1
    assert len(server.received) == 3


# -- what is no answer ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (Answer([b"<html>Log in</html>"], type="text/html; charset=utf-8"), "web page"),
        (Answer([b"<!DOCTYPE html>"], type="text/plain"), "web page"),
        (Answer(events("nonsense")), "no chat completion"),
        (Answer([b"{}"], type=JSON), "no chat completion"),
        (Answer([b"{" * 1000], type=JSON), "no chat completion"),
        (Answer(events('{"error": {"code": "busy", "message": "where are my keys"}}')), "(busy)"),
        (Answer([b"SSH-2.0-OpenSSH_9.2\r\n"], raw=True), "does not speak HTTP"),
        (Answer([b"\x00\xff" * 2000], raw=True), "does not speak HTTP"),
        (Answer([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 40_000], raw=True), "does not speak HTTP"),
        (Answer([b"data: " + b"x" * 100_000] * 12), "does not end"),
        (Answer(events(chunk(content="x")), headers={"Content-Encoding": "gzip"}), "compresses"),
    ],
    ids=["a page", "an unmarked page", "nonsense", "other JSON", "broken JSON", "an error",
         "another protocol", "bytes", "headers for ever", "an event for ever", "compressed"],
)  # fmt: skip
def test_what_is_no_answer_is_told(server, given, sentence):
    # Some of it looks like a server that stumbled, and is asked for once more.
    said, told = ask(server.url, given, given, server=server)
    assert said == ""
    assert sentence in told


def test_an_answer_without_end_is_cut(server):
    said, told = ask(server.url, Answer(events(*[chunk(content="ha " * 2000)] * 8)), server=server)
    assert len(said) < 21_000
    assert said.endswith("That is as much as I can say at once.")
    assert told == ""


def test_thoughts_without_end_are_cut(server, monkeypatch):
    monkeypatch.setattr("xtalk_edge.engines.agent.openai_server.LONGEST_ANSWER_BYTES", 1_000_000)
    thought = events(chunk(reasoning_content="x" * 100_000), done=False)[0]
    assert "comes to no end" in ask(server.url, Answer([thought] * 20), server=server)[1]


# -- in the middle -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Close(), Reset()])
def test_an_answer_that_breaks_off_is_told_behind_what_was_said(server, fault):
    said, sentence = ask(server.url, Answer([*BEGUN, fault]), server=server)
    assert "127.0.0.1" in sentence
    # What lies in a buffer when a connection is reset may be lost with it.
    assert said == "Well, " if isinstance(fault, Close) else len(server.received) <= 2


def test_an_error_in_the_middle_is_not_asked_again(server):
    broken = Answer([*BEGUN, *events('{"error": "where are my keys"}')])
    said, sentence = ask(server.url, broken, server=server)
    assert said == "Well, "
    assert "broke off with an error" in sentence
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (Answer([Stall()], raw=True), "did not begin to answer within 0.2 s"),
        (Answer([b"HTTP/1.1 200", Stall()], raw=True), "did not begin"),
        (Answer([Stall()]), "did not begin"),
        (Answer([Stall()], status=500), "did not begin"),
        (Answer([b"da", Stall()]), "did not begin"),
        (Answer([*events(chunk(reasoning_content="Hm"), done=False), Stall()]), "did not begin"),
        (Answer([*KEPT_ALIVE, Stall()]), "did not begin"),
        (Answer([*BEGUN, Stall()]), "fell silent for 0.2 s"),
        (Answer([*BEGUN, b"data: {", Stall()]), "fell silent"),
        (Answer([*BEGUN, *KEPT_ALIVE, Stall()]), "fell silent"),
        (Answer([*calls(("get_time", '{"a')).steps[:1], Stall()]), "fell silent"),
    ],
    ids=["before the headers", "in the headers", "before the body", "in a refusal", "in a line",
         "in its thoughts", "with signs of life", "behind a word", "in an event", "dripping",
         "in a call"],
)  # fmt: skip
def test_a_stall_anywhere_ends_in_time(server, given, sentence):
    began_s = time.monotonic()
    _, told = ask(server.url, given, server=server, tools=Tools(), **QUICK)
    assert sentence in told
    assert time.monotonic() - began_s < 5.0
    assert server.left.acquire(timeout=10)


def test_an_answer_may_not_last_for_ever(server):
    drip: list[Step] = [*BEGUN, Pause(0.03)] * 40
    said, told = ask(server.url, Answer(drip), server=server, whole_s=0.3)
    assert said.startswith("Well, Well, ")
    assert "took longer than 0.3 s" in told


# -- what the owner hears, and the log -----------------------------------------------------


def test_the_owner_hears_an_apology_and_the_log_has_the_sentence(server, caplog, monkeypatch):
    monkeypatch.setenv("TEST_KEY", SECRET)
    caplog.set_level("INFO")
    server.answers = [refuses(401, {"message": f"{SECRET} is wrong, and so is {SPOKEN}"})]

    async def scene():
        bus = EventBus()
        log = Log(bus)
        agent = OpenAIAgent(server.url, "tiny", api_key="env:TEST_KEY")
        manager = AgentManager(event_bus=bus, config=Config(), agent=agent)
        bus.register(manager)
        over = asyncio.Event()
        bus.subscribe(TurnTTSFlushRequested, lambda _event: over.set())
        for turn_id in (1, 2):
            over.clear()
            bus.publish(TurnLLMAgentStartRequested(turn_id=turn_id, text=SPOKEN))
            await over.wait()
        await manager.shutdown()
        await bus.aclose()
        agent.close()
        return log

    log = asyncio.run(scene())
    said = [each.text for each in log.all_of(TurnTTSTextAppendRequested)]
    assert " ".join(said) == f"{APOLOGY} Okay."
    assert log.all_of(ErrorOccurred)[0].error_message == (
        "127.0.0.1 refused the key (401); check agent.api_key"
    )
    assert "refused the key (401)" in caplog.text
    assert SPOKEN not in caplog.text
    assert SECRET not in caplog.text


def test_a_refusal_in_full_is_for_those_who_asked_for_all(server, caplog, monkeypatch):
    monkeypatch.setenv("TEST_KEY", SECRET)
    caplog.set_level("DEBUG", logger="xtalk_edge")
    refused = refuses(401, {"message": f"{SECRET} is wrong\x1b[31m"})
    ask(server.url, refused, server=server, api_key="env:TEST_KEY")
    assert "... is wrong" in caplog.text
    assert SECRET not in caplog.text
    assert "\x1b" not in caplog.text
