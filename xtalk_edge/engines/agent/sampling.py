"""Chooses the next token from the logits, freely or within a grammar."""

from __future__ import annotations

import ctypes
import math
from types import TracebackType
from typing import Any, Self

import llama_cpp as ll
import numpy as np

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.llama_model import LlamaModel, Logits
from xtalk_edge.errors import EngineError

MIN_P = 0.05
"""Words less than a twentieth as likely as the best one are noise from a small model."""

LIKELY = 256
"""Tokens a grammar is asked about first: what a model means is nearly always among them."""

SLICE = 4096
"""Tokens asked about at a time: 1 ms of work, of 30 for the 151,936 of Qwen3, on a laptop."""

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""Memory layout of `llama_token_data`."""


class Grammar:
    """A grammar at one point of a text; free its memory by leaving the `with` block."""

    def __init__(self, model: LlamaModel, text: str) -> None:
        self._sampler = ll.llama_sampler_init_grammar(model.vocab, text.encode(), b"root")
        if not self._sampler:
            raise EngineError("llama.cpp does not accept the grammar of the tools")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ll.llama_sampler_free(self._sampler)

    def allows(self, token: int) -> bool:
        """Tell whether the token may come next; much quicker than masking the whole vocabulary."""
        return bool(np.isfinite(self._applied(np.array([token], np.int32), np.zeros(1))[0]))

    def masked(
        self, logits: Logits, *, margin: float = math.inf, flag: AbortFlag | None = None
    ) -> Logits:
        """Return the logits with every forbidden token at minus infinity.

        Args:
            logits: of the whole vocabulary.
            margin: tokens that are this much below the best allowed one may be missing, too.
            flag: ends the work; what was not looked at by then is missing.
        """
        result = np.full_like(logits, -np.inf)
        likely = np.argpartition(logits, -LIKELY)[-LIKELY:] if len(logits) > LIKELY else None
        if likely is not None:
            result[likely] = self._applied(likely, logits[likely])
            if result.max() - margin >= logits[likely].min():
                return result
        for start in range(0, len(logits), SLICE):
            if flag is not None and flag.is_set():
                break
            slice_ = slice(start, start + SLICE)
            ids = np.arange(len(logits), dtype=np.int32)[slice_]
            result[slice_] = self._applied(ids, logits[slice_])
        return result

    def accept(self, token: int) -> None:
        """Move on past an allowed token."""
        ll.llama_sampler_accept(self._sampler, token)

    def _applied(self, ids: Any, logits: Any) -> Logits:
        candidates = np.zeros(len(ids), _CANDIDATE)
        candidates["id"] = ids
        candidates["logit"] = logits
        data = candidates.ctypes.data_as(ll.llama_token_data_p)
        array = ll.llama_token_data_array(data, len(ids), -1, False)
        ll.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return candidates["logit"].astype(np.float32)


class TokenChooser:
    """Picks tokens; the same seed and logits give the same picks."""

    def __init__(self, temperature: float, seed: int) -> None:
        self._temperature = temperature
        self._random = np.random.default_rng(seed)

    def choose(
        self, logits: Logits, grammar: Grammar | None = None, flag: AbortFlag | None = None
    ) -> tuple[int, float]:
        """Return a token and the probability the model gave it before any grammar.

        A token that was chosen after the flag was set means nothing.

        Raises:
            EngineError: the grammar allows no token at all.
        """
        token = self._pick(logits)
        if grammar is not None:
            if not grammar.allows(token):
                # What `_pick` would drop need not be looked at.
                margin = -self._temperature * math.log(MIN_P)
                masked = grammar.masked(logits, margin=margin, flag=flag)
                if flag is not None and flag.is_set():
                    return token, 0.0
                if not np.isfinite(masked).any():
                    raise EngineError("the model has no token for a tool call; use another model")
                token = self._pick(masked)
            grammar.accept(token)
        return token, float(_probabilities(logits)[token])

    def _pick(self, logits: Logits) -> int:
        if self._temperature <= 0:
            return int(np.argmax(logits))
        weights = _probabilities(logits / self._temperature)
        weights[weights < MIN_P * weights.max()] = 0.0
        return int(self._random.choice(len(weights), p=weights / weights.sum()))


def _probabilities(logits: Logits) -> Any:
    weights = np.exp(logits.astype(np.float64) - logits.max())
    return weights / weights.sum()
