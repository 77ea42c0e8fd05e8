"""`adjit show`: a stage of compilation, as text."""

from __future__ import annotations

import json
from typing import Any

import click

from .options import (
    about_a_function,
    argnums,
    arguments,
    examples,
    json_option,
    load,
    traceback_option,
)

STAGES = ("graph", "adjoint", "schedule", "llvm", "asm")


@click.command(
    "show",
    epilog=examples(
        "adjit show model:loss --stage adjoint --args 'w: f64[3], x: f64[5,3]'",
        "adjit show model:step --value --stage asm --sample model:arguments",
    ),
)
@about_a_function
@click.option("--stage", type=click.Choice(STAGES), default="graph", show_default=True)
@click.option("--value", "alone", is_flag=True, help="The function without its derivative.")
@json_option
@traceback_option
def command(
    function: str,
    spec: str | None,
    sample: str | None,
    wrt: str | None,
    seed: int,
    stage: str,
    alone: bool,
    as_json: bool,
) -> None:
    """Print a stage of compilation of MODULE:FUNCTION, for arguments of some types.

    Without --wrt the derivative is by the first parameter.
    """
    fun = load(function)
    text = str(getattr(_compiled(fun, wrt, alone), stage)(*arguments(fun, spec, sample, seed)))
    if as_json:
        click.echo(json.dumps({"function": function, "stage": stage, "text": text}))
    else:
        click.echo(text.rstrip("\n"))


def _compiled(fun: Any, wrt: str | None, alone: bool) -> Any:
    from ..tracer.api import compile_grad, jit
    from ..tracer.transforms import Compiled, Gradient, GradientAlone

    if isinstance(fun, GradientAlone):
        fun = fun.both
    if isinstance(fun, Gradient):
        if alone:
            return fun.value
        return fun if wrt is None else compile_grad(fun.fun, argnums=argnums(wrt))
    if isinstance(fun, Compiled):
        return fun
    return jit(fun) if alone else compile_grad(fun, argnums=argnums(wrt))
