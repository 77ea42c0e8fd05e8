"""`adjit compile`: a function and its derivatives as a native library (`aot/`)."""

from __future__ import annotations

from typing import Any

import click

from .options import examples, traceback_option


@click.command(
    "compile",
    epilog=examples(
        "adjit compile model:loss --args 'w: f64[n], X: f64[m, n], y: f64[m]' \\",
        "    --emit value,value_and_grad -o build",
    ),
)
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option(
    "--args", "spec", metavar="TYPES", help="As in 'w: f64[n], rate: f64'; else annotations."
)
@click.option("--sample", metavar="MODULE:FUNCTION", help="What returns arguments for sizes.")
@click.option("--wrt", metavar="NAMES", help="Parameters to differentiate by; the first.")
@click.option(
    "--emit", default="value,value_and_grad", help="value, grad, value_and_grad, jvp, hvp, ..."
)
@click.option("--name", help="Of the library and in front of its functions; the function's.")
@click.option("-o", "--output", default=".", help="Folder for what is written.")
@click.option(
    "--target", default="native", help="native, x86-64-v3, aarch64-linux-gnu, ..., or a triple."
)
@click.option(
    "--blas", type=click.Choice(["none", "cblas"]), default="none", help="Who computes products."
)
@click.option("--format", default="shared", help="shared, static, object, llvm or assembly.")
@click.option("--static", is_flag=True, help="As --format static.")
@click.option("--typical", default="", help="Sizes to tune for, as in m=1000,n=20.")
@traceback_option
def command(
    function: str, spec: str | None, static: bool, typical: str, format: str, **given: Any
) -> None:
    """Make a native library of MODULE:FUNCTION and its derivatives."""
    from ..aot import compile_library

    library = compile_library(
        function,
        spec,
        format="static" if static else format,
        typical=typical_sizes(typical),
        **given,
    )
    for path in library.files:
        click.echo(path)
    for note in library.notes:
        click.echo(f"note: {note}", err=True)


def typical_sizes(text: str) -> dict[str, int]:
    """``m=1000,n=20`` as a dictionary."""
    found = {}
    for item in filter(None, text.split(",")):
        name, _, number = item.partition("=")
        if not number.strip().isdigit():
            raise click.UsageError(f"--typical: {item!r} is no name=number")
        found[name.strip()] = int(number)
    return found
