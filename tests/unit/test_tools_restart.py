from tests.unit.tool_talk import talk
from xtalk_edge.tools.device.restart import restart

ASKED = ("restart", dict[str, int]())


def test_restarting_takes_a_yes(tmp_path):
    asked = []
    said = talk(
        tmp_path, [restart], ASKED, "no", ASKED, "yes", restart=lambda: asked.append("restart")
    )
    assert said == [
        "Should I restart now?",
        "All right, I won't.",
        "Should I restart now?",
        "I'm restarting. I'll be back in a moment.",
    ]
    assert asked == ["restart"]


def test_where_nothing_runs_nothing_is_restarted(tmp_path):
    assert talk(tmp_path, [restart], ASKED, "yes") == [
        "There is nothing running here that I could restart.",
        None,
    ]


def test_what_a_call_would_do():
    assert restart.in_words({}) == "restart"
