"""A service, its sessions, and what an application makes of them."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

from tests.xtalk_stand_in import early_gateway, later_gateway
from tests.xtalk_stand_in.bus import EarlyBus, LaterBus
from tests.xtalk_stand_in.events import Age
from tests.xtalk_stand_in.managers import (
    AgentManager,
    OutputGateway,
    StockManager,
    TTSManager,
    TurnTakingManager,
)


class Models:
    """An agent that repeats what it is told, and a voice whose sound is its text."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.config = config or {}

    async def answer(self, text: str) -> AsyncIterator[str]:
        """Yield the agent's reply piece by piece."""
        yield "You said, "
        yield f"{text}."

    def speech(self, text: str) -> bytes:
        """Return a text as sound."""
        return text.encode()


class DefaultPipeline(Models):
    """What early servers call it."""


class DefaultService:
    """A prototype that is cloned for each session."""

    age: ClassVar[Age] = "early"
    events: ClassVar[Any] = None

    def __init__(
        self,
        *,
        pipeline: Models | None = None,
        models: Models | None = None,
        service_config: dict[str, Any] | None = None,
        _websocket: Any = None,
    ) -> None:
        self.models = pipeline or models or Models()
        self.service_config = service_config or {}
        self.event_bus: Any = EarlyBus() if self.age == "early" else LaterBus()
        self._manager_classes: list[Any] = []
        self._extra: list[tuple[type, type, Callable[..., Any]]] = []
        self.websocket = _websocket

    def register_manager(self, manager_cls: type) -> None:
        """Add a manager to every session."""
        self._manager_classes.append(manager_cls)

    def subscribe_event(
        self, *, event_listener_cls: type, event_type: Any, method_or_handler: Callable[..., Any]
    ) -> None:
        """Have a listener of every session handle a kind of event too."""
        self._extra.append((event_listener_cls, event_type, method_or_handler))

    def clone(self, websocket: Any) -> Session:
        """Return a session."""
        return Session(self, websocket)


class Session:
    """One client's managers."""

    def __init__(self, service: DefaultService, websocket: Any) -> None:
        self.event_bus: Any = EarlyBus() if service.age == "early" else LaterBus()
        self._events = service.events
        gateway = early_gateway if service.age == "early" else later_gateway
        stock = (TTSManager, AgentManager, TurnTakingManager, gateway.TextMsgHandler, OutputGateway)
        listeners: list[Any] = [self._stock(service, each) for each in stock]
        listeners[-1].websocket = websocket
        for kind in service._manager_classes:
            listeners.append(self._own(service, kind))
        for listener_cls, event_type, handler in service._extra:
            for listener in listeners:
                if isinstance(listener, listener_cls):
                    self.event_bus.subscribe(event_type, _bound(handler, listener))
        self._listeners = listeners

    def _stock(self, service: DefaultService, kind: type[StockManager]) -> StockManager:
        return kind(self.event_bus, "session", service.age, service.events, service.models)

    def _own(self, service: DefaultService, kind: Any) -> Any:
        given = {
            "event_bus": self.event_bus,
            "session_id": "session",
            "config": service.service_config,
        }
        wants = inspect.signature(kind.__init__).parameters
        more = {name: service.models for name in ("pipeline", "models") if name in wants}
        return kind(**given, **more)

    async def receive(self, text: str) -> None:
        """Take a text message from the client."""
        event = self._events.WebSocketMessageReceived(session_id="session", message=text)
        await self.event_bus.publish(event)

    async def stop(self) -> None:
        """End the session."""
        for listener in self._listeners:
            await listener.shutdown()
        await self.event_bus.tasks.aclose()


def _bound(handler: Callable[..., Any], listener: Any) -> Callable[[Any], Any]:
    async def handle(event: Any) -> None:
        await handler(listener, event)

    return handle


class Xtalk:
    """What an application makes of a service."""

    def __init__(self, *, service_prototype: DefaultService, max_sessions: int | None = None):
        self.service = service_prototype
        self.max_sessions = max_sessions

    async def connect(self, websocket: Any) -> None:
        """Serve one client until it goes away."""
        await websocket.accept()
        session = self.service.clone(websocket)
        try:
            async for text in websocket.iter_text():
                await session.receive(text)
        finally:
            await session.stop()


class EarlyXtalk(Xtalk):
    """Early servers have a pipeline."""

    @classmethod
    def create_pipeline_from_config(
        cls,
        *,
        pipeline_cls: type[Models],
        config_path_or_dict: dict[str, Any],
        additional_model_registry: dict[str, Any],
    ) -> Models:
        """Return the models that the settings name."""
        return pipeline_cls(config_path_or_dict)


class LaterXtalk(Xtalk):
    """Later servers have models, and mount their routes themselves."""

    @classmethod
    def create_models_from_config(cls, *, config_path_or_dict: dict[str, Any]) -> Models:
        """Return the models that the settings name."""
        return Models(config_path_or_dict)

    def mount_routes(self, app: Any) -> None:
        """Mount login, sessions and WebSocket."""
        app.mounted = self


def xtalk_of(age: Age) -> type[Xtalk]:
    """Return the application class of an age."""
    return EarlyXtalk if age == "early" else LaterXtalk
