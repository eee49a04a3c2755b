"""A question is answered from a document that lies in the owner's folder."""

from __future__ import annotations

from pathlib import Path

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings, state_folder
from tests.tiny_embedding import write_embedding
from xtalk_edge.events import (
    ErrorOccurred,
    RetrievalUpdated,
    TextEmbedded,
    TextForEmbeddingReady,
    TTSPlaybackFinished,
)

CALL = '<tool_call>{"name": "local_search", "arguments": {"query": "automobile"}}</tool_call>'


@on_virtual_clock
async def test_a_question_is_answered_from_a_document(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "garage.md").write_text("# Garage\n\nThe vehicle is green.\n")
    (papers / "cats.txt").write_text("The kitten is asleep.")
    config = settings(
        texts=["what did we buy", "and what else"],
        agent={"type": "scripted", "rules": {"buy": CALL, "else": CALL}},
        docs={"folder": str(papers)},
        embeddings={"type": "llama", "model": str(write_embedding(tmp_path)), "threads": 1},
    )
    with state_folder(config) as config:
        async with conversation(config) as talk:
            await talk.ask("what did we buy")
            said = (await talk.until(TTSPlaybackFinished)).text
            assert said.startswith("Garage: The vehicle is green.")
            assert [(each.text, each.is_final) for each in talk.all_of(RetrievalUpdated)] == [
                (said, True)
            ]
            talk.appliance.bus.publish(TextForEmbeddingReady(text="The automobile chart."))
            await talk.until(TextEmbedded)
            await talk.ask("and what else")
            said = (await talk.until(TTSPlaybackFinished)).text
            assert said.startswith("The automobile chart. Garage: ")
            assert not talk.all_of(ErrorOccurred)
