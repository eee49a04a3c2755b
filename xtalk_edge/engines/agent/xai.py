"""xAI's language models: the agent of OpenAI's interface with settings that suit that service."""

from __future__ import annotations

import inspect
from typing import Any

from xtalk_edge.engines.agent.openai import OpenAIAgent

USUAL: dict[str, Any] = {
    "base_url": "https://api.x.ai/v1",
    # Of their models it is the one that answers at once: it does not think before.
    "model": "grok-4-1-fast-non-reasoning",
    "api_key": "env:XAI_API_KEY",
    "temperature": 0.7,
}
"""What xAI's own plug-ins use."""


class XAIAgent(OpenAIAgent):
    """Answers with a model of xAI's and the tools of this device; settings as of `OpenAIAgent`."""

    __signature__ = inspect.signature(OpenAIAgent).replace(
        parameters=[
            each.replace(default=USUAL.get(name, each.default))
            for name, each in inspect.signature(OpenAIAgent).parameters.items()
        ]
    )

    def __init__(self, **settings: Any) -> None:
        super().__init__(**USUAL | settings)
