"""The starter brain's corpus, grammar and model file keep their promises."""

from __future__ import annotations

import itertools
import random
import re
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.starter import KIT
from models.starter.corpus import held_out
from models.starter.corpus.examples import Corpus, Example, argument_order, open_corpus
from models.starter.ears import grammar
from models.starter.language import chat, description, noise
from models.starter.language.durations import duration, span
from models.starter.language.figures import any_number, in_words, say_number
from models.starter.language.follow_up_slots import GOING_ON
from models.starter.language.free_text import FREE_TEXT, LONGEST_WORDS
from models.starter.language.phrases import PhraseError, parse, pick, to_jsgf
from models.starter.language.slots import SLOTS
from models.starter.language.sums import calculation, ordered_calculation
from models.starter.language.units import conversion
from xtalk_edge.tools.arguments import check_arguments
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

pytestmark = pytest.mark.usefixtures("few_probes")

GGUF = KIT / "brain.gguf"
SEEDS = st.integers(0, 2**32)
EXPRESSION = re.compile(r"\d+(\.\d+)?( [-+*/] \d+(\.\d+)?){1,2}")
TOOLS = {tool.name: tool for tool in BUILTIN_TOOLS}
COPIED = ("text", "about", "item", "list", "device", "voice", "from_unit", "to_unit")
"""Arguments whose words are those that were said."""


@pytest.fixture(scope="module")
def sample(few_probes: None) -> list[Example]:
    return list(itertools.islice(open_corpus(11), 12_000))


def called(example: Example) -> tuple[str, dict[str, Any]]:
    found = chat.read_call(example.answer)
    assert found is not None, example
    return found


@pytest.mark.slow
def test_every_answer_is_a_call_in_the_schema_or_a_fixed_sentence(sample: list[Example]) -> None:
    replies = {reply.answer for reply in description.load().replies}
    for example in sample:
        if chat.CALL not in example.answer:
            assert example.answer in replies or example.kind == "after_tool", example
            continue
        name, arguments = called(example)
        assert name == example.kind or example.kind == "after_tool"
        tool = TOOLS[name]
        assert list(arguments) == [key for key in tool.properties if key in arguments], example
        problem = check_arguments(tool.properties, tool.required, arguments)
        # An owner may well ask for more than a tool allows; the tool then says so.
        assert not problem or "must be between" in problem, example


@pytest.mark.slow
def test_calls_are_canonical_json(sample: list[Example]) -> None:
    for example in sample:
        if chat.CALL in example.answer:
            assert chat.call(*called(example)) == example.answer


def test_arguments_are_in_range(sample: list[Example]) -> None:
    for example in sample:
        if chat.CALL not in example.answer:
            continue
        name, arguments = called(example)
        if name == "set_timer":
            assert all(arguments.get(unit, 1) > 0 for unit in ("hours", "minutes", "seconds"))
        if name == "set_volume":
            assert 0 <= arguments["percent"] <= 100
        if name == "change_volume":
            assert arguments["direction"] in ("up", "down")
        if name == "calculate":
            assert EXPRESSION.fullmatch(arguments["expression"]), example


def test_every_tool_and_every_reply_is_taught(sample: list[Example]) -> None:
    kinds = Counter(example.kind for example in sample)
    loaded = description.load()
    for kind in (*TOOLS, *(reply.kind for reply in loaded.replies)):
        assert kinds[kind] > 20, kind


def test_the_tools_taught_are_the_tools_there_are() -> None:
    taught = argument_order(description.load())
    assert taught == {name: tuple(tool.properties) for name, tool in TOOLS.items()}


def test_what_is_copied_is_copied_to_the_letter(sample: list[Example]) -> None:
    for example in sample:
        if chat.CALL not in example.answer or example.follows:
            continue
        for key, value in called(example)[1].items():
            if key in COPIED and value not in UNSAID:
                assert value in chat.normalise(example.text), example


UNSAID = frozenset(value for tool in description.load().tools for value in tool.fixed.values())
"""Values a whole group of wordings means, so that slips may touch their words."""


