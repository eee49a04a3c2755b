"""Whether a streaming model's tokens are those it means, found out before sherpa-onnx ends over
them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from xtalk_edge.engines.asr.sherpa_kinds import CURE, StreamingModel
from xtalk_edge.engines.tokens_file import read_tokens
from xtalk_edge.errors import ModelError

_BLANKS = frozenset({"<blk>", "<eps>", "<blank>"})


def check_tokens(path: Path, model: StreamingModel) -> None:
    """Return if sherpa-onnx can read the tokens and the model means them.

    Raises:
        ModelError: they cannot be read, are not numbered from 0 on, lack a blank, or are not as
            many as the model's.
    """
    tokens = read_tokens(path, CURE)
    if sorted(number for _, number in tokens) != list(range(len(tokens))):
        raise ModelError(f"{path}: the tokens are not numbered from 0 on; {CURE}")
    symbols = {symbol for symbol, _ in tokens}
    if symbols.isdisjoint(_BLANKS):
        raise ModelError(f"{path}: none of the tokens is <blk>; {CURE}")
    # Lexicons number the marks that tell homophones apart behind the tokens: "#0", "#1".
    marks = sum(symbol.startswith("#") and symbol[1:].isdecimal() for symbol in symbols)
    if model.tokens and not model.tokens <= len(tokens) <= model.tokens + marks:
        raise ModelError(
            f"{path} has {len(tokens)} tokens and {model.path.name} tells {model.tokens} apart; "
            "they do not belong together"
        )


@contextlib.contextmanager
def any_tokens(model: StreamingModel) -> Iterator[Path]:
    """Give a file with as many tokens as the model has: "<blk>", "t1", "t2" and so on.

    Whether an owner's tokens fit is a check of its own, and a check of the model needs some.
    """
    count = model.tokens or 1 << 16
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.txt"
        lines = [f"t{number} {number}\n" for number in range(1, count)]
        path.write_text("".join(["<blk> 0\n", *lines]), encoding="utf-8")
        yield path
