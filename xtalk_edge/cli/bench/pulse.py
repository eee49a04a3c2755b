"""A private PulseAudio server with virtual sound cards, for machines without any.

`appspk` plays into the sink `speaker`; `apploop` hears what that sink plays; `appmic` hears what
is fed into the sink `micfeed`. Nothing outside this process and its children sees the server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from xtalk_edge.audio.portaudio_devices import rescan_devices
from xtalk_edge.errors import DeviceError

START_LIMIT_S = 10.0
"""A server on a busy two-core machine answers within 0.2 s; a broken one never."""

RATE_HZ = 48_000

# Without norewinds a null sink stalls for up to two seconds at a time.
SERVER_SCRIPT = """\
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/pulse.sock
load-module module-null-sink sink_name=speaker rate={rate} channels=1 norewinds=1
load-module module-null-sink sink_name=micfeed rate={rate} channels=1 norewinds=1
load-module module-remap-source source_name=mic master=micfeed.monitor
set-default-sink speaker
set-default-source mic
"""

# PortAudio lists only those ALSA devices that carry a hint.
ALSA_DEVICES = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "default" } }
pcm.appmic { type pulse device "mic" hint { show on description "appmic" } }
pcm.appspk { type pulse device "speaker" hint { show on description "appspk" } }
pcm.apploop { type pulse device "speaker.monitor" hint { show on description "apploop" } }
"""


def missing_part() -> str | None:
    """Return what a private server lacks on this machine, or None."""
    absent = [program for program in ("pulseaudio", "pactl") if shutil.which(program) is None]
    if absent:
        return f"{' and '.join(absent)} missing; on Debian: apt install pulseaudio pulseaudio-utils"
    if not any(Path("/usr/lib").glob("**/alsa-lib/libasound_module_pcm_pulse.so")):
        return "ALSA cannot reach PulseAudio; on Debian: apt install libasound2-plugins"
    return None


class PrivatePulse:
    """Starts the server and points this process's sound at it; undoes both at the end."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._kept: dict[str, str | None] = {}

    def __enter__(self) -> PrivatePulse:
        missing = missing_part()
        if missing:
            raise DeviceError(f"a private sound server cannot be started: {missing}")
        self._folder = Path(tempfile.mkdtemp(prefix="xtalk-edge-pulse-"))
        try:
            self._start(self._folder)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _start(self, folder: Path) -> None:
        (folder / "server.pa").write_text(SERVER_SCRIPT.format(folder=folder, rate=RATE_HZ))
        (folder / "asound.conf").write_text(ALSA_DEVICES)
        self._point_at(
            XDG_RUNTIME_DIR=str(folder),
            PULSE_SERVER=f"unix:{folder}/pulse.sock",
            ALSA_CONFIG_PATH=str(folder / "asound.conf"),
        )
        self._launch(folder)
        _forget_old_devices()

    def _launch(self, folder: Path) -> None:
        with (folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                 "--realtime=yes", "--high-priority=yes",  # where it may, as servers do
                 "-F", str(folder / "server.pa")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        give_up_s = time.monotonic() + START_LIMIT_S
        while subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode != 0:
            if self._server.poll() is not None or time.monotonic() > give_up_s:
                said = (folder / "log").read_text(errors="replace").strip().splitlines()
                raise DeviceError(
                    f"the private sound server did not start: {said[-1] if said else 'no reason'}"
                )
            time.sleep(0.05)

    def _point_at(self, **settings: str) -> None:
        for name, value in settings.items():
            self._kept[name] = os.environ.get(name)
            os.environ[name] = value

    def kill_server(self) -> None:
        """End the server as a pulled plug would."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def restart_server(self) -> None:
        """Put the plug back."""
        assert self._folder is not None
        self._launch(self._folder)

    def close(self) -> None:
        """End the server and give this process its own sound back."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.kill_server()
            self._server = None
        for name, value in self._kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._kept.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _forget_old_devices() -> None:
    if "sounddevice" in sys.modules:  # PortAudio was started before this server was
        rescan_devices()
