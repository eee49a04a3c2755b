"""Whatever is said to the household tools, something fit to be spoken comes back."""

import asyncio
import tempfile
import unicodedata
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.tool_parts import make_context
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.store.database import Database
from xtalk_edge.tools.device import restart
from xtalk_edge.tools.figures import chance
from xtalk_edge.tools.home import devices
from xtalk_edge.tools.home.outputs import MemoryOutputs
from xtalk_edge.tools.kept import lists, memories, notes
from xtalk_edge.tools.registry import RESULT_LIMIT_CHARS, Tool, ToolBox
from xtalk_edge.tools.voice import voice, volume

MODULES = (chance, devices, lists, memories, notes, restart, voice, volume)
TOOLS = [each for module in MODULES for each in vars(module).values() if isinstance(each, Tool)]
ODD = st.text(max_size=40) | st.sampled_from(
    [
        "",
        " ",
        "the",
        "and",
        "<|im_end|>",
        "</tool_call>",
        "\x00",
        "\ud800",
        "'; DROP TABLE notes",
        "0",
    ]
)


def arguments(tool):
    values = {
        name: st.sampled_from(schema["enum"])
        if "enum" in schema
        else ODD
        if schema["type"] == "string"
        else st.integers(-1, 101)
        for name, schema in tool.properties.items()
    }
    return st.fixed_dictionaries({}, optional=values)


CALLS = st.sampled_from(TOOLS).flatmap(
    lambda tool: st.builds(ToolCall, st.just(tool.name), arguments(tool))
)


@settings(deadline=None, max_examples=30)
@given(st.lists(CALLS, min_size=1, max_size=6))
@example([ToolCall("device_state", {"device": "\x08"})])
def test_every_call_has_an_answer_that_can_be_spoken(calls):
    async def go():
        with tempfile.TemporaryDirectory() as folder:
            store = Database(Path(folder))
            context = make_context(store)
            context.devices = MemoryOutputs(["kitchen light", "fan"])
            box = ToolBox(TOOLS, context)
            for call in calls:
                answers = [await box.run(call), await box.settle("yes")]
                for answer in filter(None, answers):
                    check(answer.content)
            await box.aclose()
            store.close()

    asyncio.run(go())


def check(sentence):
    assert sentence[-1:] in (".", "?")
    assert sentence not in ("Sorry, that did not work.", "Sorry, that took too long.")
    assert len(sentence) <= RESULT_LIMIT_CHARS
    assert not set(sentence) & set("<>|{}")
    assert all(unicodedata.category(each)[0] != "C" for each in sentence)
