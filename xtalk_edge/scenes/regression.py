"""Makes a test of a replay: what came out this time must come out again."""

from __future__ import annotations

import re
from pathlib import Path

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.clock import wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import dump
from xtalk_edge.config.without_secrets import without_secrets
from xtalk_edge.errors import DeviceError
from xtalk_edge.recorder.bundle import Bundle, write_bundle
from xtalk_edge.recorder.lump import Card
from xtalk_edge.recorder.recording import Recording
from xtalk_edge.scenes.replay import Replayed

_TEST = '''"""What was said on {date:%d %B %Y} must be understood and answered in the same way."""

from __future__ import annotations

from pathlib import Path

from xtalk_edge.scenes.replay import replay_file


def test_{name}() -> None:
    replayed = replay_file(Path(__file__).with_name("{name}.zip"))
    assert not replayed.differences
'''


def save_test(
    folder: Path, called: str, bundle: Bundle, replayed: Replayed, config: Config
) -> list[Path]:
    """Write a bundle with the events of now, and a test that pytest finds; return their names.

    Args:
        folder: where; it is made if it is not there.
        called: what to call the test.
        bundle: what was replayed.
        replayed: what came of it.
        config: the settings of the replay.

    Raises:
        DeviceError: they are there already, or cannot be written.
    """
    name = re.sub(r"\W+", "_", called).strip("_").lower() or "replay"
    test = folder / f"test_{name}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if test.exists():
            raise DeviceError(f"{test}: there is such a test already; remove it first")
        kept = folder / f"{name}.zip"
        write_bundle(kept, _bundle(bundle, replayed, config))
        test.write_text(_TEST.format(name=name, date=bundle.recording.wall), encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{folder}: cannot be written ({error.strerror})") from error
    return [kept, test]


def _bundle(bundle: Bundle, replayed: Replayed, config: Config) -> Bundle:
    recording = bundle.recording
    card = recording.card
    return Bundle(
        recording=Recording(
            at_sample=0,
            at_s=0.0,
            wall=recording.wall,
            virtual=True,
            card=Card(
                name=card.name,
                rate_hz=RATE_HZ,
                block_frames=max(1, round(card.block_frames * RATE_HZ / card.rate_hz)),
                latency_s=card.latency_s,
            ),
            raw=recording.raw,
            clean=recording.clean,
            far=recording.far,
            records=replayed.records,
        ),
        settings=dump(without_secrets(config)),
        made=wall_now().isoformat(),
        began=bundle.began,
        machine=bundle.machine,
        models=bundle.models,
    )
