"""The tools every device has; the built-in model is trained on these names and arguments."""

from __future__ import annotations

from xtalk_edge.tools.alarms import cancel_alarm, change_alarm, list_alarms, set_alarm, snooze
from xtalk_edge.tools.chance import flip_coin, roll_dice
from xtalk_edge.tools.clear import clear_all
from xtalk_edge.tools.clock import get_time
from xtalk_edge.tools.conversation import help, repeat, stop
from xtalk_edge.tools.conversion import convert
from xtalk_edge.tools.days import days_until, get_date, shift_date
from xtalk_edge.tools.devices import device_state, switch_device
from xtalk_edge.tools.jokes import tell_joke
from xtalk_edge.tools.lists import add_item, read_list, remove_item
from xtalk_edge.tools.memories import forget, recall, remember
from xtalk_edge.tools.notes import add_note, delete_note, read_notes
from xtalk_edge.tools.registry import Tool
from xtalk_edge.tools.restart import restart
from xtalk_edge.tools.sums import calculate
from xtalk_edge.tools.system import system_status
from xtalk_edge.tools.timers import cancel_timer, change_timer, set_timer, timer_left
from xtalk_edge.tools.voice import change_speed, change_voice
from xtalk_edge.tools.volume import change_volume, mute, set_volume, unmute

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
