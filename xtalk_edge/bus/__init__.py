"""The event bus: typed facts, one inbox a subscriber, in order, bounded, counted."""

from xtalk_edge.bus.bus import EventBus
from xtalk_edge.bus.event_factory import create_event_class
from xtalk_edge.bus.handles import handles
from xtalk_edge.bus.inbox import Subscription
from xtalk_edge.bus.stats import BusStats, HandlerStats

__all__ = ["BusStats", "EventBus", "HandlerStats", "Subscription", "create_event_class", "handles"]
