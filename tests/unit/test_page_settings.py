"""A page is asked for in the settings or on the command line, and mistakes are named."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli import run
from xtalk_edge.config.load import load_text
from xtalk_edge.config.page import PAGE_ADDRESS
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError


@pytest.mark.parametrize("listen", ["127.0.0.1:8380", "[::1]:0", "0.0.0.0:80", "kitchen.local:1"])
def test_an_address_is_a_host_and_a_port(listen: str) -> None:
    assert load_text(f"[page]\nlisten = '{listen}'").page.listen == listen


@pytest.mark.parametrize("listen", ["8380", ":8380", "localhost", "localhost:", "a:99999", "a:٣"])
def test_what_is_no_address_is_named_with_its_line(listen: str) -> None:
    with pytest.raises(ConfigError, match=r"config:2: page\.listen: must be address and port"):
        load_text(f"[page]\nlisten = '{listen}'")


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    """Return the settings that the command ran with."""
    found: list[Config] = []

    async def converse(config: Config, *_more: Any) -> bool:
        found.append(config)
        return False

    monkeypatch.setattr(run, "_converse", converse)
    return found


@pytest.mark.parametrize(
    ("options", "card", "listen"),
    [
        ([], "portaudio", ""),
        (["--page"], "portaudio", PAGE_ADDRESS),
        (["--page", "0.0.0.0:80"], "portaudio", "0.0.0.0:80"),
        (["--card", "page"], "page", ""),
        (["--card", "page", "--page", "localhost:1"], "page", "localhost:1"),
    ],
)
def test_the_command_line_asks_for_it(
    used: list[Config], options: list[str], card: str, listen: str
) -> None:
    result = CliRunner().invoke(run.command, options)
    assert result.exit_code == 0, result.output
    assert (used[0].audio.card, used[0].page.listen) == (card, listen)


def test_a_page_plays_no_recordings(used: list[Config]) -> None:
    result = CliRunner().invoke(run.command, ["--card", "page", "--input", "x.wav"])
    assert result.exit_code == 2
    assert "go with --card wav" in result.output
    assert used == []
