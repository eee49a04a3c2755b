"""Good settings arrive, bad ones are told with file, line, key and cure."""

import datetime
import math
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.config.load import dump, load, load_text
from xtalk_edge.config.locate import KeyPath, locate
from xtalk_edge.config.places import DocsConfig
from xtalk_edge.config.schema import Config, ManagerConfig
from xtalk_edge.config.toml_text import value_text
from xtalk_edge.errors import ConfigError


def problems(text: str, *overrides: str) -> list[str]:
    """Return the lines of the error that a text gives."""
    with pytest.raises(ConfigError) as info:
        load_text(text, overrides, name="edge.toml")
    return str(info.value).splitlines()


# -- good settings ---------------------------------------------------------------------------


def test_an_empty_file_is_all_defaults() -> None:
    assert load_text("") == Config()


def test_settings_are_taken_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    text = '\ufeff[audio]\r\nrate_hz = 16000\r\nring_s = 60\r\n[tools]\r\ndisabled = ["volume"]\r\n'
    path.write_bytes(text.encode())
    config = load(path)
    assert config.audio.rate_hz == 16000
    assert isinstance(config.audio.ring_s, float)
    assert config.tools.disabled == ("volume",)
    assert config.path == path


def test_an_engine_keeps_its_own_keys_with_their_places() -> None:
    config = load_text(
        '[asr]\ntype = "my.py:Mine"\n\nbeam = 4\nparams = 1\nplaces = 2', ["asr.x=y"], "edge.toml"
    )
    assert config.asr.type == "my.py:Mine"
    assert config.asr.params == {"beam": 4, "params": 1, "places": 2, "x": "y"}
    assert config.asr.places["beam"] == "edge.toml:4: asr.beam"
    assert config.asr.places["x"] == "--set asr.x=y: asr.x"


def test_python_files_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(
        '[asr]\ntype = "my.py:Asr"\n[tts]\ntype = "my.py:Tts"\n[vad]\ntype = "/opt/my.py:Vad"\n'
        '[echo]\ntype = "~/my.py:Echo"\n'
        '[[managers]]\nspec = "sub/my.py:M"\n[[managers]]\nspec = "package.my:M"\n'
    )
    config = load(path, ["tts.type=other.py:Tts"])
    assert config.asr.type == f"{tmp_path}/my.py:Asr"
    assert config.tts.type == "other.py:Tts"
    assert config.vad.type == "/opt/my.py:Vad"
    assert config.echo.type == "~/my.py:Echo"
    assert config.enhancer.type == "webrtc-ns"
    assert [m.spec for m in config.managers] == [f"{tmp_path}/sub/my.py:M", "package.my:M"]
    typed = load(path, ["managers=[{spec='typed.py:M'}]"])
    assert [m.spec for m in typed.managers] == ["typed.py:M"]


def test_managers_keep_their_order_and_keys() -> None:
    config = load_text('[[managers]]\nspec = "a.py:A"\n[[managers]]\nspec = "b:B"\nloud = true\n')
    assert config.managers == (ManagerConfig("a.py:A"), ManagerConfig("b:B", {"loud": True}))
    assert config.managers[1].places["loud"] == "config:5: managers[1].loud"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("asr.x=10", 10),
        ("asr.x = 1.5 ", 1.5),
        ("asr.x=true", True),
        ("asr.x=okay nabu", "okay nabu"),
        ('asr.x="10"', "10"),
        ("asr.x=", ""),
        ("asr.x=a=b", "a=b"),
        ("asr.x=[1, 2]", [1, 2]),
        ("asr.x={a = 1}", {"a": 1}),
        ("asr.x=1\ny = 2", "1\ny = 2"),
        ("asr.'x'=1", 1),
    ],
)
def test_an_override_is_toml_or_plain_text(override: str, expected: object) -> None:
    assert load_text("", [override]).asr.params == {"x": expected}


def test_an_override_replaces_what_the_file_says_even_if_that_is_wrong() -> None:
    config = load_text("[audio]\nblock_ms = 'bad'", ["audio.block_ms=5", "audio.block_ms=20"])
    assert config.audio.block_ms == 20


