"""The tools every device has; the built-in model is trained on these names and arguments."""

from __future__ import annotations

from xtalk_edge.tools.clear import clear_all
from xtalk_edge.tools.conversation import help, repeat, stop
from xtalk_edge.tools.dates.clock import get_time
from xtalk_edge.tools.dates.days import days_until, get_date, shift_date
from xtalk_edge.tools.device.restart import restart
from xtalk_edge.tools.device.system import system_status
from xtalk_edge.tools.figures.chance import flip_coin, roll_dice
from xtalk_edge.tools.figures.conversion import convert
from xtalk_edge.tools.figures.sums import calculate
from xtalk_edge.tools.home.devices import device_state, switch_device
from xtalk_edge.tools.jokes import tell_joke
from xtalk_edge.tools.kept.lists import add_item, read_list, remove_item
from xtalk_edge.tools.kept.memories import forget, recall, remember
from xtalk_edge.tools.kept.notes import add_note, delete_note, read_notes
from xtalk_edge.tools.registry import Tool
from xtalk_edge.tools.timekeeping.alarms import (
    cancel_alarm,
    change_alarm,
    list_alarms,
    set_alarm,
    snooze,
)
from xtalk_edge.tools.timekeeping.timers import cancel_timer, change_timer, set_timer, timer_left
from xtalk_edge.tools.voice.voice import change_speed, change_voice
from xtalk_edge.tools.voice.volume import change_volume, mute, set_volume, unmute

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
    mute,
    unmute,
    change_voice,
    change_speed,
    add_item,
    remove_item,
    read_list,
    add_note,
    read_notes,
    delete_note,
    remember,
    recall,
    forget,
    switch_device,
    device_state,
    calculate,
    convert,
    system_status,
    flip_coin,
    roll_dice,
    tell_joke,
    repeat,
    stop,
    help,
    restart,
)
