"""Managers of the owner's own, as the settings name them."""

from __future__ import annotations

import inspect

from xtalk_edge.config.schema import ManagerConfig
from xtalk_edge.engines import registry
from xtalk_edge.errors import ConfigError
from xtalk_edge.managers.base import Manager


def own_manager(own: ManagerConfig) -> type[Manager]:
    """Return the class that is named, if it is a manager and takes the settings given.

    Raises:
        ConfigError: it is not, or does not.
    """
    found = registry.load_class(own.spec)
    place = own.places.get("spec", "managers.spec")
    if not issubclass(found, Manager):
        raise ConfigError(
            f"{place}: {own.spec} must be derived from xtalk_edge.managers.base.Manager"
        )
    try:
        inspect.signature(found).bind(event_bus=None, config=None, appliance=None, **own.params)
    except TypeError as error:
        raise ConfigError(f"{place}: {own.spec} does not fit its settings: {error}") from error
    return found
