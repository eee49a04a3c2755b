"""What all embeddings promise."""

from __future__ import annotations

import contextlib

import numpy as np

from xtalk_edge.engines.promises.promise import Make, Promises, expect

PROMISES = Promises()

TEXTS = ["The filter is behind the flap.", "Water the plants twice a week.", "the filter", "x"]
ODD = ["", " ", "\n\t\x00", "word " * 5_000, "x" * 20_000, "今何時ですか", "\ud800", "<|im_end|>"]

CLOSE = 1e-3
"""Threads add up in another order; half precision has some three digits."""


@PROMISES.that("each text has a vector, finite and of one size")
def vectors(make: Make) -> None:
    """Pass ordinary texts, and look at all of them."""
    with contextlib.closing(make()) as embeddings:
        found = embeddings.embed_documents(TEXTS)
        expect(len(found) == len(TEXTS), f"{len(TEXTS)} texts have {len(found)} vectors")
        sizes = {len(each) for each in [*found, embeddings.embed_query(TEXTS[0])]}
        expect(len(sizes) == 1, f"vectors differ in size: {sorted(sizes)}; questions have it too")
        expect(bool(np.isfinite(np.asarray(found, np.float64)).all()), "a vector is not finite")
        expect(embeddings.embed_documents([]) == [], "no texts have vectors; return []")


@PROMISES.that("the same text has the same vector, alone and among others")
def repeated(make: Make) -> None:
    """Pass texts together, then one by one in another order."""
    with contextlib.closing(make()) as embeddings:
        together = embeddings.embed_documents(TEXTS)
        alone = [embeddings.embed_documents([text])[0] for text in reversed(TEXTS)]
        same = np.allclose(np.asarray(together), np.asarray(alone[::-1]), atol=CLOSE)
        expect(same, "a text had another vector when it came alone")


@PROMISES.that("no text is too odd or too long")
def odd(make: Make) -> None:
    """Pass what is in documents on bad days."""
    with contextlib.closing(make()) as embeddings:
        size = len(embeddings.embed_query("usual"))
        for text in ODD:
            for vector in (embeddings.embed_documents([text])[0], embeddings.embed_query(text)):
                expect(len(vector) == size, f"of {text[:12]!r} the vector has another size")
                expect(bool(np.isfinite(vector).all()), f"of {text[:12]!r} it is not finite")
