"""A real browser without a window, driven over the DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")

needs_chromium = pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed")

PATIENCE_S = 60.0
"""After which something counts as missing; a busy machine takes its time."""

TAB, ENTER, SPACE = ("Tab", 9, ""), ("Enter", 13, "\r"), (" ", 32, " ")
BACKSPACE = ("Backspace", 8, "")


class Tab:
    """One page that is open in it."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._ids = itertools.count(1)
        self.complaints: list[str] = []
        """What the page did wrong, as the browser tells it."""
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Do something, and return what came of it."""
        number = next(self._ids)
        self._wire.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._wire.recv(timeout=PATIENCE_S))
            if told.get("id") == number:
                assert "error" not in told, (method, told)
                result: dict[str, Any] = told["result"]
                return result
            self._note(told)

    def _note(self, told: dict[str, Any]) -> None:
        if told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["params"]["exceptionDetails"]))
        elif told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
            self.complaints.append(json.dumps(told["params"]["entry"]))

    def open(self, url: str) -> None:
        """Show another page."""
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        """Return what an expression comes to in the page."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def comes(self, expression: str, within_s: float = 10.0) -> bool:
        """Wait until an expression comes true in the page; tell whether it did."""
        give_up_s = time.monotonic() + within_s
        while time.monotonic() < give_up_s:
            if self.value(f"Boolean({expression})"):
                return True
            time.sleep(0.05)
        return False

    def until(self, expression: str, within_s: float = PATIENCE_S) -> None:
        """Do the same; it must."""
        if not self.comes(expression, within_s):
            shown = self.value("document.body.innerText")
            raise AssertionError(f"{expression} did not come true:\n{shown}")

    def text(self, selector: str) -> str:
        """Return what an element says."""
        return str(self.value(f"document.querySelector({selector!r}).textContent"))

    def press(self, selector: str) -> None:
        """Put the mouse on an element and its button down."""
        self._mouse("mousePressed", selector)

    def release(self, selector: str) -> None:
        """Let the mouse's button go there."""
        self._mouse("mouseReleased", selector)

    def click(self, selector: str) -> None:
        """Click an element."""
        self.press(selector)
        self.release(selector)

    def _mouse(self, kind: str, selector: str) -> None:
        x, y = self.value(
            f"(() => {{ const it = document.querySelector({selector!r});"
            " it.scrollIntoView({block: 'center'}); const box = it.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def write(self, text: str) -> None:
        """Write where the cursor is."""
        self.call("Input.insertText", text=text)

    def key(self, key: tuple[str, int, str]) -> None:
        """Press a key and let it go."""
        name, code, text = key
        known = {"key": name, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def show(self, *, dark: bool, width: int = 1240, height: int = 1000) -> None:
        """Have it shown in a window of that size, by day or night, and standing still: motion costs
        a browser without a graphics processor more than all the rest.
        """
        wishes = {"color-scheme": "dark" if dark else "light", "reduced-motion": "reduce"}
        features = [{"name": f"prefers-{name}", "value": value} for name, value in wishes.items()]
        self.call("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        self.call("Emulation.setDeviceMetricsOverride", mobile=False, **size)

    def picture(self) -> bytes:
        """Return it as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])


@contextlib.contextmanager
def chromium(folder: Path, microphone: Path) -> Iterator[Tab]:
    """Start the browser; its microphone hears a recording again and again."""
    assert PROGRAM is not None
    command = [
        *(PROGRAM, "--headless=new", "--no-first-run", "--disable-gpu", "--mute-audio"),
        *("--remote-debugging-port=0", f"--user-data-dir={folder / 'browser'}"),
        *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
        *(f"--use-file-for-fake-audio-capture={microphone}", "--disable-dev-shm-usage"),
        *("--autoplay-policy=no-user-gesture-required",),
        # Nobody is root in a browser, and in a container there is nobody else.
        *(("--no-sandbox",) if os.geteuid() == 0 else ()),
        "about:blank",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_address_of_tab(folder / "browser" / "DevToolsActivePort")) as wire:
            yield Tab(wire)
    finally:
        end(process, signal.SIGTERM)


def end(process: subprocess.Popen[Any], by: signal.Signals) -> None:
    """End a program in good order, or at least."""
    process.send_signal(by)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def _address_of_tab(told: Path) -> str:
    give_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_s:
        with contextlib.suppress(OSError, ValueError, IndexError):
            port = int(told.read_text().split()[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = [each for each in json.load(answer) if each["type"] == "page"]
            return str(tabs[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise AssertionError("chromium did not start")
