"""Trains the starter brain from nothing and writes brain.gguf.

python -m models.starter.brain.train --help   says what each choice costs.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.starter import KIT
from models.starter.brain import export, tokenizer
from models.starter.brain.batches import Batch, Batches
from models.starter.brain.model import Brain, Shape
from models.starter.corpus.examples import Example, open_corpus
from models.starter.language import chat

CACHE = Path.home() / ".cache" / "xtalk-edge" / "starter"
TOKENIZER_EXAMPLES = 80_000
VALIDATION_SEED = 1_000_003
VALIDATION_BATCHES = 12
SAVE_EVERY_STEPS = 200
WARM_UP_STEPS = 100
ALL_STEPS = 800
"""Until then nearly everything is new, and choosing would cost more than it saves."""

VECTOR_RATE = 3e-3
"""Peak rate of AdamW, which moves embeddings and norms; Muon moves the matrices."""


def share_of_peak(step: int, steps: int) -> float:
    """Return how much of the peak rate a step gets: a short rise, then a straight fall to none."""
    return min(1.0, (step + 1) / WARM_UP_STEPS, (steps - step) / steps)


def plain_text(example: Example, whole: list[str]) -> str:
    """Return an example as the merges should see it: without the tokens that are added whole."""
    text = example.prompt() + example.target()
    for token in (*chat.CONTROL[::-1], *whole):
        text = text.replace(token, "\n")
    return text


def open_tokenizer(cache: Path, seed: int) -> Tokenizer:
    """Return the cached tokenizer, or train it on the corpus first."""
    path = cache / "tokenizer.json"
    if not path.exists():
        sample = list(itertools.islice(open_corpus(seed), TOKENIZER_EXAMPLES))
        print(f"tokenizer: learning merges from {TOKENIZER_EXAMPLES} examples", flush=True)
        whole = {part for each in sample for part in chat.whole_parts(each.answer)}
        longest_first = sorted(whole, key=len, reverse=True)
        texts = [plain_text(each, longest_first) for each in sample]
        tokenizer.train(texts, whole).save(str(path))
    return tokenizer.load(path)


class Optimizers:
    """Muon for the matrices inside the network, AdamW for all else, one rate for both."""

    def __init__(self, model: Brain, rate: float) -> None:
        inside = [p for p in model.blocks.parameters() if p.ndim > 1]
        taken = {id(p) for p in inside}
        others = [p for p in model.parameters() if id(p) not in taken]
        self._peaks = (rate, VECTOR_RATE)
        self._each: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(inside, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=VECTOR_RATE, weight_decay=0.0, betas=(0.9, 0.98)),
        )

    def step(self, share: float) -> None:
        """Move the network by its gradients at a share of the peak rates, and clear them."""
        for optimizer, peak in zip(self._each, self._peaks, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = share * peak
            optimizer.step()
            optimizer.zero_grad()

    def state(self) -> list[dict[str, object]]:
        """Return what `restore` needs."""
        return [optimizer.state_dict() for optimizer in self._each]

    def restore(self, states: list[dict[str, object]]) -> None:
        """Go on from a saved state."""
        for optimizer, state in zip(self._each, states, strict=True):
            optimizer.load_state_dict(state)


def surprise_of(model: Brain, batch: Batch) -> Tensor:
    """Return the cross-entropy of every target, computed in bfloat16."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        return model.surprise(batch.tokens.to(device), batch.targets.to(device))


def loss_of(model: Brain, batch: Batch) -> Tensor:
    """Return the weighted mean loss of one batch."""
    surprise = surprise_of(model, batch)
    weights = batch.weights.to(surprise.device)
    return (surprise * weights).sum() / weights.sum()


def batches_for(model: Brain, source: Batches, step: int) -> Iterator[Batch]:
    """Yield what to learn from: at first everything, later mostly what is not known yet."""

    def surprise(batch: Batch) -> Tensor:
        with torch.no_grad():
            return surprise_of(model, batch)

    yield from itertools.islice(source.all(), max(0, ALL_STEPS - step))
    yield from source.mostly_hard(surprise)


