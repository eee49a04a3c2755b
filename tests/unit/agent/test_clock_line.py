import datetime

from xtalk_edge.engines.agent.clock_line import KEPT_S, ClockLine


class Clocks:
    def __init__(self):
        self.wall = datetime.datetime(2026, 5, 4, 16, 9, 55, tzinfo=datetime.UTC)
        self.now_s = 100.0

    def pass_s(self, seconds):
        self.wall += datetime.timedelta(seconds=seconds)
        self.now_s += seconds


def make():
    clocks = Clocks()
    return clocks, ClockLine(lambda: clocks.wall, lambda: clocks.now_s)


def test_day_date_and_time_are_told():
    _, line = make()
    assert line.text() == "[Monday, 4 May 2026, 16:09]"


def test_a_minute_that_ends_within_a_question_does_not_count():
    clocks, line = make()
    first = line.text()
    clocks.pass_s(KEPT_S)
    assert line.text() == first
    line.renew()
    assert line.text() == "[Monday, 4 May 2026, 16:10]"


def test_a_question_never_asked_does_not_stop_the_clock():
    clocks, line = make()
    line.text()
    clocks.pass_s(KEPT_S + 1)
    assert line.text() == "[Monday, 4 May 2026, 16:10]"
