"""A server's spoken reply on its way to the loudspeaker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial

from xtalk_edge.audio.format import pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.live_speech import LivePiece
from xtalk_edge.audio.resample import convert
from xtalk_edge.clock import now_s
from xtalk_edge.uplink.full.session import FullSession
from xtalk_edge.uplink.full.turn import FullTurn, length_ms
from xtalk_edge.uplink.xtalk.facts import ReplySound

PIECE_MS = 100
"""Early servers send a sentence in one message, and how much of it was heard is to be known."""
AHEAD_MS = 1_000
"""Given to be played and not heard yet, at most: what is stopped is silent within this time, and
what a server sends in advance is kept once."""
LAST_WORDS_S = 0.5
"""Late servers tell the last words when they were told that these were heard: a round trip."""


class LiveAnswer:
    """The reply of one turn, as `LiveSpeech`.

    Args:
        turn: whose reply.
        session: is told what was heard.
    """

    def __init__(self, turn: FullTurn, session: FullSession) -> None:
        self._turn = turn
        self._session = session
        self._given_ms = 0.0

    @property
    def rate_hz(self) -> int:
        """Hertz of all sound."""
        return self._turn.rate_hz

    @property
    def text(self) -> str:
        """The words, as far as they are known."""
        return self._turn.text

    async def pieces(self) -> AsyncGenerator[LivePiece, None]:
        """Yield sound and words as they come, until all was heard or no more comes; once."""
        turn, shown = self._turn, ""
        self._session.begin_to_play(turn)
        until_s: float | None = None
        while True:
            while (sound := turn.next_sound()) is not None:
                for part, ms, heard in self._cut(sound):
                    while self._given_ms - turn.heard_ms > AHEAD_MS and not turn.is_stopped:
                        await self._session.news.next()
                    if turn.is_stopped:
                        break
                    self._given_ms += ms
                    yield LivePiece(part, turn.text, heard)
            if turn.text != shown:
                shown = turn.text
                yield LivePiece(b"", shown, _nothing)
            if turn.failure:
                return
            if turn.is_over and until_s is None and turn.unheard_s < 0.001:
                self._session.heard_all(turn)
                until_s = now_s() + LAST_WORDS_S
            if until_s is not None and (turn.is_text_complete or now_s() >= until_s):
                break
            await self._session.news.next(None if until_s is None else until_s - now_s())
        turn.is_done = True
        self._session.news.tell()

    def _cut(self, sound: ReplySound) -> Iterator[tuple[bytes, float, Callable[[], None]]]:
        """Yield a piece of the server's in short ones: sound, milliseconds, and what to call once
        it was heard; the last of them acknowledges the whole.
        """
        pcm, rate_hz = sound.pcm, sound.rate_hz
        if pcm and rate_hz != self.rate_hz:
            pcm, rate_hz = (
                samples_to_pcm(convert(pcm_to_samples(pcm), rate_hz, self.rate_hz)),
                self.rate_hz,
            )
        step = 2 * rate_hz * PIECE_MS // 1000
        for at in range(0, max(1, len(pcm)), step):
            part = pcm[at : at + step]
            ms = length_ms(sound) * len(part) / len(pcm) if pcm else 0.0
            whole = sound if at + step >= len(pcm) else None
            yield part, ms, partial(self._heard, ms, whole)

    def _heard(self, ms: float, whole: ReplySound | None) -> None:
        self._turn.heard(ms)
        if whole is not None:
            self._session.heard(self._turn, whole)
        self._session.news.tell()


def _nothing() -> None:
    """Words alone are not heard."""
