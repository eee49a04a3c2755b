import pytest

from tests import tiny_gguf
from xtalk_edge.engines.agent.llama import LlamaAgent


@pytest.fixture(autouse=True)
def _state(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setattr("xtalk_edge.engines.agent.llama.preflight", lambda _path, _kind: None)


@pytest.fixture
def agent_of(tmp_path):
    """Make an agent on a scripted model, or on random weights when the script is None."""
    agents: list[LlamaAgent] = []

    def make(follows, *, second=None, template=None, model=None, **settings):
        path = tmp_path / f"{len(agents)}.gguf"
        if follows is None:
            tiny_gguf.random_weights(path, **(model or {}))
        else:
            tiny_gguf.scripted(path, follows, second=second, template=template, **(model or {}))
        agents.append(LlamaAgent(str(path), threads=1, **settings))
        return agents[-1]

    yield make
    for agent in agents:
        agent.close()


@pytest.fixture(scope="session")
def heavy(tmp_path_factory):
    """A model that takes seconds to read a long prompt."""
    path = tmp_path_factory.mktemp("gguf") / "heavy.gguf"
    return tiny_gguf.random_weights(path, width=512, hidden=1024, layers=4, context=2048)
