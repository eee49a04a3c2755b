"""Trains the starter brain from nothing and writes brain.gguf.

python -m models.starter.train --help   says what each choice costs.
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
from torch import Tensor

from models.starter import chat, export, tokenizer
from models.starter.corpus import Corpus, Example, open_corpus
from models.starter.description import HERE
from models.starter.model import IGNORED, Brain, Shape

CACHE = Path.home() / ".cache" / "xtalk-edge" / "starter"
TOKENIZER_EXAMPLES = 60_000
POOL_BATCHES = 40
"""Batches sorted by length together, so that short sentences are not padded to long ones."""

VALIDATION_SEED = 1_000_003
SAVE_EVERY_STEPS = 100
WARM_UP_STEPS = 200


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Return the rate of one step: a short rise, then a cosine to a twentieth."""
    if step < WARM_UP_STEPS:
        return peak * (step + 1) / WARM_UP_STEPS
    done = (step - WARM_UP_STEPS) / max(1, steps - WARM_UP_STEPS)
    return peak * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def plain_text(example: Example) -> str:
    """Return an example as the merges should see it: without the tokens that are added whole."""
    text = example.prompt() + example.answer
    for token in (*chat.CONTROL, *chat.VISIBLE):
        text = text.replace(token, "\n")
    return text


def encode(example: Example, words: Tokenizer) -> tuple[list[int], int]:
    """Return an example's tokens and how many of them are the prompt."""
    asked = words.encode(example.prompt()).ids
    return asked + words.encode(example.answer + chat.END).ids, len(asked)


def batches(corpus: Corpus, words: Tokenizer, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (inputs, targets) for ever; targets outside the answers are IGNORED."""
    pad = tokenizer.number(words, chat.PAD)
    stream = iter(corpus)
    while True:
        pool = [encode(e, words) for e in itertools.islice(stream, size * POOL_BATCHES)]
        pool.sort(key=lambda pair: len(pair[0]))
        groups = [pool[i : i + size] for i in range(0, len(pool), size)]
        corpus.rng.shuffle(groups)
        for group in groups:
            width = max(len(ids) for ids, _ in group)
            tokens = torch.full((size, width), pad)
            targets = torch.full((size, width), IGNORED)
            for row, (ids, asked) in enumerate(group):
                tokens[row, : len(ids)] = torch.tensor(ids)
                targets[row, asked : len(ids)] = torch.tensor(ids[asked:])
            yield tokens[:, :-1], targets[:, 1:]


def validation_loss(model: Brain, words: Tokenizer, size: int) -> float:
    """Return the mean loss on four batches of unseen draws."""
    model.eval()
    with torch.no_grad():
        unseen = itertools.islice(batches(open_corpus(VALIDATION_SEED), words, size), 4)
        losses = [model.loss(*batch).item() for batch in unseen]
    model.train()
    return sum(losses) / len(losses)


def open_tokenizer(cache: Path, seed: int) -> Tokenizer:
    """Return the cached tokenizer, or train it on the corpus first."""
    path = cache / "tokenizer.json"
    if not path.exists():
        sample = itertools.islice(open_corpus(seed), TOKENIZER_EXAMPLES)
        print(f"tokenizer: learning merges from {TOKENIZER_EXAMPLES} examples", flush=True)
        tokenizer.train(map(plain_text, sample)).save(str(path))
    return tokenizer.load(path)


def train(options: argparse.Namespace, words: Tokenizer) -> Brain:
    """Return the trained network; continues from the cache's checkpoint if there is one."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rows = math.ceil(words.get_vocab_size() / 32) * 32
    model = Brain(Shape(rows, options.width, options.layers, options.heads, options.hidden),
                  options.dropout)  # fmt: skip
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
        lr=options.rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip
    saved = options.cache / "checkpoint.pt"
    first = 0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
        print(f"resuming at step {first}", flush=True)
    print(f"{model.parameter_count():,} parameters, {options.steps} steps", flush=True)
    # A resumed run draws new examples: the corpus is endless, none need be seen twice.
    stream = batches(open_corpus(options.seed + first), words, options.batch)
    model.train()
    began_at_s, seen, smooth = time.monotonic(), 0, 0.0
    for step in range(first, options.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options.steps, options.rate)
        tokens, targets = next(stream)
        with torch.autocast("cpu", torch.bfloat16):
            loss = model.loss(tokens, targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen += tokens.numel()
        smooth = loss.item() if step == first else 0.98 * smooth + 0.02 * loss.item()
        if (step + 1) % 50 == 0:
            took_s = time.monotonic() - began_at_s
            left_s = took_s / (step + 1 - first) * (options.steps - step - 1)
            print(
                f"step {step + 1}/{options.steps}  loss {smooth:.4f}  "
                f"{seen / took_s:.0f} tokens/s  {left_s / 60:.1f} min left",
                flush=True,
            )
        if (step + 1) % SAVE_EVERY_STEPS == 0:
            partial = saved.with_suffix(".partial")
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                        "step": step + 1}, partial)  # fmt: skip
            partial.replace(saved)
    print(f"validation loss {validation_loss(model, words, options.batch):.4f}", flush=True)
    return model


def parse_options() -> argparse.Namespace:
    """Return the command line's choices."""
    parser = argparse.ArgumentParser(
        description="Train the starter brain on the starter commands and write brain.gguf.",
        epilog="Stop it at any time: the same command goes on from the last checkpoint. "
        "Delete the cache folder to begin again, and after any change of the corpus's words.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--steps", type=int, default=5600, help="more is better, up to a point")
    parser.add_argument("--batch", type=int, default=48, help="examples a step")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--dropout", type=float, default=0.0, help="share of activations dropped")
    parser.add_argument("--width", type=int, default=256, help="of the network; a multiple of 32")
    parser.add_argument("--layers", type=int, default=4, help="depth of the network")
    parser.add_argument("--heads", type=int, default=8, help="attention heads a layer")
    parser.add_argument("--hidden", type=int, default=704, help="of SwiGLU; a multiple of 32")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same corpus")
    parser.add_argument("--cache", type=Path, default=CACHE, help="tokenizer and checkpoint")
    parser.add_argument("--out", type=Path, default=HERE / "brain.gguf", help="model to write")
    return parser.parse_args()


def main() -> None:
    """Train, export, and evaluate if llama-cpp-python is installed."""
    options = parse_options()
    options.cache.mkdir(parents=True, exist_ok=True)
    words = open_tokenizer(options.cache, options.seed)
    model = train(options, words)
    weights = {name: p.detach().float().numpy() for name, p in model.named_parameters()}
    summary = f"{model.parameter_count():,} parameters, {options.steps} steps of {options.batch}"
    export.write(options.out, model.shape, weights, words, summary)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB", flush=True)
    try:
        from models.starter import evaluate
    except ImportError as exc:
        print(f"not evaluated: {exc}; pip install llama-cpp-python, then "
              "python -m models.starter.evaluate")  # fmt: skip
    else:
        evaluate.report(options.out)


if __name__ == "__main__":
    main()
