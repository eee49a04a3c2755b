"""A conversation with tools: calls and the owner's answers, one after another."""

from tests.unit.tool_parts import TEN_PAST_FOUR, make_context
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.store.database import Database
from xtalk_edge.tools.registry import ToolBox


def talk(tmp_path, tools, *turns, dry_run=False, **wiring):
    """Return what is said to each turn: a call as (name, arguments), or an answer in words.

    `wiring` replaces fields of the tools' context.
    """

    async def go():
        store = Database(tmp_path)
        context = make_context(store)
        for name, value in wiring.items():
            setattr(context, name, value)
        box = ToolBox(tools, context, dry_run=dry_run)
        said = []
        for turn in turns:
            if isinstance(turn, str):
                result = await box.settle(turn)
            else:
                result = await box.run(ToolCall(turn[0], turn[1]))
            said.append(result.content if result is not None else None)
        await box.aclose()
        store.close()
        return said

    return run_virtual(go(), TEN_PAST_FOUR)
