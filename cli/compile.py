"""`adjit compile`: a function and its derivatives as a native library (`aot/`)."""

from __future__ import annotations

import argparse
import sys

from ..aot.errors import LibraryError
from ..tracer.errors import AdjitError

EXAMPLE = """\
example:
  adjit compile model:loss --args "w: f64[n], X: f64[m, n], y: f64[m]" \\
      --emit value,value_and_grad -o build
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLE
    add = parser.add_argument
    add("function", help="package.module:function")
    add("--args", help='types of the arguments, as in "w: f64[n], rate: f64"; else annotations')
    add("--sample", help="module:make_args, which returns arguments for sizes")
    add("--wrt", help="parameters to differentiate by, with commas; else the first")
    add("--emit", default="value,value_and_grad", help="value, grad, value_and_grad, jvp, hvp, ...")
    add("--name", help="of the library and in front of its functions; else the function's")
    add("-o", "--output", default=".", help="folder for what is written")
    add("--target", default="native", help="native, x86-64-v3, aarch64-linux-gnu, ..., or a triple")
    add("--blas", default="none", choices=("none", "cblas"), help="who computes matrix products")
    add("--format", default="shared", help="shared, static, object, llvm or assembly")
    add("--static", action="store_true", help="as --format static")
    add("--typical", default="", help="sizes to tune for, as in m=1000,n=20")


def run(options: argparse.Namespace) -> int:
    from ..aot import compile_library

    try:
        library = compile_library(
            options.function,
            options.args,
            wrt=options.wrt,
            emit=options.emit,
            name=options.name,
            output=options.output,
            target=options.target,
            blas=options.blas,
            format="static" if options.static else options.format,
            sample=options.sample,
            typical=typical_sizes(options.typical),
        )
    except AdjitError as problem:
        print(f"adjit compile: {problem}", file=sys.stderr)
        return 1
    for path in library.files:
        print(path)
    for note in library.notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


def typical_sizes(text: str) -> dict[str, int]:
    """``m=1000,n=20`` as a dictionary."""
    found = {}
    for item in filter(None, text.split(",")):
        name, _, number = item.partition("=")
        if not number.strip().isdigit():
            raise LibraryError(f"--typical: {item!r} is no name=number")
        found[name.strip()] = int(number)
    return found
