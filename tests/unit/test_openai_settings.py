"""The settings that docs/openai.md and configs/hybrid.toml show are right."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import tomli

from xtalk_edge.config.files import data_path
from xtalk_edge.config.load import load, load_text
from xtalk_edge.engines import hosting
from xtalk_edge.engines.agent.openai import OpenAIAgent
from xtalk_edge.net.address import address_of

DOC = (Path(__file__).parents[2] / "docs" / "openai.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", DOC, re.S)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_can_be_taken_as_it_is(text: str) -> None:
    agent = load_text(text).agent
    hosting.check_choice("agent", agent)
    if "base_url" in agent.params:
        address_of("agent.base_url", agent.params["base_url"], ("http", "https"))


def test_every_setting_is_explained() -> None:
    explained = re.findall(r"^\| (`.*?`) \|", DOC, re.M)
    named = {name for cell in explained for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(inspect.signature(OpenAIAgent).parameters)


def test_the_hybrid_settings_hold_with_either_agent() -> None:
    path = data_path("configs/hybrid.toml")
    config = load(path)
    assert config.uplink.is_on
    hosting.check(config, ["agent"])
    shown = re.findall(r'^# ((?:type|base_url|model) = ".*")$', path.read_text(), re.M)
    other = tomli.loads("\n".join(shown))
    assert other["type"] == "openai"
    overrides = [f'agent.{name}="{value}"' for name, value in other.items()]
    hosting.check(load(path, overrides), ["agent"])
