"""`xtalk-edge bench agent`: how fast the agent's model answers, and how soon it stops."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from xtalk_edge.cli.progress import progress
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.agent.llama import STARTER_MODEL
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

from .agent_abort import aborts
from .agent_pace import Trials, pace
from .agent_report import Condition, as_record, checks, condition_text, loading_text
from .agent_speech import SpeechLoad
from .agent_subject import Subject, made_model
from .made_model import QWEN3_0_6B

FULL = Trials(cold=3, warm=20, steps=100, aborts=60)
QUICK = Trials(cold=1, warm=5, steps=20, aborts=10)


@click.command()
@click.option("--model", "model_path", type=click.Path(path_type=Path, dir_okay=False),
              help="Measure this GGUF instead.")  # fmt: skip
@click.option("--tools", default=4, show_default=True,
              type=click.IntRange(1, len(BUILTIN_TOOLS)),
              help="How many of the built-in tools the model is told of.")  # fmt: skip
@click.option("--context-tokens", default=2048, show_default=True, type=click.IntRange(min=512),
              help="Size of the context; memory grows with it.")  # fmt: skip
@click.option("--threads", default=0, show_default=True, type=click.IntRange(min=0),
              help="Processor cores to use; 0 for all but one.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Measure everything a few times only.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    model_path: Path | None,
    tools: int,
    context_tokens: int,
    threads: int,
    quick: bool,
    as_json: bool,
) -> None:
    """Measure the agent's language model on this machine.

    The built-in model is measured, and one of Qwen3-0.6B's shape with random 4-bit weights, which
    is written to the folder for temporary files (340 MB; TMPDIR chooses another) and deleted at
    the end: speed depends on the shape of a model, not on what it says.

    \b
    first token   from the end of the question, with an empty cache, with persona and tools
                  read before ("prefix warm"), and with the question read while it was spoken
    stops         from the moment it is told to until it does nothing, at random moments

    Each is measured alone and while the starter's recogniser and voice work at the pace of talk.
    Exit code 1 when a line says FAIL. Other programs slow everything down: end them first.

    \b
    Examples:
      xtalk-edge bench agent --quick
      xtalk-edge bench agent --model ~/qwen3-0.6b-q8_0.gguf --tools 20 --context-tokens 8192
    """
    trials = QUICK if quick else FULL
    reports: list[dict[str, Any]] = []
    with progress() as tell:
        subjects: list[tuple[str, contextlib.AbstractContextManager[Path]]]
        if model_path is not None:
            preflight(model_path, "gguf")
            subjects = [(model_path.name, contextlib.nullcontext(model_path))]
        else:
            starter = contextlib.nullcontext(data_path(STARTER_MODEL))
            made = made_model(QWEN3_0_6B, tools, tell)
            subjects = [("built-in model", starter), ("Qwen3-0.6B's shape", made)]

        def say(text: str) -> None:
            tell("")
            if not as_json:
                click.echo(text)

        for name, source in subjects:
            tell(f"{name}: loading")
            with source as path:
                size_mb = path.stat().st_size / 1e6
                subject = Subject(path, tools, context_tokens, threads)
            # A file that was made is gone now, and its pages last as long as the model: whatever
            # ends this process, nothing is left behind.
            with contextlib.closing(subject):
                reports.append(_measure(name, size_mb, subject, trials, say, tell))
    passed = all(report["passed"] for report in reports)
    if as_json:
        click.echo(json.dumps({"models": reports, "passed": passed}))
    else:
        click.echo("PASS" if passed else "FAIL")
    if not passed:
        raise click.exceptions.Exit(1)


def _measure(
    name: str,
    file_mb: float,
    subject: Subject,
    trials: Trials,
    say: Callable[[str], None],
    tell: Callable[[str], None],
) -> dict[str, Any]:
    say(f"{name}\n{loading_text(subject.loading, file_mb)}")

    def measured(what: str, load: SpeechLoad | None) -> Condition:
        def tell_where(text: str) -> None:
            tell(f"{name}, {what}: {text}")

        condition = Condition(
            pace=pace(subject, trials, tell_where),
            aborts=aborts(subject, trials.aborts, tell_where),
            ear_late_ms=load.lateness_ms() if load else None,
        )
        say(condition_text(what, condition))
        return condition

    found = {"alone": measured("alone", None)}
    tell(f"{name}: starting the ear and the voice")
    with SpeechLoad() as load:
        found["with_speech"] = measured("while ear and voice work", load)
    return {
        "model": name,
        "file_mb": round(file_mb, 1),
        "loading": dataclasses.asdict(subject.loading),
        "conditions": {what: as_record(condition) for what, condition in found.items()},
        "passed": all(check.passed for each in found.values() for check in checks(each)),
    }