def validation_loss(model: Brain, words: Tokenizer, budget: int) -> float:
    """Return the mean loss on some batches of unseen draws."""
    with torch.no_grad():
        stream = Batches(open_corpus(VALIDATION_SEED), words, budget).all()
        unseen = itertools.islice(stream, VALIDATION_BATCHES)
        losses = [loss_of(model, batch).item() for batch in unseen]
    return sum(losses) / len(losses)


def train(options: argparse.Namespace, words: Tokenizer) -> Brain:
    """Return the trained network; continues from the cache's checkpoint if there is one."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows = math.ceil(words.get_vocab_size() / 32) * 32
    shape = Shape(rows, options.width, options.layers, options.heads, options.hidden)
    model = Brain(shape, tokenizer.bases(words)).to(device)
    optimizers = Optimizers(model, options.rate)
    saved = options.cache / "checkpoint.pt"
    first = 0
    if saved.exists():
        state = torch.load(saved, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        optimizers.restore(state["optimizers"])
        first = state["step"]
        print(f"resuming at step {first}", flush=True)
    print(f"{model.parameter_count():,} parameters, {options.steps} steps", flush=True)
    # A resumed run draws new examples: the corpus is endless, none need be seen twice.
    source = Batches(open_corpus(options.seed + first), words, options.tokens)
    stream = batches_for(model, source, first)
    began_at_s, smooth = time.monotonic(), 0.0
    for step in range(first, options.steps):
        batch = next(stream)
        loss = loss_of(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(share_of_peak(step, options.steps))
        smooth = loss.item() if step == first else 0.98 * smooth + 0.02 * loss.item()
        if (step + 1) % 50 == 0:
            took_s = time.monotonic() - began_at_s
            left_s = took_s / (step + 1 - first) * (options.steps - step - 1)
            print(
                f"step {step + 1}/{options.steps}  loss {smooth:.4f}  "
                f"{source.drawn / took_s:.0f} sentences/s  {left_s / 60:.1f} min left",
                flush=True,
            )
        if (step + 1) % SAVE_EVERY_STEPS == 0:
            partial = saved.with_suffix(".partial")
            torch.save({"model": model.state_dict(), "optimizers": optimizers.state(),
                        "step": step + 1}, partial)  # fmt: skip
            partial.replace(saved)
    unseen = validation_loss(model, words, options.tokens)
    print(f"validation loss {unseen:.4f}", flush=True)
    return model.cpu()


def parse_options() -> argparse.Namespace:
    """Return the command line's choices."""
    parser = argparse.ArgumentParser(
        description="Train the starter brain on the starter commands and write brain.gguf.",
        epilog="Stop it at any time: the same command goes on from the last checkpoint. "
        "Delete the cache folder to begin again, and after any change of the corpus's words.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--steps", type=int, default=4000, help="more is better, up to a point")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens a step, padding included")
    parser.add_argument("--rate", type=float, default=4e-3, help="peak learning rate of Muon")
    parser.add_argument("--width", type=int, default=256, help="of the network; a multiple of 32")
    parser.add_argument("--layers", type=int, default=6, help="depth of the network")
    parser.add_argument("--heads", type=int, default=8, help="attention heads a layer")
    parser.add_argument("--hidden", type=int, default=704, help="of SwiGLU; a multiple of 32")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same corpus")
    parser.add_argument("--cache", type=Path, default=CACHE, help="tokenizer and checkpoint")
    parser.add_argument("--out", type=Path, default=KIT / "brain.gguf", help="model to write")
    return parser.parse_args()


def main() -> None:
    """Train and export; `calibrate` and `evaluate` come next."""
    options = parse_options()
    options.cache.mkdir(parents=True, exist_ok=True)
    words = open_tokenizer(options.cache, options.seed)
    model = train(options, words)
    summary = f"{model.parameter_count():,} parameters, {options.steps} steps"
    export.write(options.out, model.shape, model.exported(), words, summary)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB", flush=True)
    print("next: python -m models.starter.brain.calibrate, then the same with evaluate")


if __name__ == "__main__":
    main()
