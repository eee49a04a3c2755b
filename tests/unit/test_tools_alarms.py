"""The tools for alarms, as they answer; it is ten past four on Monday afternoon."""

import pytest

from tests.unit.test_tools_timers import converse
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

HOUR_S = 3600
SEVEN_AM = ("set_alarm", {"hour": 7, "period": "am"})
SCHOOL = ("set_alarm", {"hour": 6, "minute": 30, "period": "am", "repeat": "weekdays",
                        "name": "my school alarm"})  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"hour": 6, "minute": 30, "period": "am", "day": "tomorrow"},
            "Alarm set for 6:30 AM tomorrow.",
        ),
        ({"hour": 7}, "Alarm set for 7:00 PM today."),
        ({"hour": 19, "minute": 30}, "Alarm set for 7:30 PM today."),
        ({"hour": 12, "period": "am"}, "Alarm set for 12:00 AM tomorrow."),
        (
            {"hour": 8, "period": "pm", "day": "monday", "repeat": "weekly"},
            "Alarm set for 8:00 PM every Monday.",
        ),
        ({"hour": 7, "period": "am", "day": "friday"}, "Alarm set for 7:00 AM on Friday."),
        (
            {"hour": 7, "period": "am", "day": "monday"},
            "Alarm set for 7:00 AM on Monday, May 11th, 2026.",
        ),
        ({"hour": 9, "repeat": "weekends"}, "Alarm set for 9:00 AM on weekends."),
        ({"hour": 9, "repeat": "daily"}, "Alarm set for 9:00 AM every day."),
        (SCHOOL[1], "Your school alarm is set for 6:30 AM every weekday."),
        ({}, "What time should the alarm be?"),
        (
            {"hour": 19, "period": "am"},
            "19 o'clock is not in the morning. What time should the alarm be?",
        ),
        ({"hour": 24}, "Sorry, the hour must be between 0 and 23."),
    ],
)
def test_setting_an_alarm(tmp_path, arguments, sentence):
    assert converse(tmp_path, ("set_alarm", arguments)) == [sentence]


@pytest.mark.parametrize(("period", "title"), [("am", "midnight"), ("pm", "noon")])
def test_twelve_has_names_of_its_own(tmp_path, period, title):
    said = converse(tmp_path, ("set_alarm", {"hour": 12, "period": period}), ("cancel_alarm", {}))
    assert said[1] == f"Your {title} alarm is cancelled."


def test_an_alarm_is_not_set_twice(tmp_path):
    again = ("set_alarm", {"hour": 7, "period": "am", "day": "tomorrow"})
    said = converse(tmp_path, SEVEN_AM, again, ("list_alarms", {}))
    assert said[1:] == [
        "That alarm is set already, for 7:00 AM tomorrow.",
        "Your alarm is set for 7:00 AM tomorrow.",
    ]


def test_there_is_an_end_to_alarms(tmp_path):
    calls = [("set_alarm", {"hour": 18, "minute": minute}) for minute in range(21)]
    assert converse(tmp_path, *calls)[-1] == "Sorry, there are too many alarms already."


def test_listing_alarms(tmp_path):
    said = converse(tmp_path, ("list_alarms", {}), SCHOOL, ("list_alarms", {}), SEVEN_AM,
                    ("list_alarms", {}))  # fmt: skip
    assert [said[0], said[2], said[4]] == [
        "There is no alarm set.",
        "Your school alarm is set for 6:30 AM every weekday.",
        "You have two alarms: the school alarm at 6:30 AM every weekday and 7:00 AM tomorrow.",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"hour": 8}, "Your alarm is now set for 8:00 AM tomorrow."),
        ({"hour": 7, "minute": 30}, "Your alarm is now set for 7:30 AM tomorrow."),
        ({"period": "pm", "day": "today"}, "Your alarm is now set for 7:00 PM today."),
        ({"day": "friday"}, "Your alarm is now set for 7:00 AM on Friday."),
        ({"hour": 8, "name": "the seven o'clock alarm"},
         "Your alarm is now set for 8:00 AM tomorrow."),
        ({}, "What time should the alarm be?"),
        ({"hour": 8, "name": "tea"},
         "There is no tea alarm. There is only the alarm at 7:00 AM tomorrow."),
    ],
)  # fmt: skip
def test_changing_an_alarm(tmp_path, arguments, sentence):
    assert converse(tmp_path, SEVEN_AM, ("change_alarm", arguments))[1] == sentence


