"""The gateway of an early server: it knows nothing of texts."""

from __future__ import annotations

from tests.xtalk_stand_in.managers import StockManager


class TextMsgHandler(StockManager):
    """Passes over every text message that the stand-in has no use for."""
