"""A whole machine run by a real systemd, in namespaces of its own: for tests of the service.

It shares the files of this machine, but what it writes to /etc, /run and /var/lib is its own, and
none of this machine's services run in it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SYSTEMD = Path("/lib/systemd/systemd")

PATIENCE_S = 60.0
"""A start takes some seconds, and many more on a machine that others use."""

BOOT = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/own/etc /run/own/work-etc /run/own/lib /run/own/work-lib
cd /run/own
mount -t overlay overlay -o lowerdir=/etc,upperdir=etc,workdir=work-etc /etc
mount -t overlay overlay -o lowerdir=/var/lib,upperdir=lib,workdir=work-lib /var/lib
cd /
mount -t tmpfs tmpfs /etc/systemd/system
for wants in /usr/lib/systemd/system/*.wants; do mount -t tmpfs tmpfs "$wants"; done
# Services get their credentials by a mount that is made elsewhere.
mount --make-rshared /
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
printf '[Unit]\\nDescription=nothing at all\\n' >/etc/systemd/system/nothing.target
export container=lxc
exec /lib/systemd/systemd --system --unit=nothing.target --log-target=console --show-status=no
"""


class Machine:
    """Starts it; `with` it."""

    def __init__(self) -> None:
        self._cgroup = _cgroups() / f"xtalk-edge-test-{os.getpid()}"
        self._outer: subprocess.Popen[bytes] | None = None
        self.pid = 0
        """Of its systemd, as this machine sees it."""

    @property
    def root(self) -> Path:
        """Its files, as this machine sees them."""
        return Path(f"/proc/{self.pid}/root")

    def __enter__(self) -> Machine:
        self._cgroup.mkdir()
        try:
            self._boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _boot(self) -> None:
        within = f'echo $$ >{self._cgroup}/cgroup.procs; exec "$@"'
        self._outer = subprocess.Popen(
            ["sh", "-c", within, "sh", "unshare", "--kill-child=KILL", "-m", "-p", "-f", "-u", "-i",
             "-C", "--mount-proc", "--propagation", "private", "bash", "-c", BOOT],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        until(self._is_up, "the machine runs")

    def _is_up(self) -> bool:
        assert self._outer is not None
        if self._outer.poll() is not None:
            assert self._outer.stderr is not None
            raise RuntimeError(self._outer.stderr.read().decode(errors="replace"))
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        inner = children.read_text().split()
        if not inner or Path(f"/proc/{inner[0]}/exe").resolve().name != "systemd":
            return False
        self.pid = int(inner[0])
        return self.run("systemctl", "is-system-running").stdout.strip() == "running"

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command on it as root; return its output and exit code."""
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-m", "-p", "-u", "-i", "-C", "--", *command],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=2 * PATIENCE_S,
        )  # fmt: skip

    def service(self, *arguments: str) -> str:
        """Run `xtalk-edge service ...`; return what it said, both ways."""
        done = self.run(sys.executable, "-m", "xtalk_edge", "service", *arguments)
        return done.stdout + done.stderr

    def shown(self, *names: str) -> str:
        """Return properties of the service, a line each, in systemd's order."""
        named = f"--property={','.join(names)}"
        return self.run("systemctl", "show", "--value", named, "xtalk-edge").stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write one of its files."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def close(self) -> None:
        """End it with all that runs in it."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._outer is not None:
            if not self.pid:
                self._outer.kill()
            self._outer.communicate(timeout=PATIENCE_S)
        until(self._is_swept, "its groups are empty")

    def _is_swept(self) -> bool:
        folders = [Path(folder) for folder, *_ in os.walk(self._cgroup, topdown=False)]
        with contextlib.suppress(OSError):
            for folder in folders:
                folder.rmdir()
        return not self._cgroup.exists()


def until(fact: Callable[[], object], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait for a fact about another process."""
    give_up_s = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < give_up_s, f"not within {within_s:.0f} s: {what}"
        # Every look starts two programs.
        time.sleep(0.25)


def _cgroups() -> Path:
    """Return where the second version's control groups are."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return Path(next((at for _, at, kind, *_ in mounts if kind == "cgroup2"), "/nowhere"))


@functools.cache
def missing_part() -> str | None:
    """Return what such a machine lacks here, or None."""
    if os.geteuid() != 0:
        return "only root may run a systemd of its own"
    absent = [each for each in ("unshare", "nsenter", "systemctl") if shutil.which(each) is None]
    if absent or not SYSTEMD.exists():
        return f"systemd is not installed ({', '.join(absent) or SYSTEMD})"
    if not os.access(_cgroups(), os.W_OK):
        return "control groups cannot be written here"
    tried = subprocess.run(
        ["unshare", "-m", "-p", "-f", "-u", "-i", "-C", "--mount-proc", "mount", "-t", "tmpfs",
         "tmpfs", "/run"],
        capture_output=True, check=False,
    )  # fmt: skip
    return None if tried.returncode == 0 else "namespaces are not permitted here"
