"""The status page in a real browser: seen, heard, spoken to, and used without a mouse."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.chromium import ENTER, PATIENCE_S, SPACE, TAB, Tab, chromium, end, needs_chromium
from tests.e2e.test_live_appliance import all_of, comes, wait_for
from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import TALKER_VOICE

pytestmark = [pytest.mark.alone, needs_chromium]

CONNECTED = "!document.body.classList.contains('gone')"


@dataclass
class Stage:
    """A device without a sound card, and a browser that shows its page."""

    tab: Tab
    process: subprocess.Popen[str]
    command: list[str]
    events: Path
    url: str = ""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("page")
    events = folder / "events.jsonl"
    command = [
        *(sys.executable, "-m", "xtalk_edge", "run", "--card", "page"),
        *("--events", str(events), "--state-dir", str(folder / "state")),
        *("--set", "turn.button=hold", "--page"),
    ]
    with chromium(folder, recording(folder, "what time is it")) as tab:
        process = subprocess.Popen([*command, "127.0.0.1:0"], text=True)
        made = Stage(tab, process, command, events)
        try:
            opened = comes(events, "PageOpened", within_s=PATIENCE_S)
            assert opened is not None, "there is no page"
            made.url = str(opened["url"])
            tab.show(dark=False)
            tab.open(made.url)
            tab.until(CONNECTED)
            yield made
        finally:
            end(made.process, signal.SIGINT)


def recording(folder: Path, words: str) -> Path:
    """Return a recording of somebody who speaks, and after a long pause says it again."""
    voice = EspeakTTS(voice=TALKER_VOICE)
    speech = pcm_to_samples(voice.synthesize(words))
    before, behind = (np.zeros(round(s * voice.sample_rate), np.int16) for s in (0.5, 8.0))
    path = folder / "microphone.wav"
    write_wav(path, np.concatenate((before, speech, behind)), voice.sample_rate)
    return path


def test_held_down_the_button_hears_and_the_answer_is_seen_and_heard(stage: Stage) -> None:
    tab = stage.tab
    # Asked again like by a person: a busy browser may lose a piece of the words.
    for _ in range(3):
        tab.press("#talk")
        tab.comes("/what time is it/.test(document.querySelector('#turns .you')?.textContent)")
        tab.release("#talk")
        if tab.comes("/It's \\d/.test(document.querySelector('#turns .device')?.textContent)"):
            break
    tab.until("/It's \\d/.test(document.querySelector('#turns .device').textContent)")
    tab.until("parseFloat(document.querySelector('#played-here').textContent) > 0.5")
    tab.until("/answered \\d+ ms after/.test(document.querySelector('#turns summary').textContent)")
    tab.until("document.querySelector('#turns .track')")
    assert wait_for(stage.events, "ToolCallOccurred")["name"] == "get_time"
    wait_for(stage.events, "TTSPlaybackFinished")
    said = str(all_of(stage.events, "TTSPlaybackFinished")[-1]["text"])
    assert said.startswith("It's ")
    assert said in tab.text("#turns .device")
    tab.until("document.querySelector('#spoken').textContent.startsWith('You: what time is it')")


def test_asked_in_writing_it_answers_and_shows_its_timer(stage: Stage) -> None:
    tab = stage.tab
    tab.click("#text")
    tab.write("set a timer for ten minutes")
    tab.key(ENTER)
    tab.until("/ten minute timer/.test(document.querySelector('#timers').textContent)")
    tab.until("/^(9:[0-5]\\d|10:00)$/.test(document.querySelector('[role=timer]').textContent)")
    tab.until("/Timer set for ten minutes/.test(document.querySelector('#turns').textContent)")
    # And by itself it says what it is told to, without being asked.
    tab.click("#text")
    tab.write("Dinner is ready <b>now</b>.")
    tab.click("#say")
    tab.until("/Dinner is ready <b>now/.test(document.querySelector('#turns').textContent)")
    tab.click("#stop")
    assert tab.value("document.querySelectorAll('#turns b').length") == 0


def test_muted_it_says_so_and_back_again(stage: Stage) -> None:
    tab = stage.tab
    tab.click("#mute")
    tab.until("document.querySelector('#mute').getAttribute('aria-pressed') === 'true'")
    tab.until("document.querySelector('#now').dataset.state === 'muted'")
    tab.until("document.querySelector('#spoken').textContent === 'The microphone is muted.'")
    assert wait_for(stage.events, "MicrophoneMuted")["muted"] is True
    tab.until("document.querySelector('#m-raw').nextElementSibling.textContent === 'silent'")
    tab.click("#mute")
    tab.until("document.querySelector('#mute').getAttribute('aria-pressed') === 'false'")
    assert wait_for(stage.events, "MicrophoneMuted", count=2)["muted"] is False


FOCUS = """(() => {
  const it = document.activeElement;
  return [it.id || it.className || it.tagName, getComputedStyle(it).outlineStyle];
})()"""


def test_everything_has_a_name_and_can_be_reached_by_the_keyboard(stage: Stage) -> None:
    tab = stage.tab
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "checkbox", "textbox", "searchbox", "slider", "combobox", "meter", "log"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in roles
    ]
    assert len(named) >= 14
    assert [each for each in named if not each[1].strip()] == []
    landmarks = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert {"banner", "main", "region", "status"} <= landmarks
    tab.open(stage.url)
    tab.until(CONNECTED)
    reached: list[str] = []
    for _ in range(30):
        tab.key(TAB)
        name, outline = tab.value(FOCUS)
        if reached and name in ("BODY", reached[0]):
            break
        assert outline != "none", f"{name} does not show that it has the focus"
        reached.append(name)
    order = ["skip", "talk", "mute", "stop", "sound", "text", "ask", "say", "volume", "filter"]
    assert [name for name in reached if name in order] == order
    assert {"group", "still", "log"} <= set(reached)


def test_the_button_is_held_by_a_key_as_well(stage: Stage) -> None:
    tab, before = stage.tab, len(all_of(stage.events, "ButtonPressed"))
    tab.click("#sound")
    tab.until("document.querySelector('#sound').getAttribute('aria-pressed') === 'true'")
    tab.value("document.querySelector('#talk').focus()")
    tab.key(SPACE)
    wait_for(stage.events, "ButtonPressed", count=before + 1)
    wait_for(stage.events, "ButtonReleased", count=before + 1)
    tab.until("!document.querySelector('#talk').classList.contains('held')")


CONTRASTS = (Path(__file__).parents[1] / "data" / "contrasts.js").read_text()


@pytest.mark.parametrize("dark", [False, True])
def test_everything_can_be_read_by_day_and_by_night(stage: Stage, dark: bool) -> None:
    tab = stage.tab
    tab.show(dark=dark)
    tab.until(f"matchMedia('(prefers-color-scheme: dark)').matches === {json.dumps(dark)}")
    # Until colours have changed for good.
    tab.value("Promise.all(document.getAnimations().map(each => each.finished.catch(() => 0)))")
    for state in ("asleep", "listening", "thinking", "speaking", "muted"):
        tab.value(f"document.querySelector('#now').dataset.state = {state!r}; 0")
        contrasts = tab.value(CONTRASTS)
        assert len(contrasts) > 40
        assert [each for each in contrasts if each[0] < 4.5] == []
    ground = tab.value("getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 3 * 128) is dark


def test_on_a_phone_nothing_is_cut_off(stage: Stage) -> None:
    tab = stage.tab
    tab.show(dark=False, width=360, height=740)
    tab.until("innerWidth === 360")
    assert tab.value("document.documentElement.scrollWidth") <= 360
    small = tab.value(
        "[...document.querySelectorAll('button')].filter(each => each.checkVisibility())"
        ".map(each => each.getBoundingClientRect().height).filter(each => each < 44)"
    )
    assert small == [], "fingers are 44 pixels wide"
    tab.show(dark=False)


def test_events_are_filtered_while_they_come(stage: Stage) -> None:
    tab = stage.tab
    tab.click("#filter")
    tab.write("micro muted")
    tab.until("document.querySelectorAll('#log li').length === 2")
    tab.value(
        "document.querySelector('#filter').value = ''; document.querySelector('#filter').oninput()"
    )
    tab.until("document.querySelectorAll('#log li').length > 20")


def test_it_says_that_the_device_is_gone_and_comes_back_with_it(stage: Stage) -> None:
    tab = stage.tab
    assert tab.complaints == []
    end(stage.process, signal.SIGINT)
    tab.until(f"!({CONNECTED})")
    tab.until("/device is gone/.test(document.querySelector('#banner').textContent)")
    assert tab.value("document.querySelector('#talk').disabled")
    where = stage.url.removeprefix("http://").rstrip("/")
    stage.process = subprocess.Popen([*stage.command, where], text=True)
    tab.until(CONNECTED)
    tab.until("document.querySelector('#banner').hidden")
    # What it had promised it still knows.
    tab.until("/ten minute timer/.test(document.querySelector('#timers').textContent)")
