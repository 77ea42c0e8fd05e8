"""`adjit check`: a function's derivatives beside central differences."""

from __future__ import annotations

import functools
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


@click.command(
    "check",
    epilog=examples(
        "adjit check model:loss --args 'w: f64[3], x: f64[n,3], y: f64[n]'",
        "adjit check model:loss --wrt w --sample model:arguments --order 1 --json",
    ),
)
@about_a_function
@click.option("--order", type=click.IntRange(1, 3), default=2, show_default=True)
@click.option("--mode", type=click.Choice(["both", "fwd", "rev"]), default="both")
@click.option("--rtol", type=float, help="Relative tolerance; 1e-6, for float32 0.02.")
@click.option("--atol", type=float, help="Absolute tolerance; the same.")
@json_option
@traceback_option
def command(
    function: str,
    spec: str | None,
    sample: str | None,
    wrt: str | None,
    seed: int,
    order: int,
    mode: str,
    rtol: float | None,
    atol: float | None,
    as_json: bool,
) -> int:
    """Compare the derivatives of MODULE:FUNCTION with central differences.

    Forward and reverse mode are checked, at each order in every combination, unless --mode asks
    for one, as a custom_vjp needs. Without --wrt it is by all arguments that are floats. The
    status is 1 where one differs.
    """
    from ..tracer.check import comparisons

    fun = load(function)
    args = arguments(fun, spec, sample, seed)
    plain = _plain(fun)
    if wrt is not None:
        plain, args = _by(plain, args, argnums(wrt))
    rows = []
    modes = ("fwd", "rev") if mode == "both" else (mode,)
    for each in comparisons(plain, args, order, modes, rtol, atol, seed):
        rows.append(
            {"what": each.what, "error": each.error, "limit": each.limit, "agrees": each.agrees}
        )
        if not as_json:
            click.echo(_row(rows[-1]))
    wrong = sum(not row["agrees"] for row in rows)
    if as_json:
        click.echo(json.dumps({"function": function, "agrees": not wrong, "checks": rows}))
    else:
        counted = f"{len(rows)} comparisons"
        click.echo(f"{counted}: all agree" if not wrong else f"{wrong} of {counted} differ")
    return int(wrong > 0)


def _plain(fun: Any) -> Any:
    """The function that was compiled; rules of the user's stay."""
    from ..tracer.transforms import Gradient, GradientAlone

    if isinstance(fun, GradientAlone):
        return fun.both.fun
    return fun.fun if isinstance(fun, Gradient) else fun


def _row(row: dict[str, Any]) -> str:
    word = click.style("ok   ", fg="green") if row["agrees"] else click.style("WRONG", fg="red")
    return f"{word}  {row['what']}: off by {row['error']:.1e}, allowed {row['limit']:.1e}"


def _by(fun: Any, args: tuple, wanted: Any) -> tuple[Any, tuple]:
    """The function of some of its arguments alone."""
    from ..tracer.signature import Signature

    signature = Signature(fun)
    names = signature.bind(args, {})[0]
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    places = [names.index(signature.parameter(one, names)) for one in several]

    @functools.wraps(fun)
    def of_some(*chosen: Any) -> Any:
        given = list(args)
        for place, item in zip(places, chosen, strict=True):
            given[place] = item
        return fun(*given)

    vars(of_some).pop("__wrapped__")  # whose signature is another
    return of_some, tuple(args[place] for place in places)
