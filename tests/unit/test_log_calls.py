"""What log calls may hold: no spoken words, no secrets, and no message of a stranger's error."""

import ast
from collections.abc import Iterator

import pytest

from tests.unit.test_architecture import SOURCES

LOGS = ("log", "logger")

ABOVE_DEBUG = ("info", "warning", "error", "exception", "critical", "log")

WORDS = {
    "text", "display_text", "words", "said", "heard", "spoken", "reply", "clause", "transcript",
    "content", "arguments", "args", "caption", "thought", "query",
}  # fmt: skip
"""What this program calls what people say, and what is said to them."""

SECRETS = {"token", "secret", "password", "reveal", "bearer", "headers", "api_key"}


def log_calls(source: str) -> Iterator[ast.Call]:
    """Yield the calls that write to the log above DEBUG."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ABOVE_DEBUG
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in LOGS
        ):
            yield node


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield the names and attributes that an expression uses; of what it measures, none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
        return
    if isinstance(node, ast.Name):
        yield node.id
    if isinstance(node, ast.Attribute):
        yield node.attr
    for child in ast.iter_child_nodes(node):
        yield from names_in(child)


def wrong_in(source: str) -> list[str]:
    """Return the lines of log calls that hold what they must not, with what that is."""
    wrong = []
    for call in log_calls(source):
        found = {name for each in call.args[1:] for name in names_in(each)} & (WORDS | SECRETS)
        found |= {word.arg or "" for word in call.keywords} & {"exc_info", "stack_info"}
        if isinstance(call.func, ast.Attribute) and call.func.attr == "exception":
            found.add("exception")
        wrong += [f"{call.lineno}: {name}" for name in sorted(found)]
    return wrong


def test_no_log_call_holds_spoken_words_or_secrets() -> None:
    logging = {module: source for module, source in SOURCES.items() if "getLogger" in source}
    assert len(logging) > 10
    found = {module: wrong_in(source) for module, source in logging.items()}
    assert not {module: wrong for module, wrong in found.items() if wrong}


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ('log.info("heard %s", event.text)', ["1: text"]),
        ('logger.warning("%s", secret.reveal())', ["1: reveal", "1: secret"]),
        ('log.error("failed", exc_info=error)', ["1: exc_info"]),
        ('log.exception("failed")', ["1: exception"]),
        ('log.log(logging.ERROR, "said %s", said)', ["1: said"]),
        ('log.info("%d characters", len(text))', []),
        ('log.debug("heard %s", text)', []),
        ('log.info("%s failed: %s", name, problem_of(error))', []),
        ('math.log(text)', []),
    ],
)  # fmt: skip
def test_a_wrong_log_call_is_found(source: str, wrong: list[str]) -> None:
    assert wrong_in(source) == wrong
