"""A dozen harmless jokes, none told twice running."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool

JOKES = (
    "I asked the kettle for advice. It said it would let me know once it had calmed down.",
    "My clock and I had an argument. It said time would tell, and then it did.",
    "The toaster wanted to be a musician, but all it could do was pop.",
    "I tried to count all my friends on the network. Then somebody pulled out the cable.",
    "Why did the microphone go home early? It had heard enough.",
    "The fridge told me a secret, but I can't repeat it. It would leave everyone cold.",
    "Why are timers so brave? They keep going right up to the end.",
    "My neighbour the door bell is very modest. It never opens up, it just rings true.",
    "I wanted to learn to swim, but my data sheet says I'm only splash proof.",
    "Why did the battery stay in bed? It felt a little flat.",
    "The light switch and I are very different. It has its ups and downs, and I just talk.",
    "I once told a joke to a wall. It didn't laugh, but there was a nice echo.",
)


@tool("Tell a joke.", help="tell a joke")
async def tell_joke(context: ToolContext) -> str:
    """Return a joke other than the last one."""
    others = [index for index in range(len(JOKES)) if index != context.last_joke]
    context.last_joke = context.choose.choice(others)
    return JOKES[context.last_joke]
