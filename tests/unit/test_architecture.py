"""The house keeps its order: who may import whom, how long a file is, what is pure."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "xtalk_edge"

# From top to bottom; a module imports from its own line and from lines below.
LINES = (
    "cli",
    "scenes",
    "appliance",
    "assembly",
    "managers",
    "uplink",
    "tools",
    "documents",
    "recorder",
    "service",
    "engines",
    "models",
    "turn",
    "audio",
    "store",
    "net",
    "config",
    "base",
)
BASE = {
    "bus",
    "clock",
    "errors",
    "events",
    "memory",
    "tasks",
}
"""What everything may use."""

PURE = (
    "turn/*.py",
    "audio/live_speech.py",
    "audio/whole_samples.py",
    "tools/dates/date_*.py",
    "tools/dates/holidays.py",
    "tools/dates/spoken_dates.py",
    "tools/figures/arithmetic.py",
    "tools/figures/sum_tokens.py",
    "tools/figures/unit*.py",
    "tools/home/device_names.py",
    "recorder/difference.py",
    "recorder/lump.py",
    "recorder/recording.py",
    "recorder/redaction.py",
    "service/counts.py",
    "service/governor.py",
    "service/metrics.py",
    "service/strain.py",
    "service/turn_budget.py",
    "documents/fusion.py",
    "documents/plain_text.py",
    "documents/splitting.py",
    "documents/web_page.py",
    "service/recovery.py",
    "service/vital_signs.py",
    "store/full_text.py",
    "tools/kept/excerpt.py",
    "tools/kept/kept_text.py",
    "tools/kept/list_items.py",
    "tools/kept/word_search.py",
    "tools/timekeeping/alarm_choice.py",
    "tools/timekeeping/alarm_times.py",
    "tools/timekeeping/alarm_words.py",
    "tools/timekeeping/recurrence.py",
    "tools/timekeeping/ringing.py",
    "tools/timekeeping/timer_names.py",
    "engines/agent/openai_messages.py",
    "engines/agent/openai_pace.py",
    "engines/agent/openai_refusals.py",
    "engines/agent/openai_stream.py",
    "net/event_stream.py",
    "service/house.py",
    "service/condition.py",
    "service/unit.py",
    "uplink/breaker.py",
    "uplink/check/report.py",
    "uplink/choice.py",
    "uplink/clauses.py",
    "uplink/full/cloud.py",
    "uplink/full/turn.py",
    "uplink/notice.py",
    "uplink/policy.py",
    "uplink/full/spoken_share.py",
    "uplink/xtalk/facts.py",
    "uplink/xtalk/generation.py",
    "uplink/xtalk/heartbeat.py",
    "uplink/xtalk/hello.py",
    "uplink/xtalk/messages.py",
    "engines/xai/messages.py",
    "engines/xai/speech.py",
    "engines/xai/transcript.py",
    "engines/asr/repetition.py",
    "uplink/xai/protocol.py",
    "uplink/xai/reply.py",
    "uplink/xai/session.py",
    "uplink/xtalk/protocol.py",
    "uplink/xtalk/reading.py",
    "uplink/xtalk/replies.py",
    "uplink/xtalk/reply.py",
    "uplink/xtalk/requests.py",
    "uplink/xtalk/sound.py",
    "uplink/xtalk/speech.py",
    "uplink/xtalk/turn.py",
    "net/backoff.py",
    "net/host_names.py",
    "net/json_object.py",
    "net/printable.py",
    "net/public_key.py",
    "models/patience.py",
    "config/difference.py",
    "config/locate.py",
    "config/toml_text.py",
    "config/without_secrets.py",
    "bus/error_limiter.py",
    "bus/event_factory.py",
    "bus/handles.py",
    "service/page/allowance.py",
    "service/page/commands.py",
    "service/page/diary.py",
    "service/page/gate.py",
    "service/page/plain.py",
    "service/page/turns.py",
    "service/page/view.py",
)
BRIDGE = PACKAGE.parent / "firmware_bridge"

BRIDGE_PURE = (
    "board_session.py",
    "errors.py",
    "gestures.py",
    "messages.py",
    "outbox.py",
    "session.py",
    "wire.py",
)
"""Of the board's package; a line with faults rolls dice, by a seed."""

IMPURE_IMPORTS = {
    "asyncio",
    "concurrent",
    "http",
    "io",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "sounddevice",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "xtalk_edge.bus",
    "xtalk_edge.clock",
    "xtalk_edge.tasks",
}
"""Input, output, clocks, threads, chance. Events are made with a time, so they are allowed."""

LONGEST_LINES = 350

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in MODULES
}


