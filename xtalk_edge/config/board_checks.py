"""What the settings of the board must be besides of the right type."""

from __future__ import annotations

import re

from xtalk_edge.config.schema import Config
from xtalk_edge.config.source import Source
from xtalk_edge.config.toml_text import shown

_LINE = re.compile(r"[A-Za-z0-9_-]{1,32}:\d{1,4}")


def check_board(source: Source, config: Config) -> None:
    """Note what is wrong with the board's settings, and with devices on its outputs."""
    board, hold = config.board, config.turn.button == "hold"
    if board.gpio and not _LINE.fullmatch(board.gpio):
        problem = f'must be chip and line, such as "gpiochip0:17", got {shown(board.gpio)}'
        source.complain(("board", "gpio"), problem)
    if hold and board.button == "talk" and board.long_press != "none":
        problem = 'must be "none" where turn.button is "hold": holding the button is talking'
        source.complain(("board", "long_press"), problem)
    taken: dict[int, str] = {}
    for index, device in enumerate(config.tools.devices):
        path = ("tools", "devices", index, "output")
        if not device.output:
            continue
        if not board.port:
            source.complain(path, 'needs a board: set board.port, to "auto" for the only one')
        if device.output in taken:
            problem = f"{shown(taken[device.output])} is on this output too; choose another one"
            source.complain(path, problem)
        taken[device.output] = device.name
