"""Settings have defaults, and the starter file shows every one of them."""

import ast
import dataclasses
import inspect
import itertools
import sys
from pathlib import Path

import pytest
import tomli

from xtalk_edge.config import engine, files
from xtalk_edge.config.files import data_path
from xtalk_edge.config.load import load
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import dump
from xtalk_edge.errors import ConfigError, ModelError


def test_the_starter_file_shows_every_setting_with_its_default() -> None:
    starter = tomli.loads(data_path("configs/starter.toml").read_text())
    assert starter == tomli.loads(dump(Config()))


def test_without_a_file_the_starter_file_counts() -> None:
    assert load(None) == Config()
    assert load(None).path is None


def test_every_setting_of_the_starter_file_is_explained() -> None:
    lines = data_path("configs/starter.toml").read_text().splitlines()
    for above, line in itertools.pairwise(lines):
        if "=" in line and not line.startswith(("#", "isolation")):
            assert above.startswith("#") or "=" in above, f"no comment above: {line}"


def test_every_setting_has_a_doc_comment() -> None:
    sections = [getattr(Config(), each.name) for each in dataclasses.fields(Config)]
    kinds = [type(each) for each in sections if dataclasses.is_dataclass(each)]
    modules = {sys.modules[kind.__module__] for kind in (engine.EngineConfig, Config, *kinds)}
    nodes = [node for module in modules for node in ast.parse(inspect.getsource(module)).body]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    for section in (c for c in classes if c.name != "Config"):
        for node, after in zip(section.body, [*section.body[1:], None], strict=True):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                inherited = node.target.id == "type" and section.name != "EngineConfig"
                documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                assert documented or inherited, f"{section.name}.{node.target.id}"


def test_defaults_lie_within_their_own_limits() -> None:
    for section in dataclasses.fields(Config):
        value = getattr(Config(), section.name)
        if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                if "at_least" in field.metadata:
                    limits = field.metadata
                    default = getattr(value, field.name)
                    assert limits["at_least"] <= default <= limits["at_most"]


def test_the_state_folder_follows_the_xdg_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/owner")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert StoreConfig().folder() == Path("/home/owner/.local/state/xtalk-edge")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert StoreConfig().folder() == Path("/home/owner/.local/state/xtalk-edge")
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib")
    assert StoreConfig().folder() == Path("/var/lib/xtalk-edge")
    assert StoreConfig("~/here").folder() == Path("/home/owner/here")
    with pytest.raises(ConfigError, match="give a full path"):
        StoreConfig("~no-such-owner/here").folder()


def test_data_comes_from_the_package_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PACKAGE", tmp_path / "xtalk_edge")
    for root in (tmp_path, tmp_path / "xtalk_edge" / "_data"):
        (root / "configs").mkdir(parents=True)
        (root / "configs" / "starter.toml").touch()
        assert data_path("configs/starter.toml") == root / "configs" / "starter.toml"


def test_missing_data_is_said_in_a_sentence() -> None:
    with pytest.raises(ModelError, match=r"models/none\.gguf is missing .* install"):
        data_path("models/none.gguf")
    with pytest.raises(ConfigError, match=r"configs/none\.toml is missing"):
        data_path("configs/none.toml")
