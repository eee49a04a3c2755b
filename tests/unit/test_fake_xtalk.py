"""The fake X-Talk server does what is known of the real ones, generation by generation."""

from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.clocks import in_real_time
from tests.fake_xtalk import DEFAULT_REPLY, FakeXTalk, Generation, Piece, Reply, reply
from tests.plain_client import FRAME, PlainClient, client_of

GENERATIONS: tuple[Generation, ...] = ("G1", "G1.5", "G2", "G3")


# -- hello -----------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", ["G1", "G1.5"])
@in_real_time
async def test_early_generations_say_hello_unasked(generation: Generation) -> None:
    async with FakeXTalk(generation) as server, client_of(server) as client:
        await client.wait("session_info")
        assert client.last("session_info")["session_id"] in server.history


@pytest.mark.parametrize("generation", ["G2", "G3"])
@in_real_time
async def test_later_generations_wait_to_be_asked_and_hear_nothing_else_first(
    generation: Generation,
) -> None:
    async with FakeXTalk(generation) as server:
        async with client_of(server) as client:
            await client.wait("session_attached")
            assert client.actions == ["session_attached"]
        async with client_of(server, attach=None) as client:
            await client.say("ping", timestamp=1)
            await client.ended()
            assert code_of(client) == (1011, "Internal server error")


@in_real_time
async def test_a_bare_connect_says_no_hello_at_all() -> None:
    async with FakeXTalk("G3", hello="none") as server, client_of(server) as client:
        await client.silence()
        assert client.actions == []


@in_real_time
async def test_a_session_is_resumed_with_its_history() -> None:
    async with FakeXTalk("G3") as server:
        async with client_of(server) as client:
            client.acknowledges = True
            await submit(client, "one")
            await client.wait("finish_resp")
            session = client.last("session_attached")["session_id"]
        await server.until(lambda: server.n_open == 0)
        async with client_of(server, attach=session) as client:
            await client.wait("session_attached")
            assert client.last("session_attached")["session_id"] == session
        assert server.history[session] == [("one", DEFAULT_REPLY.text)]


@in_real_time
async def test_a_session_that_is_attached_elsewhere_is_refused() -> None:
    async with FakeXTalk("G2") as server, client_of(server) as first:
        await first.wait("session_attached")
        session = first.last("session_attached")["session_id"]
        async with client_of(server, attach=session) as second:
            await second.ended()
            assert code_of(second) == (1013, "Session already connected")


# -- being let in ----------------------------------------------------------------------------


@in_real_time
async def test_login_gives_the_token_that_the_websocket_wants() -> None:
    async with FakeXTalk("G2", token="t-1") as server:
        url = f"http://127.0.0.1:{server.port}/api/auth/login"
        async with httpx2.AsyncClient(trust_env=False) as http:
            told = (await http.post(url)).json()
        assert told["access_token"] == "t-1"
        assert server.logins == 1
        async with client_of(server) as client:
            await client.wait("session_attached")
        assert server.connections[-1].headers["authorization"] == "Bearer t-1"
        async with connect(f"{server.url}?access_token=t-1", proxy=None) as socket:
            await socket.send('{"action": "attach_session", "session_id": null}')
            assert "session_attached" in str(await socket.recv())


@in_real_time
async def test_without_its_token_nobody_stays() -> None:
    async with FakeXTalk("G3") as server:
        for token in ("", "an expired one"):
            async with client_of(server, token=token) as client:
                await client.ended()
                assert code_of(client) == (1008, "Unauthorized")


@in_real_time
async def test_a_full_server_lets_wait_and_says_where_one_stands() -> None:
    async with FakeXTalk("G1", queue=(2, 1)) as server, client_of(server) as client:
        await client.wait("session_info")
        queue = ["queue_status", "queue_status", "queue_granted", "session_info"]
        assert client.actions == queue
        assert client.got[0] == {
            "action": "queue_status",
            "position": 2,
            "limit": 1,
            "active": 1,
        }


# -- text in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", ["G1", "G1.5", "G2"])
@in_real_time
async def test_only_the_newest_takes_texts_by_itself(generation: Generation) -> None:
    async with FakeXTalk(generation) as server, client_of(server) as client:
        await client.say("submit_text", text="hello")
        await client.silence()
        assert "finish_asr" not in client.actions


@pytest.mark.parametrize("generation", GENERATIONS)
@in_real_time
async def test_with_the_plugin_each_takes_texts(generation: Generation) -> None:
    server = FakeXTalk(generation, plugin=True)
    async with server, client_of(server, acknowledges=True) as client:
        await client.say("edge_capabilities")
        await client.wait("edge_capabilities")
        able = {"submit_text": True, "speak": True, "version": 1}
        assert client.last("edge_capabilities") == able
        await submit(client, "hello")
        await client.wait("finish_resp")
        assert client.last("finish_asr")["text"] == "hello"
        assert client.last("finish_resp")["text"] == DEFAULT_REPLY.text


