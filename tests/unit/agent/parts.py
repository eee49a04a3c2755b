"""What the agent's tests share: scripts for tiny models, a tool that remembers, questions."""

import asyncio

from tests.tiny_gguf import END
from xtalk_edge.engines.interfaces import AgentContext, ToolResult

SOUND = {"\n": "S", "S": "o", "o": "u", "u": "n", "n": "d", "d": "."}
"""Says "Sound." to everything."""

CALLS = {"\n": "<tool_call>", "<tool_call>": "{", "}": "\n", "</tool_call>": END}
"""Calls a tool; the grammar of a single tool decides the rest."""

STAMP = "[Wednesday, 30 September 2026, 23:59] "
"""The longest date; the vocabulary has one token a byte."""

PLAIN = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
    "<|im_start|>assistant\n"
)


class Tools:
    """One tool; remembers what ran."""

    def __init__(
        self, name="get_time", properties=None, content="It's 4:10 PM.", ok=True, effects=False
    ):
        parameters = {"type": "object", "properties": properties or {}}
        self.schema = {"type": "function", "function": {"name": name, "parameters": parameters}}
        self.result = (content, ok)
        self.effects = effects
        self.proposed = []
        self.ran = []

    def schemas(self):
        return [self.schema]

    def has_effects(self, name):
        return self.effects

    def propose(self, call):
        self.proposed.append(call)
        return f"Should I {call.name}?"

    async def run(self, call):
        self.ran.append(call)
        content, ok = self.result
        return ToolResult(call.name, content, ok)


async def answer(agent, text="hello there", type="asr_final"):
    return [piece async for piece in agent.async_accept(AgentContext(type, text))]


def said(agent, text="hello there", type="asr_final"):
    pieces = asyncio.run(answer(agent, text, type))
    return "".join(piece for piece in pieces if isinstance(piece, str))
