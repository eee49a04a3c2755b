"""Whatever an owner writes into a configuration is loaded or told as a ConfigError."""

from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.config.files import data_path
from xtalk_edge.config.load import dump, load_text
from xtalk_edge.errors import ConfigError

STARTER = data_path("configs/starter.toml").read_text()


def loads_or_says_why(text: str, *overrides: str) -> None:
    try:
        config = load_text(text, overrides, "edge.toml")
    except ConfigError as exc:
        assert str(exc).startswith(("edge.toml:", "--set "))
    else:
        # As text, because a setting that is nan does not equal itself.
        assert dump(load_text(dump(config))) == dump(config)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(STARTER)), st.integers(0, 30), st.text(max_size=10)),
        min_size=1,
        max_size=5,
    )
)
def test_a_damaged_starter_file(changes: list[tuple[int, int, str]]) -> None:
    text = STARTER
    for at, removed, added in changes:
        text = text[:at] + added + text[at + removed :]
    loads_or_says_why(text)


@settings(deadline=None)
@given(st.text("[]{}=.,\"'#\n\r\\ a1-", max_size=60))
def test_any_text(text: str) -> None:
    loads_or_says_why(text)


@settings(deadline=None)
@given(st.lists(st.text("[]{}=.,\"'#\n\\ a1-", max_size=20), max_size=3))
def test_any_override(overrides: list[str]) -> None:
    loads_or_says_why("", *overrides)


_SECTIONS = ["audio", "vad", "wake", "asr", "turn", "tools", "store", "log", "managers", "x"]
_SETTINGS = ["rate_hz", "ring_s", "threshold", "mode", "type", "isolation", "disabled", "spec"]
_VALUES = ["1", "-1", "1e999", "nan", "0.5", '"x"', "[]", '["a"]', "{}", "true", "1979-05-27", "\n"]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(_SECTIONS), st.sampled_from(_SETTINGS), st.sampled_from(_VALUES)),
        max_size=8,
    )
)
def test_any_value_for_any_setting(settings: list[tuple[str, str, str]]) -> None:
    loads_or_says_why("", *(f"{section}.{name}={value}" for section, name, value in settings))