@in_real_time
async def test_a_native_text_says_where_it_came_from_and_has_its_limit() -> None:
    async with FakeXTalk("G3") as server, client_of(server) as client:
        await client.say("submit_text", text="x" * 8_193)
        await submit(client, "x" * 8_192)
        assert client.last("finish_asr")["origin"] == "text"
        assert client.actions.count("finish_asr") == 1


# -- text out --------------------------------------------------------------------------------


@in_real_time
async def test_the_agent_drives_the_text_and_it_is_cumulative() -> None:
    answer = reply("One.", "Two.")
    async with FakeXTalk("G1", plugin=True, replies=answer) as server, client_of(server) as c:
        await submit(c, "hello")
        await c.wait("tts_finished")
        texts = [g["data"]["text"] for g in c.got if isinstance(g, dict) and is_text(g)]
        assert texts == ["One.", "One. Two.", "One. Two."]
        assert c.actions.index("finish_resp") < c.actions.index("binary")
        assert c.actions.index("update_resp") < c.actions.index("start_tts")


@in_real_time
async def test_playback_drives_the_text_of_later_generations() -> None:
    answer = reply("One.", "Two.", audio_ms=200)
    async with FakeXTalk("G3", replies=answer) as server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("binary", 3)
        await client.silence()
        assert client.actions.count("binary") == 3, "no more than 300 ms are under way"
        assert "update_resp" not in client.actions
        response = client.last("start_tts")["response_id"]
        await client.say("tts_chunk_played", chunk_index=1, response_id="another")
        await client.say("tts_chunk_played", chunk_index=1, response_id=response)
        await client.wait("binary", 4)
        await client.silence()
        assert client.actions.count("binary") == 4
        await client.say("tts_chunk_played", response_id=response)
        await client.say("tts_chunk_played", response_id=response)
        await client.wait("tts_finished")
        await client.say("tts_chunk_played", response_id=response)
        await client.say("tts_playback_finished", response_id=response)
        await client.wait("finish_resp")
        assert client.last("finish_resp") == {"text": "One. Two.", "response_id": response}
        assert client.actions.count("tts_finished") == 1


@in_real_time
async def test_a_reply_without_sound_is_lost_on_a_later_generation() -> None:
    answer = reply("One.", audio_ms=0)
    async with FakeXTalk("G3", replies=answer) as server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("tts_finished")
        response = client.last("start_tts")["response_id"]
        await client.say("tts_playback_finished", response_id=response)
        await client.silence()
        assert "finish_resp" not in client.actions


@in_real_time
async def test_errors_and_tools_are_told() -> None:
    answer = reply("One.", error="llm_stream_error", tool="get_time")
    async with FakeXTalk("G1", plugin=True, replies=answer) as server, client_of(server) as c:
        await submit(c, "hello")
        await c.wait("error")
        assert c.last("tool_called") == {"name": "get_time", "args": {}}
        assert c.last("error") == "llm_stream_error"


# -- sound out -------------------------------------------------------------------------------


@in_real_time
async def test_a_header_comes_before_each_sound_of_the_first_generation_only() -> None:
    for generation in GENERATIONS:
        server = FakeXTalk(generation, plugin=True)
        async with server, client_of(server) as client:
            client.acknowledges = server.traits.playback_driven
            await submit(client, "hello")
            await client.wait("tts_finished")
            headers = client.actions.count("tts_chunk_meta")
            assert headers == (3 if generation == "G1" else 0)
            if headers:
                assert client.last("tts_chunk_meta") == {"chunk_index": 3}


@pytest.mark.parametrize(("how", "times"), [("never", 0), ("once", 1), ("each piece", 3)])
@in_real_time
async def test_the_end_of_sound_is_told_any_number_of_times(how: str, times: int) -> None:
    server = FakeXTalk("G1", plugin=True, tts_finished=how)
    async with server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("binary", 3)
        await client.silence()
        assert client.actions.count("tts_finished") == times


@in_real_time
async def test_the_end_of_sound_may_be_told_before_the_last_sound() -> None:
    server = FakeXTalk("G1", plugin=True, tts_finished="early")
    async with server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("binary", 3)
        assert [a for a in client.actions if a in ("binary", "tts_finished")] == [
            "binary",
            "binary",
            "tts_finished",
            "binary",
        ]


@in_real_time
async def test_a_sentence_may_be_more_than_a_mebibyte() -> None:
    answer = reply("A long story.", audio_ms=12_000)
    async with FakeXTalk("G1", plugin=True, replies=answer) as server, client_of(server) as c:
        await submit(c, "hello")
        await c.wait("binary")
        assert [len(g) for g in c.got if isinstance(g, bytes)] == [12 * 96_000]


