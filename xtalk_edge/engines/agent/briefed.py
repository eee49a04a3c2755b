"""An agent that stands for another, which may be followed by a successor."""

from __future__ import annotations

from abc import abstractmethod

from xtalk_edge.engines.interfaces import Agent


class BriefedAgent(Agent):
    """Keeps what it was told of speaker, room, conversation and thrift, for the successor."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, ...]] = {}
        """By method."""

    def use_speaker(self, name: str, about: str = "") -> None:
        """Take who is speaking."""
        self._keep("use_speaker", name, about)

    def use_caption(self, text: str) -> None:
        """Take what is heard around the device."""
        self._keep("use_caption", text)

    def use_thought(self, text: str) -> None:
        """Take a note about the conversation."""
        self._keep("use_thought", text)

    def economise(self, *what: str) -> None:
        """Do with less of these; a successor does so too."""
        self._keep("economise", *what)

    @abstractmethod
    def tell(self, method: str, *told: str) -> None:
        """Tell the agent it stands for; nothing while there is none."""

    def brief(self) -> None:
        """Tell a successor all of it."""
        for method, told in self._told.items():
            self.tell(method, *told)

    def _keep(self, method: str, *told: str) -> None:
        self._told[method] = told
        self.tell(method, *told)