def test_it_is_the_alarm_just_set_but_later_one_of_two_is_asked_for(tmp_path):
    said = converse(
        tmp_path, ("change_alarm", {"hour": 8}), SCHOOL, SEVEN_AM, 20,
        ("change_alarm", {"hour": 8}), 100, ("change_alarm", {"hour": 9}),
        ("change_alarm", {"hour": 7, "name": "school"}),
    )  # fmt: skip
    assert [said[0], *said[3:]] == [
        "There is no alarm set.",
        "Your alarm is now set for 8:00 AM tomorrow.",
        "There are two alarms: the school alarm at 6:30 AM every weekday and 8:00 AM tomorrow."
        " Which one should I change?",
        "Your school alarm is now set for 7:00 AM every weekday.",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"hour": 7}, "Your seven o'clock alarm is cancelled."),
        ({"hour": 7, "period": "am", "day": "tomorrow"}, "Your seven o'clock alarm is cancelled."),
        ({"hour": 6, "minute": 30}, "Your school alarm is cancelled."),
        ({"minute": 30}, "Your school alarm is cancelled."),
        ({"name": "school alarm"}, "Your school alarm is cancelled."),
        ({"name": "6:30 AM"}, "Your school alarm is cancelled."),
        ({"period": "pm"}, "There is no such alarm."),
        ({"hour": 6}, "There is no such alarm."),
        ({"hour": 8}, "There is no such alarm."),
        ({"day": "sunday"}, "There is no such alarm."),
        ({"hour": 13, "period": "am"}, "13 o'clock is not in the morning."),
        ({}, "There are two alarms: the school alarm at 6:30 AM every weekday"
             " and 7:00 AM tomorrow. Which one should I cancel?"),
        ({"day": "friday"},
         "Your school alarm won't ring on Friday. It rings again tomorrow."),
        ({"hour": 6, "minute": 30, "day": "tomorrow"},
         "Your school alarm won't ring tomorrow. It rings again on Wednesday."),
        ({"name": "school", "day": "monday"},
         "Your school alarm won't ring on Monday, May 11th, 2026. It rings again tomorrow."),
    ],
)  # fmt: skip
def test_cancelling_an_alarm(tmp_path, arguments, sentence):
    said = converse(tmp_path, SCHOOL, SEVEN_AM, ("cancel_alarm", arguments))[2]
    if "no such" in sentence:
        assert said == (
            "There is no such alarm. There are two alarms: the school alarm at 6:30 AM every"
            " weekday and 7:00 AM tomorrow."
        )
    else:
        assert said.startswith(sentence)


def test_the_alarm_of_a_weekday_is_cancelled_whole(tmp_path):
    weekly = ("set_alarm", {"hour": 7, "day": "friday", "repeat": "weekly"})
    said = converse(tmp_path, weekly, ("cancel_alarm", {"day": "friday"}), ("cancel_alarm", {}))
    assert said[1:] == ["Your seven o'clock alarm is cancelled.", "There is no alarm set."]


@pytest.mark.slow
def test_turning_off_the_alarm_that_rings_leaves_the_others(tmp_path):
    said = converse(
        tmp_path,
        ("set_alarm", {"hour": 17, "repeat": "daily"}),
        SEVEN_AM,
        50 * 60 + 30,
        ("cancel_alarm", {"name": "school"}),
        ("cancel_alarm", {}),
        ("list_alarms", {}),
    )
    assert said[3:] == [
        "Your five o'clock alarm is off.",
        "You have two alarms: 7:00 AM tomorrow and 5:00 PM every day.",
    ]
    assert said[2].startswith("There is no such alarm.")


