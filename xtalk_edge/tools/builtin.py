"""The tools every device has; the built-in model is trained on these names and arguments."""

from __future__ import annotations

from xtalk_edge.tools.alarms import cancel_alarm, change_alarm, list_alarms, set_alarm, snooze
from xtalk_edge.tools.clear import clear_all
from xtalk_edge.tools.clock import get_time
from xtalk_edge.tools.conversation import help, repeat, stop
from xtalk_edge.tools.conversion import convert
from xtalk_edge.tools.days import days_until, get_date, shift_date
from xtalk_edge.tools.jokes import tell_joke
from xtalk_edge.tools.registry import Tool
from xtalk_edge.tools.sums import calculate
from xtalk_edge.tools.timers import cancel_timer, change_timer, set_timer, timer_left
from xtalk_edge.tools.volume import change_volume, set_volume

BUILTIN_TOOLS: tuple[Tool, ...] = (
    set_timer,
    change_timer,
    cancel_timer,
    timer_left,
    set_alarm,
    change_alarm,
    cancel_alarm,
    list_alarms,
    snooze,
    clear_all,
    get_time,
    get_date,
    shift_date,
    days_until,
    set_volume,
    change_volume,
    calculate,
    convert,
    tell_joke,
    repeat,
    stop,
    help,
)
