"""Rules of derivatives, one for each argument of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter
from typing import Any

from .errors import error
from .signature import Signature

Rule = Callable[..., Any]

_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class Rules:
    """Rules in the order of a function's parameters, or of ``argnums``; None is a zero.

    Keyword-only parameters may be left out. ``missing``: the parameters without a rule, by which
    there is no derivative. A function with ``*args`` has a rule for each argument of a call.
    """

    def __init__(
        self,
        signature: Signature,
        rules: Sequence[Rule | None],
        argnums: Sequence[int | str] | None = None,
    ) -> None:
        for rule in rules:
            if rule is not None and not callable(rule):
                raise error("not_callable", type=type(rule).__name__)
        self.rules = tuple(rules)
        self.named: dict[str, Rule | None] | None = None
        self.missing: tuple[str, ...] = ()
        assert signature.signature is not None  # functions of the user's have one
        kinds = {name: item.kind for name, item in signature.signature.parameters.items()}
        names = [name for name, kind in kinds.items() if kind not in _VARIADIC]
        if argnums is not None:
            if len(rules) != len(argnums):
                raise error("rule_count", rules=len(rules), arguments=len(argnums))
            given = [signature.parameter(argnum, names) for argnum in argnums]
        elif len(names) < len(kinds):
            return
        else:
            positional = [n for n in names if kinds[n] is not Parameter.KEYWORD_ONLY]
            if len(rules) not in (len(positional), len(names)):
                raise error("rule_count", rules=len(rules), arguments=len(names))
            given = names[: len(rules)]
        self.named = dict(zip(given, rules, strict=True))
        self.missing = tuple(name for name in names if name not in self.named)

    def of(self, parameters: Sequence[str]) -> list[Rule | None]:
        """The rule for each argument of a call."""
        if self.named is not None:
            return [self.named.get(name) for name in parameters]
        if len(self.rules) != len(parameters):
            raise error("rule_count", rules=len(self.rules), arguments=len(parameters))
        return list(self.rules)
