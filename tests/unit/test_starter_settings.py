"""configs/starter.toml tells the truth about the engines' own settings."""

from __future__ import annotations

import inspect
import re

import pytest
import tomli

from xtalk_edge.config.files import data_path
from xtalk_edge.engines import registry

TEXT = data_path("configs/starter.toml").read_text()
SHARED = {"wake": {"phrase", "threshold", "refractory_s"}, "stop_word": {"threshold"}}
"""Settings that stand uncommented because every engine of the slot has them."""
FITTED = {("asr", "threshold")} | {
    ("agent", name) for name in ("history_turns", "forget_after_s", "act_above", "ask_above")
}
"""Settings whose default depends on the model; the file can only show an example."""


def section(slot: str) -> str:
    found = re.search(rf"^\[{slot}\]\n(.*?)(?=^\[|\Z)", TEXT, re.M | re.S)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("slot", registry.slots())
def test_every_setting_of_the_starter_engine_is_shown_with_its_default(slot: str) -> None:
    text = section(slot)
    engine = registry.check(slot, tomli.loads(text)["type"], {})
    shown = tomli.loads("\n".join(re.findall(r"^# (\w+ = .*)$", text, re.M)))
    wanted = {
        name: parameter.default
        for name, parameter in inspect.signature(engine).parameters.items()
        if name not in SHARED.get(slot, set())
    }
    assert shown.keys() == wanted.keys()
    for name, default in wanted.items():
        if (slot, name) not in FITTED:
            assert shown[name] == (default or type(shown[name])()), f"{slot}.{name}"
