"""Opens a sound device anew: one that went away, once it is back, and one that gives nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from xtalk_edge.audio.card import Card
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import CardLost, CardOpened, Event

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""Looking for devices takes tens of milliseconds; a plug is put back within seconds."""


def opened(card: Card) -> CardOpened:
    """Return what is to be told of a card that runs."""
    return CardOpened(
        name=card.name,
        rate_hz=card.rate_hz,
        block_ms=1000 * card.block_frames / card.rate_hz,
        latency_ms=1000 * card.latency_s,
    )


class CardReturn:
    """Knows whether a card runs, is being waited for, or is over.

    Args:
        card: the card.
        patience_s: how long it is waited for.
        post: publishes an event from the ear's thread.
    """

    def __init__(self, card: Card, patience_s: float, post: Callable[[Event], None]) -> None:
        self._card = card
        self._patience_s = patience_s
        self._post = post
        self._lost_s: float | None = None
        self._retry_s = 0.0
        self._order: Callable[[float], None] | None = None
        self._failed: str | None = None
        """Why a device that was to be opened anew could not be."""
        self.lost = ""
        """Why there is no device; "" while there is one. From any thread."""
        self.attempts = 0
        """How often one that went away was looked for. From any thread."""

    def renew(self) -> None:
        """Let the stream be opened anew with the ear's next step; from any thread."""
        self._order = self._card.renew

    def look_anew(self) -> None:
        """Let the device be looked for anew with the ear's next step; from any thread."""
        self._order = self._card.reopen

    def over(self, now_s: float) -> str | None:
        """Return why nothing more will come, None while something may (ear's thread)."""
        order, self._order = self._order, None
        if order is not None and self._lost_s is None:
            self._obey(order, now_s)
        ended = self._card.ended()
        reason = ended or self._failed
        if reason is None:
            return None
        if (ended is not None and not self._card.may_return) or self._patience_s == 0:
            return reason
        if self._lost_s is None:
            self._lost_s, self._retry_s = now_s, now_s + RETRY_S
            self.lost = reason
            log.warning("%s: %s; waiting for it", self._card.name, reason)
            self._post(CardLost(reason=reason))
        elif now_s - self._lost_s >= self._patience_s:
            return reason
        elif now_s >= self._retry_s:
            self._retry_s = now_s + RETRY_S
            self._try(now_s)
        return None

    def _obey(self, order: Callable[[float], None], now_s: float) -> None:
        """Open a device anew that seems to be there; the conversation may go on with it."""
        try:
            order(now_s)
        except DeviceError as error:
            self._failed = str(error)

    def _try(self, now_s: float) -> None:
        self.attempts += 1
        try:
            self._card.reopen(now_s)
        except DeviceError as error:
            log.info("%s", error)
            return
        self._lost_s, self._failed, self.lost = None, None, ""
        log.warning("%s is back", self._card.name)
        self._post(opened(self._card))