@in_real_time
async def test_a_stock_voice_sends_wav_files() -> None:
    server = FakeXTalk("G1", plugin=True, sound="wav")
    async with server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("binary")
        sound = next(got for got in client.got if isinstance(got, bytes))
        assert sound[:4] == b"RIFF"
        assert int.from_bytes(sound[24:28], "little") == 16_000


@in_real_time
async def test_without_a_voice_each_piece_is_an_error_and_the_text_comes_all_the_same() -> None:
    server = FakeXTalk("G1", plugin=True, has_tts=False)
    async with server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("error", 3)
        assert client.last("finish_resp")["text"] == DEFAULT_REPLY.text
        assert "binary" not in client.actions


@in_real_time
async def test_what_is_played_too_soon_is_cut_short() -> None:
    answer = Reply((Piece("One."), Piece(" Two.", after_s=30.0)))
    server = FakeXTalk("G1", plugin=True, replies=answer, finish_resp="between")
    async with server, client_of(server) as client:
        await submit(client, "hello")
        await client.wait("binary")
        await client.say("tts_playback_finished")
        await client.wait("finish_resp")
        assert client.last("finish_resp")["text"] == "One."
        assert client.actions.count("stop_tts") == 1, "only the one of the accepted turn"


# -- the plugin's voice ----------------------------------------------------------------------


@in_real_time
async def test_a_text_is_spoken_in_pieces_as_they_come() -> None:
    async with FakeXTalk("G1", plugin=True) as server, client_of(server) as client:
        await client.say("speak", text="One.", flush=False)
        await client.wait("start_tts")
        await client.say("speak", text=" Two.", append=True, flush=False)
        await client.wait("binary")
        assert "tts_finished" not in client.actions
        await client.say("speak", text="", append=True)
        await client.wait("tts_finished")
        sounds = [a for a in client.actions if a not in ("session_info", "tts_chunk_meta")]
        assert sounds == ["stop_tts", "start_tts", "binary", "binary", "tts_finished"]


@in_real_time
async def test_a_new_text_ends_the_one_that_is_spoken_and_so_does_stop() -> None:
    async with FakeXTalk("G1", plugin=True) as server, client_of(server) as client:
        await client.say("speak", text="One.", flush=False)
        await client.wait("start_tts")
        await client.say("speak", text="Two.", flush=False)
        await client.wait("start_tts", 2)
        assert client.actions.count("stop_tts") == 2
        await client.say("stop")
        await client.wait("stop_tts", 3)


# -- all along -------------------------------------------------------------------------------


@in_real_time
async def test_a_ping_is_answered_flat_with_the_servers_clock() -> None:
    ten_years_s = 10 * 365 * 86_400.0
    for offset_s in (0.0, ten_years_s):
        server = FakeXTalk("G1", clock_offset_s=offset_s)
        async with server, client_of(server) as client:
            await client.say("ping", timestamp=17)
            await client.wait("pong")
            pong = client.last("pong")
            assert pong["client_timestamp"] == 17
            own_ms = FakeXTalk("G1").clock_ms()
            assert abs(pong["server_recv_timestamp"] - offset_s * 1000 - own_ms) < 60_000


@in_real_time
async def test_what_is_unknown_or_no_json_is_passed_over() -> None:
    async with FakeXTalk("G1") as server, client_of(server) as client:
        await client.wait("session_info")
        for text in ("no json", "[1, 2]", '{"action": "fly"}', "{}"):
            await client.socket.send(text)
        await client.socket.send(b"")
        await client.socket.send(FRAME[:33])
        await client.silence()
        assert client.actions == ["session_info"]
        assert [said.message for said in server.received.all[:2]] == ["no json", "[1, 2]"]


@in_real_time
async def test_voice_and_emotion_are_echoed() -> None:
    async with FakeXTalk("G1") as server, client_of(server) as client:
        await client.say("change_voice", voice_name="Man")
        await client.say("change_emotion", emotion_name="calm")
        await client.wait("emotion_changed")
        assert client.last("voice_changed") == {"name": "Man"}
        assert client.last("emotion_changed") == {"name": "calm", "vector": None}


# -- helpers ---------------------------------------------------------------------------------


async def submit(client: PlainClient, text: str) -> None:
    await client.say("submit_text", text=text)
    await client.wait("finish_asr")


def is_text(got: dict[str, Any]) -> bool:
    return got["action"] in ("update_resp", "finish_resp")


def code_of(client: PlainClient) -> tuple[int, str]:
    assert client.closed is not None and client.closed.rcvd is not None
    return client.closed.rcvd.code, client.closed.rcvd.reason
