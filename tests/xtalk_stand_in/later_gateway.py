"""The gateway of a later server: it takes texts by itself."""

from __future__ import annotations

import json
from typing import Any

from tests.xtalk_stand_in.bus import Manager
from tests.xtalk_stand_in.managers import StockManager


class TextMsgHandler(StockManager):
    """Has a text answered as if it had been heard."""

    @Manager.event_handler("WebSocketMessageReceived", priority=90)
    async def _on_message(self, event: Any) -> None:
        message = json.loads(event.message)
        if message.get("action") == "submit_text":
            await self.publish("TurnLLMAgentStopRequested", wait=True)
            await self.publish("ASRResultFinal", text=message["text"], origin="text")
