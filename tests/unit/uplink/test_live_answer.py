"""A server's spoken reply is handed on no faster than it is heard, and acknowledged when it was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scripted_talk import ScriptedTalks
from xtalk_edge.audio.live_speech import LivePiece
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.full.live_answer import AHEAD_MS, LAST_WORDS_S, LiveAnswer
from xtalk_edge.uplink.full.session import FullSession
from xtalk_edge.uplink.full.turn import FullTurn
from xtalk_edge.uplink.xtalk.facts import Heard, ReplyOver, ReplySound, ReplyText, Stopped


class Acknowledged(ScriptedTalks):
    """Takes note of what was heard."""

    def __init__(self) -> None:
        super().__init__([])
        self.pieces: list[ReplySound] = []

    def played(self, sound: ReplySound) -> None:
        self.pieces.append(sound)


@contextlib.asynccontextmanager
async def at_server() -> AsyncIterator[tuple[FullTurn, FullSession, Acknowledged]]:
    """Open a session in which the server has understood a turn."""
    cloud, tasks = Acknowledged(), TaskOwner()
    cloud.start()
    session = FullSession(cloud)
    tasks.start(session.run(), "session")
    # A moment of virtual time: all that can happen has happened behind it.
    await asyncio.sleep(0.1)
    assert session.is_ready
    turn = FullTurn(1, 0)
    session.begin(turn, b"")
    session.end(turn)
    turn.take(Heard("hello", is_receipt=False))
    try:
        yield turn, session, cloud
    finally:
        await tasks.aclose()


def sound(ms: int, rate_hz: int = 48_000) -> ReplySound:
    return ReplySound(bytes(2 * rate_hz * ms // 1000), rate_hz, 1, None, "")


def test_a_long_reply_waits_until_it_is_heard() -> None:
    async def scene() -> None:
        async with at_server() as (turn, session, cloud):
            turn.take(sound(30_000))
            given: list[LivePiece] = []

            async def take() -> None:
                async for piece in LiveAnswer(turn, session).pieces():
                    given.append(piece)

            playing = asyncio.ensure_future(take())
            for heard in range(300):
                await asyncio.sleep(0.1)
                ahead_ms = sum(len(each.pcm) for each in given[heard:]) / 96
                assert 0 < ahead_ms <= AHEAD_MS + 100
                assert cloud.pieces == []
                given[heard].heard()
            assert len(cloud.pieces) == 1
            turn.take(ReplyOver())
            session.news.tell()
            began_s = now_s()
            await playing
            # No more words came.
            assert now_s() - began_s == pytest.approx(LAST_WORDS_S)
            assert turn.is_done and cloud.log[-1] == "finished"

    run_virtual(scene())


def test_a_reply_that_the_server_stops_is_given_no_further() -> None:
    async def scene() -> None:
        async with at_server() as (turn, session, _cloud):
            turn.take(sound(30_000))
            given: list[LivePiece] = []

            async def take() -> None:
                async for piece in LiveAnswer(turn, session).pieces():
                    given.append(piece)

            playing = asyncio.ensure_future(take())
            await asyncio.sleep(0.1)
            turn.take(Stopped())
            session.news.tell()
            await playing
            assert sum(len(each.pcm) for each in given) / 96 <= AHEAD_MS + 100

    run_virtual(scene())


@given(
    st.lists(
        st.tuples(st.integers(0, 700), st.sampled_from([48_000, 16_000])), min_size=1, max_size=8
    )
)
def test_every_piece_is_acknowledged_once_in_order(sizes: list[tuple[int, int]]) -> None:
    async def scene() -> None:
        async with at_server() as (turn, session, cloud):
            sounds = [sound(ms, rate_hz) for ms, rate_hz in sizes]
            turn.take(ReplyText("Hello.", "Hello."))
            for each in sounds:
                turn.take(each)
            rate_hz = next((each.rate_hz for each in sounds if each.pcm), 0)
            turn.take(ReplyOver())
            n_bytes = 0
            async for piece in LiveAnswer(turn, session).pieces():
                n_bytes += len(piece.pcm)
                piece.heard()
            assert cloud.pieces == sounds
            ms = sum(len(each.pcm) / 2 / each.rate_hz for each in sounds) * 1000
            assert turn.heard_ms == pytest.approx(ms)
            assert n_bytes / 2 == pytest.approx(ms * rate_hz / 1000, abs=2 * len(sounds))

    run_virtual(scene())
