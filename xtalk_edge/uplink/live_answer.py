"""A server's spoken reply on its way to the loudspeaker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from functools import partial

from xtalk_edge.audio.format import pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.live_speech import LivePiece
from xtalk_edge.audio.resample import convert
from xtalk_edge.clock import now_s
from xtalk_edge.uplink.full_session import FullSession
from xtalk_edge.uplink.full_turn import FullTurn, length_ms
from xtalk_edge.uplink.xtalk_facts import ReplySound

PIECE_MS = 100
"""Early servers send a sentence in one message, and how much of it was heard is to be known."""
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
                for piece in self._cut(sound):
                    yield piece
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

    def _cut(self, sound: ReplySound) -> Iterator[LivePiece]:
        """Yield a piece of the server's in short ones; the last of them acknowledges it."""
        pcm, rate_hz = sound.pcm, sound.rate_hz
        if pcm and rate_hz != self.rate_hz:
            pcm, rate_hz = (
                samples_to_pcm(convert(pcm_to_samples(pcm), rate_hz, self.rate_hz)),
                self.rate_hz,
            )
        step = 2 * rate_hz * PIECE_MS // 1000
        parts = [pcm[at : at + step] for at in range(0, len(pcm), step)] or [b""]
        for number, part in enumerate(parts, start=1):
            ms = length_ms(sound) * len(part) / len(pcm) if pcm else 0.0
            whole = sound if number == len(parts) else None
            yield LivePiece(part, self._turn.text, partial(self._heard, ms, whole))

    def _heard(self, ms: float, whole: ReplySound | None) -> None:
        self._turn.heard(ms)
        if whole is not None:
            self._session.heard(self._turn, whole)
        self._session.news.tell()


def _nothing() -> None:
    """Words alone are not heard."""