# -- bad settings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[audio]\n\n\nrate_hz = 4000",
            "edge.toml:4: audio.rate_hz: must be at least 8000, got 4000",
        ),
        (
            "[audio]\nrate_hz = 400_000",
            "edge.toml:2: audio.rate_hz: must be at most 192000, got 400000",
        ),
        (
            "[audio]\n\nrate = 1",
            "edge.toml:3: audio.rate: unknown setting; did you mean 'rate_hz'?",
        ),
        (
            "audio.silence_ms = 1",
            "edge.toml:1: audio.silence_ms: unknown setting; did you mean 'turn.silence_ms'?",
        ),
        ("[log]\nzzzz = 1", "edge.toml:2: log.zzzz: unknown setting; log has level"),
        (
            '[audio]\nblock_ms = "fast"',
            'edge.toml:2: audio.block_ms: must be a whole number, got "fast"',
        ),
        (
            "[audio]\nblock_ms = true",
            "edge.toml:2: audio.block_ms: must be a whole number, got true",
        ),
        ("[audio]\nring_s = nan", "edge.toml:2: audio.ring_s: must be a number, got nan"),
        ("[audio]\nring_s = {}", "edge.toml:2: audio.ring_s: must be a number, got {}"),
        ("[asr]\ntype = 5", "edge.toml:2: asr.type: must be text in quotes, got 5"),
        (
            "[tools]\ndisabled = ['a', 1]",
            'edge.toml:2: tools.disabled: must be a list of text, like ["a", "b"], got ["a", 1]',
        ),
        (
            "[audio]\ncard = 'alsa'",
            'edge.toml:2: audio.card: must be one of "portaudio", "wav", "page", got "alsa"',
        ),
        ("[audio]\ncard = []", "edge.toml:2: audio.card: must be one of "),
        ("[audoi]", "edge.toml:1: audoi: unknown section; did you mean 'audio'?"),
        ("zzzz = 1", "edge.toml:1: zzzz: unknown section; there are audio, echo, "),
        ("path = 1", "edge.toml:1: path: unknown section; "),
        ("asr = 'x'", 'edge.toml:1: asr: must be a table, [asr], got "x"'),
        ("managers = 1", "edge.toml:1: managers: must be tables, [[managers]], got 1"),
        ("managers = [1]", "edge.toml:1: managers: must be tables, [[managers]], got [1]"),
        (
            "[[managers]]\na = 1",
            'edge.toml:1: managers[0]: needs spec = "file.py:Class"',
        ),
        ("[[managers]]\nspec = 1", "edge.toml:2: managers[0].spec: must be text in quotes, got 1"),
        (
            "[tools]\ndevices = 1",
            "edge.toml:2: tools.devices: must be tables, [[tools.devices]], got 1",
        ),
        (
            "[[tools.devices]]\nnam = 'fan'\nname = 'fan'",
            "edge.toml:2: tools.devices[0].nam: unknown setting; did you mean 'name'?",
        ),
        (
            "[[tools.devices]]\nname = ' . '",
            "edge.toml:2: tools.devices[0].name: must be a name you can say, such as ",
        ),
        (
            "[[tools.devices]]\nname = 'fan'\n[[tools.devices]]\nname = ' Fan'",
            'edge.toml:4: tools.devices[1].name: another device is called " Fan" too; rename one',
        ),
        (
            "[[tools.devices]]\nname = 'fan'\noutput = 1",
            "edge.toml:3: tools.devices[0].output: needs a board: set board.port",
        ),
        (
            "[board]\nport = 'auto'\n[[tools.devices]]\nname = 'fan'\noutput = 1\n"
            "[[tools.devices]]\nname = 'lamp'\noutput = 1",
            'edge.toml:8: tools.devices[1].output: "fan" is on this output too; choose another one',
        ),
        (
            "[board]\ngpio = '17'",
            'edge.toml:2: board.gpio: must be chip and line, such as "gpiochip0:17", got "17"',
        ),
        (
            "[turn]\nbutton = 'hold'\n[board]\nlong_press = 'mute'",
            'edge.toml:4: board.long_press: must be "none" where turn.button is "hold"',
        ),
        (
            '[governor]\nvoice = "quick"',
            'edge.toml:2: governor.voice: there is no [alternatives.tts."quick"]; add it',
        ),
        (
            "[vad]\nthreshold = 0.2",
            "edge.toml:1: vad.release_threshold: must be at most vad.threshold, which is 0.2, got",
        ),
        ("a = 1\nb = fast", "edge.toml:2: is not TOML: Invalid value"),
        ("a = 1\nb = [1,", "edge.toml:2: is not TOML: "),
        ("a = 1\na = 2", "edge.toml:2: is not TOML: Cannot overwrite a value"),
        ("a = " + "[" * 5000, "edge.toml: is nested too deeply"),
        ("a = " + "9" * 5000, "edge.toml: holds a value that cannot be read: "),
        ("[audio]\nring_s = 0x" + "f" * 5000, "edge.toml:2: audio.ring_s: must be at most 600.0"),
    ],
)
def test_a_bad_setting_is_told_with_line_key_and_cure(text: str, expected: str) -> None:
    [problem] = problems(text)
    assert problem.startswith(expected)
    assert len(problem) < 500


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (
            "audio.block_ms=abc",
            '--set audio.block_ms=abc: audio.block_ms: must be a whole number, got "abc"',
        ),
        ("audio={rate_hz=1}", "--set audio={rate_hz=1}: audio.rate_hz: must be at least 8000"),
        ("audio.block_ms", "--set audio.block_ms: must read section.key=value"),
        ("=1", "--set =1: must read section.key=value"),
        ("a b=1", "--set a b=1: must read section.key=value"),
        ("x\ny=1", "--set x"),
        ("log.level.x=1", "--set log.level.x=1: log.level is no table, it has no settings"),
        ("audio=5", "--set audio=5: audio: must be a table, [audio], got 5"),
    ],
)
def test_a_bad_override_is_told_as_it_was_typed(override: str, expected: str) -> None:
    assert problems("log.level = 'INFO'", override)[0].startswith(expected)


