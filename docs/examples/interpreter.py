"""An interpreter in one file: it says in Spanish what is said in English, while it is being said.

Its agent knows a few words and puts them down one by one, so that it runs without a language model;
with one (agent.model, and agent.persona = "Translate what you are told into Spanish.") it
interprets whatever the model can. The built-in streaming recogniser understands espeak-ng's voice
only; name one that understands people in SETTINGS["asr"].

Run it with: python docs/examples/interpreter.py
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from xtalk_edge import Appliance
from xtalk_edge.engines.interfaces import Agent, AgentContext
from xtalk_edge.events import ASRStableSegmentReady

SETTINGS = {
    "interpret": {"on": True, "segment_words": 5},
    "asr": {"type": "sherpa-streaming"},
    "tts": {"type": "espeak", "voice": "es"},
    "agent": {"type": f"{__file__}:WordByWord"},
}

WORDS = {
    "a": "un", "at": "a", "come": "vienen", "day": "día", "for": "para", "garden": "jardín",
    "good": "buenos", "is": "es", "it": "eso", "light": "luz", "minutes": "minutos",
    "morning": "días", "on": "encima", "set": "pon", "ten": "diez", "the": "el", "time": "tiempo",
    "timer": "reloj", "turn": "gira", "we": "nosotros", "what": "qué",
}  # fmt: skip


class WordByWord(Agent):
    """Puts one word for another; what it does not know stays as it is."""

    async def async_accept(self, context: AgentContext) -> AsyncIterator[str]:
        """Yield the translation of a piece."""
        if context.type == "asr_final":
            yield re.sub(r"\w+", lambda word: WORDS.get(word[0].lower(), word[0]), context.text)


def interpreter() -> Appliance:
    """Return it, ready to be run."""
    appliance = Appliance.from_config(SETTINGS)
    appliance.subscribe_event(ASRStableSegmentReady, lambda piece: print(piece.text))  # noqa: T201
    return appliance


async def main() -> None:
    """Interpret until Ctrl-C."""
    async with interpreter() as appliance:
        await appliance.run()


if __name__ == "__main__":
    asyncio.run(main())
