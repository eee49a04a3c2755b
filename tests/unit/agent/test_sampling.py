"""Choosing under a grammar: the likeliest tokens first, the rest in pieces that can be stopped."""

import math

import numpy as np
import pytest

from xtalk_edge.engines.agent import sampling
from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.sampling import Grammar, TokenChooser


@pytest.fixture
def model(heavy):
    made = LlamaModel(heavy, threads=1, context_tokens=64)
    yield made
    made.close()


def sloping(model, best, worst):
    """Return logits that fall from `best` through the vocabulary to `worst`."""
    logits = np.linspace(5.0, -5.0, model.vocab_size, dtype=np.float32)
    logits[ord(best)], logits[ord(worst)] = 9.0, -9.0
    return logits


@pytest.mark.parametrize("likely", [1, 16, 100_000])
def test_every_way_of_looking_finds_the_same_tokens(model, monkeypatch, likely):
    monkeypatch.setattr(sampling, "LIKELY", likely)
    logits = sloping(model, "a", "z")
    with Grammar(model, "root ::= [p-z]") as grammar:
        allowed = np.isfinite(grammar.masked(logits))
        assert [chr(token) for token in np.flatnonzero(allowed) if token < 256] == list(
            "pqrstuvwxyz"
        )
        assert TokenChooser(0.0, 0).choose(logits, grammar)[0] == ord("p")


def test_the_unlikeliest_token_is_found_when_it_alone_is_allowed(model, monkeypatch):
    monkeypatch.setattr(sampling, "LIKELY", 16)
    logits = sloping(model, "a", "z")
    with Grammar(model, 'root ::= "z"') as grammar:
        token, probability = TokenChooser(0.0, 0).choose(logits, grammar)
    assert token == ord("z")
    assert probability < 1e-6


def test_what_would_not_be_picked_need_not_be_looked_at(model, monkeypatch):
    monkeypatch.setattr(sampling, "LIKELY", 16)
    logits = sloping(model, "p", "z")
    with Grammar(model, "root ::= [p-z]") as grammar:
        near = np.isfinite(grammar.masked(logits, margin=1.0))
    assert near[ord("p")]
    assert not near[ord("z")]


def test_a_set_flag_ends_the_looking(model, monkeypatch):
    monkeypatch.setattr(sampling, "LIKELY", 16)
    logits, flag = sloping(model, "a", "z"), AbortFlag()
    flag.set()
    with Grammar(model, 'root ::= "z"') as grammar:
        assert not np.isfinite(grammar.masked(logits, margin=math.inf, flag=flag)).any()
        assert TokenChooser(0.0, 0).choose(logits, grammar, flag) == (ord("a"), 0.0)
