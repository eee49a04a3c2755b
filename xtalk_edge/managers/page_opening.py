"""Opens the status page."""

from __future__ import annotations

import socket

from xtalk_edge import __version__
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import is_virtual
from xtalk_edge.config.page import PAGE_ADDRESS
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.button import ButtonManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.net.host_names import is_this_machine
from xtalk_edge.net.secret import secret_of
from xtalk_edge.service.page.probes import Probes
from xtalk_edge.tools.context import VolumeControl
from xtalk_edge.tools.device.owners_border import OwnersBorder
from xtalk_edge.tools.timekeeping.bell import Bell


def open_page(
    config: Config,
    bus: EventBus,
    capture: CaptureManager,
    button: ButtonManager,
    volume: VolumeControl,
    bell: Bell,
    border: OwnersBorder,
    probes: Probes | None = None,
) -> list[Manager]:
    """Return what serves it, if the settings want a page.

    Args:
        config: the settings.
        bus: what the parts talk over.
        capture: what can be muted.
        button: what the page's own stands for.
        volume: what the page turns.
        bell: timers and alarms to show.
        border: what has left the device.
        probes: what other programs ask; None where nobody could answer.

    Raises:
        ConfigError: others could reach it, and it has no token; or that cannot be read.
    """
    listen = config.page.listen or (PAGE_ADDRESS if config.audio.card == "page" else "")
    # Nobody looks at what runs faster than time.
    if not listen or is_virtual():
        return []
    # A device without a page has no use for a server.
    from xtalk_edge.managers.page import PageManager
    from xtalk_edge.managers.page_lookups import Lookups
    from xtalk_edge.service.page.gate import Gate
    from xtalk_edge.service.page.view import View

    token = secret_of("page.token", config.page.token)
    host = listen.rpartition(":")[0].strip("[]").lower()
    is_closed = is_this_machine(host)
    if not (is_closed or token):
        raise ConfigError(
            f"page.token: whoever reaches {host} could listen and speak here; say where a token is "
            f'kept, or set page.listen = "{PAGE_ADDRESS}" for this machine alone'
        )
    name = socket.gethostname()
    own = () if is_closed else (name.lower(), f"{name.lower()}.local")
    gate = Gate(is_closed, frozenset((*own, *(each.lower() for each in config.page.names))))
    lookups = Lookups(config, capture, bell, border)
    view = View({"name": name, "version": __version__, "wakes": _how_it_wakes(config)})
    return [
        PageManager(
            event_bus=bus,
            config=config,
            capture=capture,
            button=button,
            volume=volume,
            lookups=lookups,
            view=view,
            gate=gate,
            token=token,
            probes=probes or Probes(),
            listen=listen,
        )
    ]


def _how_it_wakes(config: Config) -> str:
    """Return a sentence for who wants to talk to it."""
    match config.wake.mode:
        case "wake-word":
            return f"Say “{config.wake.phrase}”."
        case "button":
            return "Press the button."
    return "Just speak."
