"""What the settings of the uplink must be besides of the right type."""

from __future__ import annotations

from xtalk_edge.config.schema import Config
from xtalk_edge.config.source import Source


def check_uplink(source: Source, config: Config) -> None:
    """Note what is wrong with a server that may answer or speak in the device's stead."""
    uplink = config.uplink
    chosen = uplink.uses
    if not chosen:
        return
    if uplink.kind == "xai" and chosen != ("full",):
        source.complain(
            ("uplink", "kind"), 'must be "x-talk" unless uplink.full is all that is not "off"'
        )
    if uplink.kind == "xai" and uplink.xai.turn_detection != "none":
        source.complain(
            ("uplink", "xai", "turn_detection"),
            'must be "none": the device decides when a turn is over',
        )
    if uplink.kind == "x-talk" and not uplink.url:
        source.complain(("uplink", chosen[0]), 'needs uplink.url = "wss://host/ws"')
    if "full" in chosen and len(chosen) > 1:
        source.complain(
            ("uplink", chosen[1]),
            'must be "off" where uplink.full is not: a server that hears also thinks and speaks',
        )
    needed = "audio" if uplink.full != "off" else "text"
    if needed not in uplink.cloud_allowed:
        source.complain(
            ("uplink", "cloud_allowed"),
            f'must have "{needed}", or uplink.{chosen[0]} must be "off": nothing could be asked',
        )
    if uplink.full != "off" and config.interpret.on:
        source.complain(
            ("uplink", "full"),
            'must be "off" where interpret.on is true: a server answers turns, and an interpreter '
            "does not wait for their end",
        )
    if uplink.tts != "off" and config.speed.usual != 1.0:
        source.complain(
            ("uplink", "tts"),
            f'must be "off" where speed.usual is {config.speed.usual}: '
            "a server speaks at one speed only",
        )