def test_all_problems_are_told_at_once() -> None:
    told = problems("[audio]\nrate = 1\nblock_ms = 1\n[log]\nlevel = 1", "x=1", "y")
    assert [line.split(": ")[1] for line in told] == [
        "must read section.key=value",
        "audio.rate",
        "audio.block_ms",
        "log.level",
        "x",
    ]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("none.toml", None, "there is no such file"),
        ("latin.toml", "# caf\n# é".encode("latin-1"), ":2: is not UTF-8 text"),
        ("big.toml", b"#" * 1_000_001, "is larger than 1 MB"),
        ("folder", b"", "cannot be read: Is a directory"),
        ("zero\0.toml", None, "is no file name"),
    ],
)
def test_an_unreadable_file_is_told(
    tmp_path: Path, name: str, data: bytes | None, expected: str
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigError, match=expected):
        load(path)


# -- round trip ------------------------------------------------------------------------------

_scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.datetimes().map(lambda moment: moment.replace(fold=0)),
    st.dates(),
    st.times(),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text("ab. \"'é", max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_values)
@pytest.mark.slow
def test_any_value_is_written_as_toml_that_reads_back(value: Any) -> None:
    assert tomli.loads(f"v = {value_text(value)}")["v"] == value


def test_values_beyond_decimal_and_finite_are_written_too() -> None:
    assert tomli.loads(f"v = {value_text(2**20_000)}")["v"] == 2**20_000
    assert math.isnan(tomli.loads(f"v = {value_text(math.nan)}")["v"])
    moment = datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)
    assert tomli.loads(f"v = {value_text(moment)}")["v"] == moment


@settings(deadline=None)
@given(
    rate_hz=st.integers(8000, 192_000),
    gain_db=st.floats(-60.0, 0.0),
    phrase=st.text(st.characters(exclude_categories=["Cs"])),
    params=st.dictionaries(st.text("ab- é", max_size=4), _values, max_size=3),
    managers=st.integers(0, 3),
)
@pytest.mark.slow
def test_a_dumped_configuration_loads_to_an_equal_one(
    rate_hz: int, gain_db: float, phrase: str, params: dict[str, Any], managers: int
) -> None:
    pairs = "\n".join(f"{value_text(k)} = {value_text(v)}" for k, v in params.items())
    config = load_text(
        f"[audio]\nrate_hz = {rate_hz}\noutput_gain_db = {gain_db!r}\n"
        f"[wake]\nphrase = {value_text(phrase)}\n[agent]\n{pairs}\n"
        + "".join(f'[[managers]]\nspec = "m{n}.py:M"\n{pairs}\n' for n in range(managers))
    )
    assert config.agent.params == params
    assert load_text(dump(config)) == config


def test_tables_within_a_section_are_read_and_written() -> None:
    config = load_text("[[tools.devices]]\nname = 'fan'\n[[tools.devices]]\nname = 'desk lamp'")
    assert [device.name for device in config.tools.devices] == ["fan", "desk lamp"]
    assert '[[tools.devices]]\nname = "fan"' in dump(config)
    assert load_text(dump(config)) == config


# -- lines -----------------------------------------------------------------------------------


def test_every_kind_of_key_has_its_line() -> None:
    text = '''# comment = 1
top = 1
[a]  # [not.a.header]
x = """one
y = 2
"""""
"quoted \\u0041" . 'two' = 2

[a.b]
list = [  # a comment with ] in it
  1, "]", \'\'\'
[z]\'\'\',
  { in = 1, deep.er = 2 },
]
[[t]]
k = \'\'
[t.sub]
k = 1979-05-27 07:32:00
[[t]]
[[t.rows]]
k = "#"
'''
    lines = locate(text)
    expected: dict[KeyPath, int] = {
        ("top",): 2,
        ("a",): 3,
        ("a", "x"): 4,
        ("a", "quoted A"): 7,
        ("a", "quoted A", "two"): 7,
        ("a", "b"): 9,
        ("a", "b", "list"): 10,
        ("a", "b", "list", 0): 11,
        ("a", "b", "list", 1): 11,
        ("a", "b", "list", 2): 11,
        ("a", "b", "list", 3): 13,
        ("a", "b", "list", 3, "in"): 13,
        ("a", "b", "list", 3, "deep"): 13,
        ("a", "b", "list", 3, "deep", "er"): 13,
        ("t",): 15,
        ("t", 0): 15,
        ("t", 0, "k"): 16,
        ("t", 0, "sub"): 17,
        ("t", 0, "sub", "k"): 18,
        ("t", 1): 19,
        ("t", 1, "rows"): 20,
        ("t", 1, "rows", 0): 20,
        ("t", 1, "rows", 0, "k"): 21,
    }
    assert lines == expected
    assert set(lines) == set(paths(tomli.loads(text)))