def test_no_name_in_a_phrase_means_two_things() -> None:
    loaded = description.load()
    names = [*SLOTS, *GOING_ON, *loaded.values, *loaded.words, *loaded.names]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_over_a_third_of_the_corpus_must_not_act(sample: list[Example]) -> None:
    quiet = sum(chat.CALL not in example.answer for example in sample)
    assert quiet / len(sample) > 0.35


def test_held_out_phrasings_are_never_trained_on(sample: list[Example]) -> None:
    alone, _ = held_out.texts()
    assert not [e for e in sample if not e.follows and chat.normalise(e.text) in alone]


@pytest.mark.slow
def test_a_held_out_phrasing_the_templates_can_make_is_dropped() -> None:
    kept = Corpus(3, kept_out=frozenset({"what time is it", "stop", "thank you"}))
    texts = {chat.normalise(kept.example().text) for _ in range(20_000)}
    assert not texts & kept.kept_out
    assert "be quiet" in texts


@pytest.mark.parametrize("path", held_out.ALL)
def test_a_held_out_file_is_well_formed(path: Path) -> None:
    rows = held_out.read(path)
    assert len(rows) >= 120
    assert sum(not row["tool"] for row in rows) >= 40
    for row in rows:
        if row["tool"]:
            assert set(row["arguments"]) <= set(TOOLS[row["tool"]].properties)


@pytest.mark.slow
@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_seed_gives_the_same_corpus(seed: int) -> None:
    first, second = (list(itertools.islice(Corpus(seed), 30)) for _ in range(2))
    assert first == second


@given(SEEDS)
@pytest.mark.slow
def test_durations_are_positive_and_in_units(seed: int) -> None:
    for make in (duration, span):
        text, meant = make(random.Random(seed))
        assert text
        assert meant
        assert all(unit in ("hours", "minutes", "seconds") and n > 0 for unit, n in meant.items())


@given(SEEDS)
@pytest.mark.slow
def test_a_sum_in_figures_shows_its_own_operands(seed: int) -> None:
    for make in (calculation, ordered_calculation):
        text, meant = make(random.Random(seed))
        if text[0].isdigit() and "squared" not in text:
            assert re.findall(r"\d+", text)[0] in meant["expression"]


@given(st.integers(0, 9999))
@pytest.mark.slow
def test_numbers_in_words_are_distinct_and_plain(n: int) -> None:
    assert re.fullmatch(r"[a-z ]+", in_words(n))
    assert in_words(n) != in_words((n + 1) % 10_000)


@given(SEEDS)
@pytest.mark.slow
def test_every_slot_says_something(seed: int) -> None:
    rng = random.Random(seed)
    assert all(make(rng)[0] for make in SLOTS.values())
    assert say_number(any_number(rng), rng, digits=True).isdigit()


@given(SEEDS, st.text("abc of the to 123", min_size=1).map(chat.normalise).filter(bool))
@pytest.mark.slow
def test_noise_never_changes_what_is_protected(seed: int, dictated: str) -> None:
    text = f"put {noise.protect(dictated)} on the list"
    assert dictated in noise.disturb(text, True, "add_item", random.Random(seed))


@given(SEEDS)
@pytest.mark.slow
def test_nothing_polite_is_added_to_what_is_dictated(seed: int) -> None:
    text = f"note {noise.protect('call the bank')}"
    said = noise.disturb(text, True, "add_note", random.Random(seed))
    assert said.rstrip(".!?").endswith("call the bank")


@given(SEEDS)
@pytest.mark.slow
def test_free_text_is_short_and_stays_itself(seed: int) -> None:
    for slot in FREE_TEXT.values():
        said, meant = slot(random.Random(seed))
        assert len(said.split()) <= LONGEST_WORDS
        (value,) = meant.values()
        assert value
        assert said.endswith(value)
        assert chat.normalise(value) == value


@given(SEEDS)
@pytest.mark.slow
def test_a_conversion_names_its_units_as_they_are_said(seed: int) -> None:
    said, meant = conversion(random.Random(seed))
    words = said.split()
    assert all(unit.split()[0] in words for unit in (meant["from_unit"], meant["to_unit"]))
    assert type(meant["value"]) in (int, float)


@given(st.text())
@pytest.mark.slow
def test_normalising_twice_changes_little(text: str) -> None:
    once = chat.normalise(text)
    assert "?" not in once
    assert "," not in once
    assert once == once.strip()


