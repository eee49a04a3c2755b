"""The agent's tool finds passages and notes, and says them in few words."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tool_parts import TEN_PAST_FOUR, make_context
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import AgentConfig, Config
from xtalk_edge.config.tools import ToolsConfig
from xtalk_edge.documents.library import Found
from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.store.database import Database
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.household import open_agent, open_bell
from xtalk_edge.tools.kept.excerpt import excerpt
from xtalk_edge.tools.kept.local_search import PASSAGE_CHARS, local_search
from xtalk_edge.tools.registry import RESULT_LIMIT_CHARS, ToolBox


@dataclass
class Shelf:
    """Finds the same passages whatever is asked."""

    passages: list[str] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def search(self, query: str, most: int) -> list[Found]:
        self.asked.append((query, most))
        return [
            Found("/m.md", f"Manual {number}", 0, "", text, 0.1)
            for number, text in enumerate(self.passages[:most], start=1)
        ]


def searched(tmp_path: Path, query: str, *passages: str, notes: tuple[str, ...] = ()) -> ToolResult:
    async def go() -> ToolResult:
        store = Database(tmp_path)
        context = make_context(store)
        for note in notes:
            context.notes.add(note, TEN_PAST_FOUR)
        context.documents = Shelf([*passages])
        box = ToolBox([local_search], context)
        try:
            return await box.run(ToolCall("local_search", {"query": query}))
        finally:
            await box.aclose()
            store.close()

    return run_virtual(go(), TEN_PAST_FOUR)


def test_the_best_passages_are_said_with_their_titles(tmp_path: Path) -> None:
    found = searched(tmp_path, "clean the filter", "Open it. Clean the filter weekly.", "Filters.")
    assert found.ok
    assert found.content == "Manual 1: Open it. Clean the filter weekly. Manual 2: Filters."


def test_notes_are_searched_as_well(tmp_path: Path) -> None:
    notes = ("the plumber is called Anna", "buy stamps")
    found = searched(tmp_path, "what is the plumber called", "Plumbing.", notes=notes)
    assert found.content == "Your note: the plumber is called Anna. Manual 1: Plumbing."
    # One word of three is about something else.
    found = searched(tmp_path, "stamps of Tahiti and Peru", notes=notes)
    assert not found.ok


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    found = searched(tmp_path, "the moon")
    assert (found.ok, found.content) == (False, "I found nothing about that in your documents.")


def test_long_passages_are_cut_to_what_can_be_said(tmp_path: Path) -> None:
    passages = ["word " * 200, "another " * 200, "third " * 100, "fourth " * 9]
    content = searched(tmp_path, "word", *passages, notes=("word " * 50,)).content
    assert len(content) <= RESULT_LIMIT_CHARS + len(" and so on.")


@given(st.text("ab. !?\n", max_size=300), st.text("ab ", max_size=20), st.integers(20, 80))
@pytest.mark.slow
def test_an_excerpt_is_part_of_the_passage_and_fits(passage: str, question: str, most: int) -> None:
    found = excerpt(passage, question, most)
    assert len(found) <= most + len(" ...")
    assert found.removesuffix(" ...").rstrip(",;:") in " ".join(passage.split())


def test_an_excerpt_is_where_the_answer_is() -> None:
    passage = "First, unplug it. " * 5 + "The filter sits behind the flap. Last, plug it in."
    assert excerpt(passage, "where is the filter?", 60).startswith("The filter sits")
    assert excerpt(passage, "entirely different", 40) == "First, unplug it. First, unplug it."


def test_three_passages_fit_into_one_answer() -> None:
    assert sum(PASSAGE_CHARS) < RESULT_LIMIT_CHARS


@pytest.mark.parametrize(
    ("agent", "disabled", "offered"),
    [
        (AgentConfig("scripted"), (), True),
        (AgentConfig("scripted"), ("local_search",), False),
        (AgentConfig(), (), False),
    ],
)
def test_a_model_that_reads_descriptions_is_offered_it(
    tmp_path: Path, agent: AgentConfig, disabled: tuple[str, ...], offered: bool
) -> None:
    config = Config(
        agent=agent, tools=ToolsConfig(disabled=disabled), store=StoreConfig(str(tmp_path))
    )

    async def names() -> list[str]:
        with open_bell(config) as bell:
            opened = open_agent(
                config, bell, volume=make_context(Database(tmp_path)).volume,
                last_reply=lambda: "", documents=Shelf(),
            )  # fmt: skip
            async with opened as equipped:
                return equipped.tools.names()

    assert ("local_search" in run_virtual(names())) == offered
    assert local_search not in BUILTIN_TOOLS