@pytest.mark.slow
def test_snoozing(tmp_path):
    said = converse(
        tmp_path,
        ("snooze", {}),
        ("set_alarm", {"hour": 17}),
        ("set_timer", {"minutes": 50}),
        50 * 60 + 30,
        ("snooze", {"minutes": 10}),
        ("list_alarms", {}),
        ("timer_left", {}),
        ("cancel_alarm", {"name": "tea"}),
        ("cancel_alarm", {"name": "five o'clock"}),
        ("snooze", {}),
        ("list_alarms", {}),
        ("snooze", {}),
    )
    assert [said[0], *said[3:]] == [
        "Nothing is ringing.",
        "I'll ring again in ten minutes.",
        "Your five o'clock alarm is snoozed for ten minutes.",
        "There is no timer running.",
        "There is no alarm set.",
        "Your five o'clock alarm is off.",
        "I'll ring again in five minutes.",
        "There is no alarm set.",
        "Nothing is ringing.",
    ]


@pytest.mark.parametrize(
    ("what", "before", "question", "done", "after"),
    [
        ("timers", [("set_timer", {"minutes": 5})], "Cancel your timer?",
         "All timers are cancelled.", ("timer_left", "There is no timer running.")),
        ("alarms", [SCHOOL, SEVEN_AM], "Cancel both alarms?",
         "All alarms are cancelled.", ("list_alarms", "There is no alarm set.")),
        ("notes", [("add_note", {"text": each}) for each in ("one", "two", "three")],
         "Delete all three notes?", "All notes are deleted.",
         ("read_notes", "You have no notes.")),
        ("memories", [("remember", {"text": "the key is in the drawer"})],
         "Forget the one thing you told me?", "I forgot everything you told me.", None),
        ("shopping list", [("add_item", {"item": "milk and eggs"})],
         "Take both items off your shopping list?", "Your shopping list is empty now.",
         ("read_list", "Your shopping list is empty.")),
    ],
)  # fmt: skip
def test_clearing_asks_first(tmp_path, what, before, question, done, after):
    clear = ("clear_all", {"what": what})
    said = converse(tmp_path, *before, clear, "no", clear, "yes", clear)[len(before) :]
    assert said[:4] == [question, "All right, I won't.", question, done]
    assert "?" not in said[4]
    if after is not None:
        assert converse(tmp_path, (after[0], {})) == [after[1]]


@pytest.mark.parametrize(
    ("tool", "arguments", "doing"),
    [
        ("set_alarm", {}, "set an alarm"),
        ("set_alarm", {"hour": 7}, "set an alarm for 7:00"),
        (
            "set_alarm",
            {"hour": 7, "minute": 5, "period": "am", "day": "monday", "repeat": "weekly"},
            "set an alarm for 7:05 AM on Monday every week",
        ),
        (
            "set_alarm",
            {"hour": 7, "repeat": "weekdays", "name": "school"},
            "set a school alarm for 7:00 every weekday",
        ),
        ("change_alarm", {"hour": 8, "day": "tomorrow"}, "change your alarm to 8:00 tomorrow"),
        ("change_alarm", {"name": "tea"}, "change your tea alarm"),
        ("cancel_alarm", {"hour": 8, "period": "pm"}, "cancel your alarm for 8:00 PM"),
        ("cancel_alarm", {}, "cancel your alarm"),
        ("snooze", {}, "ring again in five minutes"),
        ("clear_all", {"what": "notes"}, "delete all notes"),
    ],
)
def test_what_is_asked_before_a_doubtful_call(tool, arguments, doing):
    (found,) = [each for each in BUILTIN_TOOLS if each.name == tool]
    assert found.in_words(arguments) == doing