def test_a_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="not TOML at character 0"):
        locate("=1")


def paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    """Return the path of everything inside a parsed value."""
    found = [path] if path else []
    items: Any = ()
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        found += paths(inner, (*path, key))
    return found


_keys = st.one_of(
    st.text("abz09_-", min_size=1, max_size=4), st.text("a.\"'# =[]{}\n\\é", max_size=4)
)
_trivia = st.sampled_from(["", " ", "\t", "# note = [1]\n", "\n", "  \n\n"])
_strings = st.text(st.sampled_from(list("ab\"'\\#=[]{},\n é")), max_size=8)


@st.composite
def _string_texts(draw: st.DrawFn) -> str:
    text = draw(_strings)
    style = draw(st.sampled_from(["basic", "literal", "multi", "multi literal"]))
    if style == "literal" and "'" not in text and "\n" not in text:
        return f"'{text}'"
    if style == "multi literal" and "'''" not in text:
        return f"'''\n{text}'''"
    if style == "multi":
        return '"""' + text.replace("\\", "\\\\").replace('"""', '""\\"') + '"""'
    return value_text(text)


@st.composite
def _value_texts(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["scalar", "string", "list", "table"] if depth else ["scalar"]))
    if kind == "list":
        items = draw(st.lists(_value_texts(depth=depth - 1), max_size=3))
        return "[" + "".join(draw(_trivia) + item + draw(_trivia) + "," for item in items) + "]"
    if kind == "table":
        keys = draw(st.lists(_keys, max_size=3, unique=True))
        pairs = [f"{value_text(key)} = {draw(_value_texts(depth=depth - 1))}" for key in keys]
        return "{ " + ", ".join(pairs) + " }"
    if kind == "string":
        return draw(_string_texts())
    return draw(st.sampled_from(["1", "-1.5e3", "true", "nan", "1979-05-27 07:32:00", "0xff"]))


@st.composite
def _documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """Return a TOML text and the line on which each of its table's keys was written."""
    text = ""
    lines: dict[KeyPath, int] = {}
    arrays: dict[str, int] = {}
    headers = draw(st.lists(st.tuples(_keys, st.booleans()), max_size=5))
    kinds: dict[str, bool] = {}
    for name, array in [("", False), *headers]:
        if name in kinds and not (kinds[name] and array):
            continue
        kinds[name] = array
        text += draw(_trivia)
        base: KeyPath = ()
        if name or array:
            text = text if text == "" or text.endswith("\n") else text + "\n"
            base = (name, arrays.get(name, 0)) if array else (name,)
            arrays[name] = arrays.get(name, 0) + 1
            lines[base] = text.count("\n") + 1
            text += f"[[{value_text(name)}]]" if array else f"[ {value_text(name)} ]"
            text += " # [x]\n" if draw(st.booleans()) else "\n"
        for key in draw(st.lists(_keys, max_size=4, unique=True)):
            if not base and any(key == header for header, _ in headers):
                continue
            text = text if text == "" or text.endswith("\n") else text + "\n"
            lines[(*base, key)] = text.count("\n") + 1
            text += f"{value_text(key)} = {draw(_value_texts())}"
            text += "\n" + draw(_trivia)
    return text, lines


@settings(deadline=None)
@given(_documents())
@pytest.mark.slow
def test_the_line_of_every_key_is_found_in_any_document(
    document: tuple[str, dict[KeyPath, int]],
) -> None:
    text, expected = document
    parsed = tomli.loads(text)
    lines = locate(text)
    assert {path: lines[path] for path in expected} == expected
    assert set(lines) == set(paths(parsed))


@pytest.mark.parametrize(
    ("named", "settings", "place"),
    [
        ("", None, None),
        ("papers", None, Path("papers")),
        ("papers", Path("/home/edge.toml"), Path("/home/papers")),
        ("/media/papers", Path("/home/edge.toml"), Path("/media/papers")),
        ("~/papers", Path("/etc/edge.toml"), Path("~/papers").expanduser()),
    ],
)
def test_the_folder_of_documents_lies_beside_the_settings(
    named: str, settings: Path | None, place: Path | None
) -> None:
    assert DocsConfig(named).place(settings) == place
