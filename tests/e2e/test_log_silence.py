"""Above DEBUG a log holds no word that was spoken, whatever happens; and a conversation of the
starter kit reaches for no network."""

import asyncio
import logging
import re
import socket
from pathlib import Path

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from tests.scripted import FAILURE
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.events import ASRResultFinal, ErrorOccurred, TTSPlaybackFinished

SPOKEN = [
    "zebra marmalade",
    "remember the walrus",
    "quarrel with a pelican",
    FAILURE,
    "go offline",
    "give me the xylophone",
]
"""What is said; no word of it but the small ones is one that a program would log."""

REPLIES = {
    "zebra": "Zebras dislike marmalade.",
    "walrus": '<tool_call>{"name": "add_note", "arguments": {"text": "walrus"}}</tool_call>',
    "xylophone": '<tool_call>{"name": "quote", "arguments": {"what": "xylophone"}}</tool_call>',
}

WORDS = re.compile(
    "zebra|marmalade|walrus|quarrel|pelican|xylophone|dislike|remember the", re.IGNORECASE
)

TOOL = '''
def quote(what: str) -> str:
    """Quote."""
    raise ValueError(f"{what} cannot be had")
'''


class QuotingAgent(ScriptedAgent):
    """Quotes what was said in the errors it raises."""

    def __init__(self):
        super().__init__(REPLIES)

    async def prefill(self, text):
        raise RuntimeError(f"cannot read {text}")

    async def async_accept(self, context):
        if "pelican" in context.text:
            raise LookupError(f"no rule for {context.text}")
        async for piece in super().async_accept(context):
            yield piece


def logged(records):
    """Return what a log shows of records, tracebacks included."""
    form = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    return "\n".join(map(form.format, records))


async def talk_through(folder: Path) -> list[str]:
    """Say everything, and return which errors were contained."""
    own = folder / "own.py"
    own.write_text(TOOL)
    config = settings(
        texts=SPOKEN, agent={"type": f"{__name__}:QuotingAgent"}, store={"state_dir": str(folder)}
    )
    async with conversation(config) as talk:
        talk.appliance.subscribe_event(TTSPlaybackFinished, _stumble)
        for words in SPOKEN:
            await talk.ask()
            # What was not understood is not answered.
            await talk.until(ASRResultFinal if words == FAILURE else TTSPlaybackFinished)
            # Whoever speaks before it listens again is not heard whole.
            await asyncio.sleep(1.0)
        return [each.component for each in talk.all_of(ErrorOccurred)]


def _stumble(event):
    if event.text:
        raise KeyError(event.text)


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []

    def emit(self, record):
        self.records.append(record)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """Return what a conversation came to: its log, the errors contained, the network asked for."""
    kept, reached, components = Kept(), [], set()

    def refuse(self, *address):
        reached.append(address)
        raise OSError("nothing leads out of here")

    @on_virtual_clock
    async def go():
        components.update(await talk_through(tmp_path_factory.mktemp("device")))

    root = logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for how in ("connect", "connect_ex", "sendto"):
                patch.setattr(socket.socket, how, refuse)
            patch.setattr(socket, "getaddrinfo", refuse)
            go()
    finally:
        root.setLevel(level)
        root.removeHandler(kept)
    return kept.records, components, reached


def test_spoken_words_are_in_no_log_above_debug(held):
    records, components, _ = held
    assert {"agent", "asr", "Handler:_stumble"} <= components
    above = [each for each in records if each.levelno > logging.DEBUG]
    assert [each for each in above if each.levelno >= logging.ERROR]
    assert not WORDS.search(logged(above))
    # That the words would be found where they are.
    assert WORDS.search(logged(records))


def test_a_conversation_reaches_for_no_network(held):
    assert held[2] == []
