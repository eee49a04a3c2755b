"""Lets people talk over the answers of a whole appliance, in a simulated room."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from xtalk_edge.cli.options import read_config
from xtalk_edge.clock import run_virtual
from xtalk_edge.scenes.script import Line, Room, Scene
from xtalk_edge.scenes.stage import Performance, perform

from .echo_room import TALKER_DB
from .people import LEVELS_DB, rooms
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

    One more answer comes first, over which nobody talks: in it the cancellers learn the room. How
    the device takes people before that tells `bench echo`.

    Args:
        level: of the echo against a talker, dB.
        room: where it all happens.
        people: who talks, at their own level or at that of a talker.
        config_path: the settings.
        overrides: changes to them.
        views: objects whose `@handles` methods are to see the events too.
    """
    question = Line(says=QUESTION, level_db=TALKER_DB)
    lines = [question]
    for talker in people:
        level_db = TALKER_DB if talker.level_db is None else talker.level_db
        over = replace(talker, over_answer_s=OVER_ANSWER_S, level_db=level_db, outcome="any")
        lines += [question, over]
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        changes = ("wake.mode=always", *overrides)
        config = read_config(config_path, changes, Path(state_dir), passing=True)
        placed = replace(room, echo_db=TALKER_DB + level - voice_db(config))
        scene = Scene(title="barge-in", room=placed, line=tuple(lines))
        return run_virtual(perform(scene, config, views=views))


def everywhere(
    people: Sequence[Line], a_room: int, room_folder: Path | None, *, quiet: bool
) -> Iterator[tuple[float, str, Room, list[Line]]]:
    """Yield each level and room with those who talk in it; tell which, unless `quiet`.

    Args:
        people: everybody; each room gets the next ones.
        a_room: how many talk in each.
        room_folder: impulse responses of rooms, beside those that are made up.
        quiet: whether to print nothing.
    """
    for level in LEVELS_DB:
        for number, (place, room) in enumerate(rooms(room_folder).items()):
            if not quiet:
                click.echo(f"echo {level:+.0f} dB, {place}", err=True)
            first = number * a_room
            group = [people[(first + i) % len(people)] for i in range(min(a_room, len(people)))]
            yield level, place, room, group
