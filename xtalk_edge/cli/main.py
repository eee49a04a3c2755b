"""The way in: runs a command and turns every ending into one sentence and an exit code.

Imports of the commands themselves happen inside, so that Ctrl-C is quiet from the first moment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from xtalk_edge.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OUTPUT_CLOSED, EdgeError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    if sys.stdout is None:
        return _complain("standard output is closed; nothing could be shown", EXIT_OUTPUT_CLOSED)
    try:
        code = _run_command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return _complain("the reader of the output went away", EXIT_OUTPUT_CLOSED)
    except EdgeError as error:
        return _complain(str(error), error.exit_code)
    except OSError as error:
        if not _is_output_error(error):
            return _bug()
        _discard_output()
        return _complain(f"the output cannot be written: {error.strerror}", EXIT_OUTPUT_CLOSED)
    except Exception:  # noqa: BLE001 - the last line of defence: show the bug, name it as one
        return _bug()
    return code


def _run_command(arguments: Sequence[str]) -> int:
    import click

    from xtalk_edge.cli.commands import cli

    try:
        # Not `cli.main`: it would answer a closed pipe with an exit code of its own.
        with cli.make_context("xtalk-edge", list(arguments)) as context:
            cli.invoke(context)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.Abort as abort:
        raise KeyboardInterrupt from abort
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


def _is_output_error(error: OSError) -> bool:
    """Tell a full or closed output from an error that names a file of its own."""
    return error.filename is None and error.errno is not None


def _complain(sentence: str, code: int) -> int:
    if sys.stderr is not None:
        print(f"xtalk-edge: {sentence}", file=sys.stderr)  # noqa: T201 - the one place for errors
    return code


def _bug() -> int:
    import traceback

    traceback.print_exc()
    return _complain("this is a bug in xtalk-edge; please report it with the lines above", EXIT_BUG)


def _discard_output() -> None:
    """Keep the interpreter from complaining once more while it shuts down."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
