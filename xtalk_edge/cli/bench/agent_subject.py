"""The model under measurement, with the prompts the agent would write for it."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.clock_line import ClockLine
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.agent.llama import STARTER_NAME
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.persona import PERSONA
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.agent.sampling import TokenChooser
from xtalk_edge.engines.agent.stamp import Stamp
from xtalk_edge.errors import ModelError
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

from .made_model import TEMPLATE, Shape, write_model

REPLY_TOKENS = 160
"""Room that the agent leaves for a reply."""

QUESTION = "how long do i have to boil an egg when i want it soft but not runny"
"""As long as a question gets; read ahead up to its end."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What this process keeps in memory, in megabytes."""

    whole_mb: float
    own_mb: float
    """Which nobody else can use."""

    file_mb: float
    """Which is on disk too: the system takes it back when memory is short."""


def memory() -> Memory:
    """Return it as the kernel counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kb = dict(line.split(":", 1) for line in lines)
    return Memory(
        *(
            round(int(kb[name].split()[0]) / 1024, 1)
            for name in ("VmRSS", "RssAnon", "RssFile")
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loading:
    """What it takes to load a model."""

    seconds: float
    before: Memory
    after: Memory


class Subject:
    """A loaded model; `close` frees it.

    Args:
        path: the model.
        tools: how many of the built-in tools are described to it.
        context_tokens: size of the context.
        threads: cores to use; 0 for all but one.
    """

    def __init__(self, path: Path, tools: int, context_tokens: int, threads: int) -> None:
        before, began_s = memory(), time.perf_counter()
        self.model = LlamaModel(path, context_tokens=context_tokens, threads=threads)
        took_s = time.perf_counter() - began_s
        self.loading = Loading(round(took_s, 2), before, memory())
        self.never = AbortFlag()
        """A flag that nobody sets."""

        self.chooser = TokenChooser(0.0, 0)
        starter = self.model.figure("general.name") == STARTER_NAME
        self.prompts = Prompts(
            self.model,
            PERSONA,
            Conversation(0),
            None if starter else Stamp(ClockLine()),
            reply_tokens=min(REPLY_TOKENS, self.model.context_tokens // 4),
        )
        self.schemas = schemas(tools)
        self.prompts.use_tools(self.schemas)

    def prompt(self) -> list[int]:
        """Return what the model reads of the question and all before it."""
        return self.prompts.fitted(self.prompts.turn(QUESTION))

    def forget(self) -> None:
        """Leave nothing in the cache that a prompt begins with."""
        self.read(self.model.tokenize("x")[-1:])

    def read(self, tokens: list[int]) -> None:
        """Make the cache hold just these tokens; an empty prefix stays what it is."""
        if tokens:
            self.model.evaluate(tokens, self.never)
        else:
            self.forget()

    def read_ahead(self, text: str) -> None:
        """Do what the agent does on a partial text."""
        self.read(self.prompts.certain(text))
        self.read(self.prompts.fitted(self.prompts.turn(text)))

    def choose(self) -> int:
        """Return the next token, with the work the agent has of it."""
        token, _ = self.chooser.choose(self.model.logits())
        self.model.piece(token)
        return token

    def close(self) -> None:
        """Free the model."""
        self.model.close()


def schemas(tools: int) -> list[dict[str, Any]]:
    """Return the descriptions of so many built-in tools."""
    return [tool.schema() for tool in BUILTIN_TOOLS[:tools]]


@contextlib.contextmanager
def made_model(shape: Shape, tools: int, tell: Callable[[str], None]) -> Iterator[Path]:
    """Write a model with random weights; it is deleted at the end, however that comes.

    Raises:
        ModelError: there is no room for it.
    """
    known_text = f"{PERSONA} {QUESTION} {json.dumps(schemas(tools))} {TEMPLATE}"
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as folder:
        path = Path(folder) / "random.gguf"
        try:
            for part in write_model(path, shape, known_text):
                tell(f"writing a model with random weights: {part:.0%}")
        except OSError as error:
            raise ModelError(
                f"a model cannot be written to {folder}: {error.strerror}; "
                "set TMPDIR to a folder with room for 400 MB"
            ) from error
        yield path
