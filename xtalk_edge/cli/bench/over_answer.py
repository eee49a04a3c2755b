"""Lets people talk over the answers of a whole appliance, in a simulated room."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xtalk_edge.cli.options import read_config
from xtalk_edge.clock import run_virtual
from xtalk_edge.scenes.script import Line, Room, Scene
from xtalk_edge.scenes.stage import Performance, perform

from .echo_room import TALKER_DB
from .self_hearing import voice_db

QUESTION = "What can you do?"
"""Its answer takes nine seconds, and it may be asked again and again."""

OVER_ANSWER_S = 2.0


def talk_over(
    level: float, room: Room, people: Sequence[Line],
    config_path: Path | None, overrides: tuple[str, ...],
    *, views: Sequence[object] = (),
) -> Performance:  # fmt: skip
    """Ask the appliance a question for each of the people, and let them talk over its answer.

    Args:
        level: of the echo against a talker, dB.
        room: where it all happens.
        people: who talks, at their own level or at that of a talker.
        config_path: the settings.
        overrides: changes to them.
        views: objects whose `@handles` methods are to see the events too.
    """
    question = Line(says=QUESTION, level_db=TALKER_DB)
    lines = []
    for talker in people:
        level_db = TALKER_DB if talker.level_db is None else talker.level_db
        over = replace(talker, over_answer_s=OVER_ANSWER_S, level_db=level_db, outcome="any")
        lines += [question, over]
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        changes = ("wake.mode=always", *overrides)
        config = read_config(config_path, changes, Path(state_dir))
        placed = replace(room, echo_db=TALKER_DB + level - voice_db(config))
        scene = Scene(title="barge-in", room=placed, line=tuple(lines))
        return run_virtual(perform(scene, config, views=views))
