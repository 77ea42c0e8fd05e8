"""The C header of a library: prototypes, and what each argument is."""

from __future__ import annotations

from collections.abc import Sequence

from .formulas import conditions, shape_of, shown_type
from .function import Function, Parameter
from .status import CHECKED_FIRST, MESSAGES, Status

WIDTH = 92


def header(name: str, functions: Sequence[Function], notes: Sequence[str]) -> str:
    guard = f"{name.upper()}_H"
    prefix = name.upper()
    lines = [
        f"/* {name}.h: written by adjit compile. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        *_comment(
            [
                "Arrays are contiguous, the last index running fastest; f64[m, n] has m rows of n."
                " Functions allocate nothing and keep nothing: any number of threads may call them."
                " Inputs are only read. Outputs and workspace must not overlap each other or an"
                " input.",
                "Each function returns a status. With "
                + ", ".join(str(int(status)) for status in CHECKED_FIRST)
                + " nothing was read or written; with any other but 0 the outputs hold no results.",
                *notes,
            ]
        ),
        f"enum {name}_status_code {{",
        *(
            f"    {prefix}_{status.name} = {int(status)},{' ' * (10 - len(status.name))}"
            f" /* {MESSAGES[status]} */"
            for status in Status
        ),
        "};",
        "",
        "/* What a status means. */",
        f"const char *{name}_status(int status);",
    ]
    for function in functions:
        lines += ["", *_function(function)]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", f"#endif /* {guard} */", ""]
    return "\n".join(lines)


def _function(function: Function) -> list[str]:
    about = [function.about + "."]
    table = [
        f"  {p.name:<{_width(function)}} {shape_of(p)}{_pairs(p)}, {_what(p, function)}"
        for p in (*function.inputs, *function.outputs)
    ]
    needed = conditions(function.questions)
    if function.sizes:
        least = f"Sizes: {', '.join(function.sizes)}, all at least 1"
        about.append(f"{least}; {'; '.join(needed)}." if needed else f"{least}.")
    if function.omitted:
        about.append("Not compiled: " + "; ".join(function.omitted) + ".")
    if function.tapes:
        about.append(
            "A loop of unknown length keeps data in the workspace: a larger one lets it run longer."
        )
    size = [f"int64_t {name}" for name in function.sizes]
    arguments = [
        *size,
        *(_declared(p, p in function.inputs) for p in (*function.inputs, *function.outputs)),
    ]
    arguments += ["void *workspace", "int64_t workspace_size"]
    return [
        *_comment(about, table),
        *_wrapped(f"int {function.name}(", arguments),
        "",
        f"/* Bytes of workspace for {function.name}; -1 for sizes that it refuses. */",
        *_wrapped(f"int64_t {function.workspace_name}(", size or ["void"]),
    ]


def _width(function: Function) -> int:
    return max((len(p.name) for p in (*function.inputs, *function.outputs)), default=0)


def _pairs(parameter: Parameter) -> str:
    return f" ({shown_type(parameter)})" if parameter.dtype.kind == "c" else ""


def _what(parameter: Parameter, function: Function) -> str:
    return "output" if parameter in function.outputs else parameter.about


def _declared(parameter: Parameter, is_input: bool) -> str:
    if parameter.dims is None:
        return f"{parameter.c_type} {parameter.name}"
    return f"{'const ' if is_input else ''}{parameter.c_type} *{parameter.name}"


def _wrapped(start: str, arguments: Sequence[str]) -> list[str]:
    whole = start + ", ".join(arguments) + ");"
    if len(whole) <= WIDTH:
        return [whole]
    lines, line = [start], "   "
    for number, argument in enumerate(arguments):
        text = argument + (");" if number == len(arguments) - 1 else ",")
        if len(line) + 1 + len(text) > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {text}"
    return [*lines, line]


def _comment(paragraphs: Sequence[str], table: Sequence[str] = ()) -> list[str]:
    lines: list[str] = []
    for paragraph in paragraphs:
        line = ""
        for word in paragraph.replace("*/", "* /").split():
            if line and len(line) + 1 + len(word) > WIDTH - 3:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
    lines += table
    return [f"{'/*' if not n else ' *'} {line}" for n, line in enumerate(lines)] + [" */"]
