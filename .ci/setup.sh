#!/usr/bin/env bash
# Builds everything the project needs into .venv, and says what it is doing.
# Does nothing when nothing changed. `setup.sh --with-tests` adds the sound server and the browser the tests use.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"
    else return 1; fi
}

# Installs Debian packages; on other systems, or without the rights, says what to install.
need_packages() {
    command -v apt-get >/dev/null || fail "please install these with your package manager, then run make again: $*"
    say "Installing system packages: $*"
    as_root apt-get update -qq >/dev/null 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
        || fail "these packages are missing and need an administrator: sudo apt-get install $*"
}

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }

find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$candidate"; return; }
    done
    if command -v uv >/dev/null; then uv python install -q 3.11 && uv python find 3.11 && return; fi
    fail "Python 3.11 or newer is needed; on a Jetson: install uv, then run 'uv python install 3.11'"
}

# Runs a long command with its output in a log, and a line every few seconds that says it is alive.
with_progress() {
    local title=$1 log=$2; shift 2
    say "$title"
    "$@" >"$log" 2>&1 &
    local pid=$! started=$SECONDS last=$SECONDS
    trap 'kill $pid 2>/dev/null; exit 130' INT TERM
    while kill -0 $pid 2>/dev/null; do
        sleep 1
        if [ $((SECONDS - last)) -ge 10 ]; then
            last=$SECONDS
            printf '    %3d s  %s\n' $((SECONDS - started)) "$(grep -aoE '(Collecting|Downloading|Building wheel for|Installing|Created wheel for) [^ ]+|\[[0-9]+/[0-9]+\] (Building|Linking)' "$log" | tail -n 1 | cut -c1-70)"
        fi
    done
    trap - INT TERM
    wait $pid || { tail -n 25 "$log" >&2; fail "$title failed; the whole log is in $log"; }
    printf '    done in %d s\n' $((SECONDS - started))
}

missing=()
has_library libportaudio.so.2 || missing+=(libportaudio2)
has_library libspeexdsp.so.1 || missing+=(libspeexdsp1)
has_library libsonic.so.0 || missing+=(libsonic0)
command -v cc >/dev/null && command -v c++ >/dev/null || missing+=(build-essential)
if [ "${1:-}" = --with-tests ]; then
    command -v pulseaudio >/dev/null || missing+=(pulseaudio pulseaudio-utils libasound2-plugins)
    [ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || missing+=(mosquitto)
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    command -v chromium >/dev/null || missing+=(chromium)
fi
[ ${#missing[@]} = 0 ] || need_packages "${missing[@]}"

python=$(find_python)
if [ ! -x .venv/bin/python ]; then
    say "Creating the virtual environment .venv ($("$python" --version))"
    "$python" -m venv .venv 2>/dev/null || { rm -rf .venv; need_packages python3-venv; "$python" -m venv .venv; }
fi

wanted=$(cat pyproject.toml setup.py constraints.txt xtalk_edge/audio/*.c xtalk_edge/audio/core_build.py | sha256sum)
if [ "$(cat .venv/installed 2>/dev/null)" != "$wanted" ]; then
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    # One built under another tag would hide the new one.
    rm -f xtalk_edge/audio/_core.*.so
    with_progress "Updating pip" .venv/pip.log .venv/bin/python -m pip install --upgrade "pip>=25.1"
    # -v: pip says nothing during a build otherwise, and llama.cpp compiles for minutes the first time.
    # compat: a plain path instead of an import hook, which every start of Python would pay for.
    with_progress "Installing packages (the first time llama.cpp is compiled: some minutes; later from pip's cache)" \
        .venv/pip.log .venv/bin/python -m pip install -v -c constraints.txt \
        --config-settings editable_mode=compat --editable . --group dev
    echo "$wanted" >.venv/installed
fi

[ -s models/starter/silero_vad.onnx ] || .venv/bin/python models/fetch_silero.py || true
