"""Rewriters on any chat model in GGUF form, through llama.cpp.

Each has a model and a context of its own: the agent's own would have to be read anew after every
text. It is read in chunks, and stopped between any two operations of the network.
"""

from __future__ import annotations

from typing import ClassVar

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.generation import Generation
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.prompt import ChatTemplate, Message, harmless
from xtalk_edge.engines.agent.sampling import TokenChooser
from xtalk_edge.engines.interfaces import Rewriter
from xtalk_edge.engines.parameters import check_least
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.errors import EdgeError, ModelError
from xtalk_edge.models.shelf import named_file

_LEAST = {"context_tokens": 128, "threads": 0, "gpu_layers": -1, "max_tokens": 1}
"""The least a setting may be."""


class LlamaRewriter(Rewriter):
    """Rewrites by an instruction.

    Args:
        model: a fetched model's name, or its file.
        instruction: what is to be made of a text; "" for the slot's own.
        context_tokens: size of the context; never more than the model was trained for.
        threads: cores to use; 0 for all but one.
        gpu_layers: layers to put on the graphics processor; -1 for all, where there is one.
        max_tokens: where the new text ends at the latest.

    Raises:
        ConfigError: a setting is out of its range.
        ModelError: the model is missing, damaged, of the wrong kind, or has too small a context.
    """

    SLOT: ClassVar[str]
    INSTRUCTION: ClassVar[str]

    computes_by = "llama.cpp"

    def __init__(
        self,
        model: str,
        instruction: str = "",
        context_tokens: int = 1024,
        threads: int = 0,
        gpu_layers: int = -1,
        max_tokens: int = 64,
    ) -> None:
        settings = {"context_tokens": context_tokens, "threads": threads,
                    "gpu_layers": gpu_layers, "max_tokens": max_tokens}  # fmt: skip
        check_least(self.SLOT, _LEAST, settings)
        path = named_file(model, ".gguf")
        preflight(path, "gguf")
        self._instruction = instruction or self.INSTRUCTION
        self._flag = AbortFlag()
        self._model = LlamaModel(
            path, context_tokens=context_tokens, threads=threads, gpu_layers=gpu_layers
        )
        try:
            self._template = ChatTemplate(
                self._model.chat_template(),
                bos=self._model.mark("bos"),
                eos=self._model.mark("eos"),
            )
            self._room = self._model.context_tokens - max_tokens
            if len(self._prompt("")) >= self._room:
                raise ModelError(
                    f"{path}: the instruction and {max_tokens} tokens of text do not fit a context "
                    f"of {self._model.context_tokens} tokens; use another model"
                )
        except EdgeError:
            self.close()
            raise
        self._generation = Generation(
            self._model, TokenChooser(0.0, seed=0), max_reply_tokens=max_tokens
        )

    def rewrite(self, input: str) -> str:
        """Return the text rewritten; of one that is too long the end counts."""
        if not input.strip():
            return ""
        flag = self._flag = AbortFlag()
        text = self._without_marks(input.encode("utf-8", "replace").decode())
        prompt = self._prompt(text)
        while len(prompt) > self._room:
            text = text[(len(text) + 1) // 2 :]
            prompt = self._prompt(text)
        # A call of a tool is no text, and ends it.
        pieces = [item for item in self._generation.run(prompt, flag) if isinstance(item, str)]
        return "" if flag.is_set() else harmless("".join(pieces))

    def abort(self) -> None:
        """End the rewriting under way."""
        self._flag.set()

    def close(self) -> None:
        """Stop the model and free it."""
        self.abort()
        self._model.close()

    def _prompt(self, text: str) -> list[int]:
        messages = [Message("system", self._instruction), Message("user", text)]
        return self._model.tokenize(self._template.render(messages))

    def _without_marks(self, text: str) -> str:
        """Return the text so that it cannot speak in another's role."""
        marked = any(map(self._model.is_mark, self._model.tokenize(text)))
        return harmless(text) if marked else text


class LlamaCaptionRewriter(LlamaRewriter):
    """Makes one scene of several captions."""

    SLOT = "caption_rewriter"
    INSTRUCTION = (
        "The user gives you what was heard in a room in the last seconds, the oldest first. "
        "Describe the scene in one short sentence, and add nothing that was not heard. "
        "Answer with the sentence only."
    )


class LlamaThoughtRewriter(LlamaRewriter):
    """Makes a short note of a conversation."""

    SLOT = "thought_rewriter"
    INSTRUCTION = (
        "The user gives you your last note about a conversation, in <thought>, and the "
        "conversation since, in <chat>. Write the new note, in one or two short sentences: what "
        "the user is doing, wants and has running. Keep names and numbers, and drop what is over. "
        "Answer with the note only."
    )
