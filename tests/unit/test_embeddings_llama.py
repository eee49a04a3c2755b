"""Embedding models in GGUF form, through llama.cpp itself."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import tiny_gguf
from tests.tiny_embedding import CONTEXT, WIDTH, write_embedding
from xtalk_edge.config.schema import EmbeddingsConfig
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.embeddings import llama
from xtalk_edge.engines.embeddings.llama import LlamaEmbeddings
from xtalk_edge.engines.interfaces import Embeddings
from xtalk_edge.engines.promises import PROMISES
from xtalk_edge.errors import ConfigError, ModelError


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_embedding(tmp_path))


def likeness(first: list[float], second: list[float]) -> float:
    return float(np.dot(first, second))


@pytest.mark.slow
def test_texts_that_mean_the_same_have_the_same_vector(model: str) -> None:
    with_model = LlamaEmbeddings(model, threads=1)
    car, vehicle, kitten = with_model.embed_documents(["car", "vehicle", "kitten"])
    assert len(car) == WIDTH
    assert likeness(car, vehicle) == pytest.approx(1.0, abs=1e-3)
    assert likeness(car, kitten) < 0.9
    assert likeness(with_model.embed_query("automobile"), car) == pytest.approx(1.0, abs=1e-3)
    with_model.close()


def test_it_can_be_awaited(model: str) -> None:
    async def go() -> tuple[list[list[float]], list[float]]:
        embeddings = LlamaEmbeddings(model, threads=1)
        return await embeddings.aembed_documents(["car"]), await embeddings.aembed_query("car")

    (document,), query = asyncio.run(go())
    assert document == pytest.approx(query, abs=1e-3)


def test_what_is_behind_the_longest_is_not_read(model: str) -> None:
    embeddings = LlamaEmbeddings(model, threads=1, max_tokens=10_000)
    short, long = embeddings.embed_documents(["cat " * (CONTEXT - 2), "cat " * 500 + "car"])
    assert short == pytest.approx(long, abs=1e-3)
    other = LlamaEmbeddings(model, threads=1, max_tokens=16)
    assert other.embed_query("cat " * 14 + "car") == pytest.approx(short, abs=1e-3)


def test_prefixes_are_read_before_the_text(model: str) -> None:
    plain = LlamaEmbeddings(model, threads=1)
    prefixed = LlamaEmbeddings(model, threads=1, query_prefix="car ", passage_prefix="cat ")
    assert prefixed.embed_query("x") == pytest.approx(plain.embed_query("car x"), abs=1e-3)
    (passage,) = prefixed.embed_documents(["x"])
    assert passage == pytest.approx(plain.embed_query("cat x"), abs=1e-3)


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("Multilingual-E5-small", "query: ", "passage: "),
        ("bge-small-en", "Represent this sentence for searching relevant passages: ", ""),
        ("another", "", ""),
    ],
)
def test_known_models_have_their_prefixes(name: str, query: str, passage: str) -> None:
    assert llama._prefixes(name) == (query, passage)


@pytest.mark.slow
def test_its_identity_changes_with_all_that_changes_vectors(tmp_path: Path, model: str) -> None:
    settings: list[dict[str, Any]] = [
        {}, {"pooling": "cls"}, {"max_tokens": 64}, {"passage_prefix": "x"},
    ]  # fmt: skip
    found = {LlamaEmbeddings(model, threads=1, **each).identity for each in settings}
    assert len(found) == len(settings)
    assert LlamaEmbeddings(model, threads=2, query_prefix="y").identity in found
    write_embedding(tmp_path, seed=8)
    assert LlamaEmbeddings(model, threads=1).identity not in found


@pytest.mark.slow
def test_the_file_says_how_vectors_are_pooled(tmp_path: Path) -> None:
    (tmp_path / "cls").mkdir()
    first, mean = write_embedding(tmp_path / "cls", pooling=2), write_embedding(tmp_path)
    by_file = LlamaEmbeddings(str(first), threads=1).embed_query("car")
    told = LlamaEmbeddings(str(mean), threads=1, pooling="cls").embed_query("car")
    assert by_file == pytest.approx(told, abs=1e-3)
    assert by_file != pytest.approx(
        LlamaEmbeddings(str(mean), threads=1).embed_query("car"), abs=1e-3
    )


@pytest.mark.slow
def test_a_chat_model_makes_vectors_too(tmp_path: Path) -> None:
    path = tiny_gguf.random_weights(tmp_path / "chat.gguf")
    embeddings = LlamaEmbeddings(str(path), threads=1)
    assert np.linalg.norm(embeddings.embed_query("car")) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.slow
def test_a_model_that_compares_pairs_is_refused(tmp_path: Path) -> None:
    path = write_embedding(tmp_path, pooling=4)
    with pytest.raises(ModelError, match=re.escape(str(path))):
        LlamaEmbeddings(str(path), threads=1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_tokens": 3}, "embeddings.max_tokens: must be at least 16"),
        ({"threads": -1}, "embeddings.threads: must be at least 0"),
        ({"gpu_layers": -2}, "embeddings.gpu_layers: must be at least -1"),
        ({"pooling": "best"}, "embeddings.pooling: must be one of auto, mean"),
    ],
)
def test_settings_out_of_range_are_told(model: str, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        LlamaEmbeddings(model, **settings)


def test_a_class_made_for_langchain_fits_the_slot(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "class Own:\n"
        "    def embed_documents(self, texts):\n"
        "        return [self.embed_query(text) for text in texts]\n"
        "    def embed_query(self, text):\n"
        "        return [float(len(text)), 1.0]\n"
    )
    own = registry.create("embeddings", f"{file}:Own", {})
    assert isinstance(own, Embeddings)
    assert asyncio.run(own.aembed_query("abc")) == [3.0, 1.0]
    assert own.identity == ""
    for promise in PROMISES["embeddings"]:
        promise.ask(lambda: registry.create("embeddings", f"{file}:Own", {}))
    own.close()


@pytest.mark.slow
def test_in_a_process_of_its_own_it_is_the_same(model: str) -> None:
    params = {"model": model, "threads": 1}
    here = registry.create("embeddings", "llama", params)
    config = EmbeddingsConfig("llama", isolation="process", params=params)
    with contextlib.closing(hosting.create("embeddings", config)) as there:
        assert there.identity == here.identity
        assert there.embed_query("car") == pytest.approx(here.embed_query("car"), abs=1e-3)
