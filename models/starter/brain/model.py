"""The brain's network: a llama-architecture transformer small enough to train on one core.

RoPE turns *neighbouring* pairs (2i, 2i+1), as llama.cpp does for this architecture, so export
copies every matrix as it is: no row permutation to get wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  the name every torch reader knows
from torch import Tensor, nn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IGNORED = -100
"""Target of a token that must not be learnt (cross_entropy's own default)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network; every matrix row is a multiple of 32, Q8_0's block."""

    vocab: int
    width: int = 256
    layers: int = 6
    heads: int = 8
    hidden: int = 704
    context: int = 512
    rope_base: float = 10_000.0
    norm_eps: float = 1e-5

    @property
    def head_width(self) -> int:
        """Return the width of one attention head."""
        return self.width // self.heads


class RmsNorm(nn.Module):
    """Scale a vector to unit root mean square."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x, normalised and weighted."""
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


def rope_tables(shape: Shape) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of every position's angles, each (context, head_width / 2)."""
    steps = torch.arange(0, shape.head_width, 2).float() / shape.head_width
    angles = torch.outer(torch.arange(shape.context).float(), shape.rope_base**-steps)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each neighbouring pair of x (..., time, head_width) by its position's angle."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)


class Block(nn.Module):
    """One layer: attention, then a SwiGLU feed-forward, both with a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.attn_norm = RmsNorm(shape.width, shape.norm_eps)
        self.q = nn.Linear(shape.width, shape.width, bias=False)
        self.k = nn.Linear(shape.width, shape.width, bias=False)
        self.v = nn.Linear(shape.width, shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = RmsNorm(shape.width, shape.norm_eps)
        self.gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Return the layer's output for x (batch, time, width)."""
        x = x + self.attend(self.attn_norm(x), cos, sin)
        y = self.ffn_norm(x)
        fed: Tensor = self.down(F.silu(self.gate(y)) * self.up(y))
        return x + fed

    def attend(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Return causal self-attention over x."""
        batch, time, width = x.shape
        heads = (batch, time, self.shape.heads, self.shape.head_width)
        joined = torch.cat((self.q.weight, self.k.weight, self.v.weight))
        parts = F.linear(x, joined).chunk(3, -1)
        q, k, v = (part.view(heads).transpose(1, 2) for part in parts)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        # Written out: on sentences this short PyTorch's fused attention takes a processor twice
        # the time.
        scores = (q @ k.transpose(-1, -2)) * self.shape.head_width**-0.5
        later = torch.full((time, time), -torch.inf, dtype=q.dtype, device=q.device).triu(1)
        mixed = (scores + later).softmax(-1).to(v.dtype) @ v
        attended: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, time, width))
        return attended


class Brain(nn.Module):
    """Token ids in, next-token logits out; the output matrix is the embedding itself.

    `bases` says which token each token is a form of, with a space before (`tokenizer.bases`). Both
    share one embedding but for a vector that stands for the space, the same for all: so the word
    after a quote is known from the sentence even if it was never seen to be copied.
    """

    cos: Tensor
    sin: Tensor
    bases: Tensor
    spaced: Tensor

    def __init__(self, shape: Shape, bases: Sequence[int]) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.width)
        self.space = nn.Parameter(torch.zeros(shape.width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RmsNorm(shape.width, shape.norm_eps)
        rows = torch.arange(shape.vocab)
        forms = torch.cat((torch.tensor(bases), rows[len(bases) :]))
        for name, values in zip(("cos", "sin"), rope_tables(shape), strict=True):
            self.register_buffer(name, values, persistent=False)
        self.register_buffer("bases", forms, persistent=False)
        self.register_buffer("spaced", (forms != rows).float()[:, None], persistent=False)
        self.apply(self._init)

    def _init(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def table(self) -> Tensor:
        """Return every token's embedding (vocab, width)."""
        return self.embed.weight[self.bases] + self.spaced * self.space

    def hidden(self, tokens: Tensor, table: Tensor) -> Tensor:
        """Return the last layer's normalised output (batch, time, width)."""
        time = tokens.shape[1]
        x = F.embedding(tokens, table)
        for block in self.blocks:
            x = block(x, self.cos[:time], self.sin[:time])
        final: Tensor = self.norm(x)
        return final

    def surprise(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy of every target, 0 where it is IGNORED (batch, time)."""
        kept = targets != IGNORED
        table = self.table()
        # Most positions are prompt: the vocabulary product is spent on the answers only.
        logits = F.linear(self.hidden(tokens, table)[kept], table)
        each = F.cross_entropy(logits.float(), targets[kept], reduction="none")
        return torch.zeros(targets.shape, device=each.device).masked_scatter(kept, each)

    def parameter_count(self) -> int:
        """Return the number of trained values."""
        return sum(p.numel() for p in self.parameters())

    def exported(self) -> dict[str, NDArray[np.float32]]:
        """Return every matrix and vector by name, as `export.write` wants them."""
        values = {name: p.detach().float().numpy() for name, p in self.named_parameters()}
        del values["space"]
        values["embed.weight"] = self.table().detach().float().numpy()
        return values