@pytest.mark.slow
@given(st.text(max_size=40).filter(lambda text: "{" not in text and "<|" not in text))
def test_the_template_renders_what_prompt_renders(text: str) -> None:
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment().from_string(chat.TEMPLATE)
    rendered = template.render(
        messages=[
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "earlier"},
            {"role": "assistant", "content": "reply"},
            {"role": "user", "content": text},
        ],
        tools=[{"type": "function"}],
        add_generation_prompt=True,
    )
    assert rendered == chat.prompt(chat.normalise(text))


def test_the_template_keeps_a_tools_result() -> None:
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment().from_string(chat.TEMPLATE)
    call = {"function": {"name": "stop", "arguments": {}}}
    rendered = template.render(
        messages=[
            {"role": "user", "content": "Stop!"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "ok"},
        ],
        add_generation_prompt=True,
    )
    assert rendered == chat.prompt_after(chat.prompt("stop"), chat.call("stop", {}), "ok")


def test_a_call_reads_back() -> None:
    answer = chat.call("set_timer", {"minutes": 5, "name": "tea"})
    body = '{"name": "set_timer", "arguments": {"minutes": 5, "name": "tea"}}'
    assert answer == f"<tool_call>\n{body}\n</tool_call>"
    assert chat.read_call(answer) == ("set_timer", {"minutes": 5, "name": "tea"})
    assert chat.read_call("Hello!") is None
    with pytest.raises(ValueError, match="unfinished"):
        chat.read_call("<tool_call>\n{")


def test_phrases_expand_and_translate() -> None:
    phrase = parse("! <go> (a|the) {name} [now]", {"go": "set|start"})
    assert phrase.order
    assert to_jsgf(phrase.body, grammar.slot_rule) == "( set | start ) ( a | the ) <name> [ now ]"
    made = {pick(phrase.body, random.Random(i), str.upper) for i in range(200)}
    assert len(made) == 8
    assert "set the NAME now" in made


@pytest.mark.parametrize("text", ["(a", "a)", "<nothing>", "[a|b"])
def test_a_broken_phrase_is_refused(text: str) -> None:
    with pytest.raises(PhraseError):
        parse(text, {})


def test_generated_files_are_up_to_date(tmp_path: Path) -> None:
    grammar.write(tmp_path)
    for path in (grammar.GRAMMAR, grammar.VOCABULARY, grammar.HELP):
        assert (tmp_path / path.name).read_text() == path.read_text(), f"rewrite {path.name}"


def test_the_grammar_is_closed_and_its_words_are_listed() -> None:
    text = grammar.GRAMMAR.read_text()
    assert text.count("public") == 1
    defined = set(re.findall(r"^(?:public )?<(\w+)> =", text, re.MULTILINE))
    assert set(re.findall(r"<(\w+)>", text)) == defined
    assert grammar.vocabulary(text) == grammar.VOCABULARY.read_text().split()


@pytest.mark.slow
def test_the_recogniser_knows_every_word_of_the_grammar() -> None:
    pocketsphinx = pytest.importorskip("pocketsphinx")
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    words = grammar.VOCABULARY.read_text().split()
    assert [word for word in words if decoder.lookup_word(word) is None] == []
    decoder.add_jsgf_string("commands", grammar.GRAMMAR.read_text())


def gguf_strings(data: bytes, *keys: str) -> dict[str, str]:
    """Return string values of a GGUF header; a key is its length, its text, type 8, the value."""
    found = {}
    for key in keys:
        mark = struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", 8)
        at = data.index(mark) + len(mark)
        (size,) = struct.unpack_from("<Q", data, at)
        found[key] = data[at + 8 : at + 8 + size].decode()
    return found


def test_the_model_file_is_small_and_says_what_it_is() -> None:
    data = GGUF.read_bytes()
    assert data[:4] == b"GGUF"
    assert len(data) <= 8_000_000
    said = gguf_strings(
        data, "general.architecture", "general.license", "tokenizer.ggml.pre",
        "tokenizer.chat_template",
    )  # fmt: skip
    assert said == {
        "general.architecture": "llama",
        "general.license": "apache-2.0",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.chat_template": chat.TEMPLATE,
    }