def line_of(module: str) -> str:
    """Return the line of LINES on which a file such as "engines/worker.py" stands."""
    parts = PurePosixPath(module).with_suffix("").parts
    if parts in (("__main__",), ("__init__",)):
        # The two front doors.
        return "cli"
    return "base" if parts[0] in BASE else parts[0]


def imports(source: str, module: str) -> Iterator[str]:
    """Yield the full name of everything a module imports, at its top or later."""
    package = ("xtalk_edge", *PurePosixPath(module).parts[:-1])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join((*start, *([node.module] if node.module else [])))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def wrong_imports(source: str, module: str) -> list[str]:
    """Return the imports that go up the list."""
    own = LINES.index(line_of(module))
    wrong = []
    for name in imports(source, module):
        parts = name.split(".")
        if parts[0] == "xtalk_edge" and len(parts) > 1:
            target = parts[1]
            line = "base" if target in BASE or target == "__version__" else target
            if LINES.index(line) < own:
                wrong.append(name)
    return wrong


def impure_imports(source: str, module: str) -> list[str]:
    """Return the imports that a pure module must not have."""
    return [
        name
        for name in imports(source, module)
        if any(name == bad or name.startswith(f"{bad}.") for bad in IMPURE_IMPORTS)
    ]


def test_a_module_has_its_place() -> None:
    homeless = [module for module in SOURCES if line_of(module) not in LINES]
    assert not homeless, "say in LINES or BASE who may import these"


def test_imports_go_down_the_list_only() -> None:
    found = {module: wrong_imports(source, module) for module, source in SOURCES.items()}
    assert not {module: wrong for module, wrong in found.items() if wrong}, "they are above"


def test_a_module_says_what_it_is_for() -> None:
    told = {module: ast.get_docstring(ast.parse(source)) for module, source in SOURCES.items()}
    assert not [module for module, text in told.items() if SOURCES[module].strip() and not text]


def test_a_module_is_short_enough_to_hold_in_the_head() -> None:
    lengths = {module: source.count("\n") for module, source in SOURCES.items()}
    too_long = {module: lines for module, lines in lengths.items() if lines > LONGEST_LINES}
    assert not too_long, "make two files of each"


def test_a_pure_module_cannot_reach_the_world() -> None:
    pure = {path.relative_to(PACKAGE).as_posix() for each in PURE for path in PACKAGE.glob(each)}
    found = {module: impure_imports(SOURCES[module], module) for module in pure}
    assert not {module: names for module, names in found.items() if names}, (
        "they decide without I/O"
    )


# -- the board's package ---------------------------------------------------------------------


def bridge_sources() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in BRIDGE.glob("*.py")}


def test_the_boards_package_knows_nothing_of_the_appliance() -> None:
    found = {
        name: [each for each in imports(source, name) if each.split(".")[0] == "xtalk_edge"]
        for name, source in bridge_sources().items()
    }
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_the_boards_protocol_cannot_reach_the_world() -> None:
    sources = bridge_sources()
    found = {name: impure_imports(sources[name], name) for name in BRIDGE_PURE}
    assert not {name: names for name, names in found.items() if names}


def test_the_boards_files_are_short_and_say_what_they_are_for() -> None:
    files = [*BRIDGE.glob("*.py"), *BRIDGE.glob("mcu/*.[ch]")]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= LONGEST_LINES, path.name
        assert path.suffix != ".py" or ast.get_docstring(ast.parse(text)), path.name


# -- the rules themselves --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "module", "wrong"),
    [
        ("from xtalk_edge.managers.turn import T", "engines/x.py", ["xtalk_edge.managers.turn.T"]),
        ("from xtalk_edge import appliance", "managers/x.py", ["xtalk_edge.appliance"]),
        ("from ...managers import turn", "engines/tts/x.py", ["xtalk_edge.managers.turn"]),
        ("def f():\n    import xtalk_edge.cli.main", "bus/bus.py", ["xtalk_edge.cli.main"]),
        ("from xtalk_edge.turn import heard", "bus/bus.py", ["xtalk_edge.turn.heard"]),
        ("from xtalk_edge.engines import worker\nimport json", "managers/x.py", []),
        ("from . import worker\nfrom .asr import x", "engines/x.py", []),
        ("from xtalk_edge import __version__", "store/x.py", []),
    ],
)
def test_a_wrong_import_is_found(source: str, module: str, wrong: list[str]) -> None:
    assert wrong_imports(source, module) == wrong


def test_an_impure_import_is_found() -> None:
    source = (
        "import os.path\nfrom asyncio import sleep\nimport osmosis\nfrom xtalk_edge import clock"
    )
    assert impure_imports(source, "turn/x.py") == ["os.path", "asyncio.sleep", "xtalk_edge.clock"]
