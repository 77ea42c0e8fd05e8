"""The command line as a whole: commands, what goes wrong, and the exit status.

A command is imported when it is asked for: the harness of `adjit bench` needs more than adjit does.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from .options import Asked, examples, traceback_option

COMMANDS = {
    "bench": "Measure adjit beside other libraries.",
    "cache": "List or clear the compiled code kept on disk.",
    "check": "Compare a function's derivatives with central differences.",
    "compile": "Make a native library of a function and its derivatives.",
    "completion": "Print the script with which a shell completes commands.",
    "info": "Show versions, the processor, the cache and what else is installed.",
    "show": "Print a stage of compilation: graph, adjoint, schedule, LLVM or assembly.",
}

STATUS = """\
\b
exit status:
  0  it worked
  1  it did not: a derivative is wrong, a program cannot be compiled, a time regressed
  2  the command line asks for what cannot be
"""


class Commands(click.Group):
    """The commands, by modules of these names."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f".{name}", __package__).command
        return found

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=STATUS + "\n" + examples("adjit check model:loss --args 'w: f64[3], x: f64[5,3]'"),
)
@click.version_option(package_name="adjit")
@traceback_option
@click.pass_context
def app(context: click.Context) -> None:
    """A compiler for NumPy functions and their derivatives."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit status of a command line; without arguments, of the process's own."""
    asked = Asked()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status: Any = app.main(given, prog_name="adjit", standalone_mode=False, obj=asked)
    except click.exceptions.Exit as stopped:
        return stopped.exit_code
    except click.Abort:
        click.echo("adjit: interrupted", err=True)
        return 130
    except click.UsageError as problem:
        _say(problem.ctx.command_path if problem.ctx else "adjit", problem.format_message())
        return 2
    except Exception as problem:
        if asked.traceback:
            raise
        text = " ".join(str(problem).split()) or "failed"
        name = f"{asked.command}: " if asked.command else ""
        _say("adjit", f"{name}{type(problem).__name__}: {text} (--traceback shows where)")
        return 1
    return status if isinstance(status, int) else 0


def _say(command: str, text: str) -> None:
    click.echo(f"{command}: {' '.join(text.split())}", err=True)
