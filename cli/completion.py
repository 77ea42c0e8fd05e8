"""`adjit completion`: what makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from .options import examples, traceback_option


@click.command(
    "completion",
    epilog=examples(
        "adjit completion bash >> ~/.bashrc",
        "adjit completion fish > ~/.config/fish/completions/adjit.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@traceback_option
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes adjit's commands and options."""
    kind = get_completion_class(shell)
    assert kind is not None
    app = context.find_root().command
    click.echo(kind(app, {}, "adjit", "_ADJIT_COMPLETE").source())
