"""Optimizers: what makes new parameters of old ones and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from ..imperative.apply import op_of
from ..imperative.arrays import Array
from ..imperative.direct import compute, hold, whole_of
from ..imperative.modes import Family
from ..imperative.node import Node, Op
from ..nn.files import read, write
from ..nn.parameter import Parameter
from ..tracer.errors import error

Schedule = Callable[[int], float]
Options = Mapping[str, Any]


class Update:
    """The update of all parameters as a function of arrays: first numbers, then the arrays that
    the optimizer keeps for each parameter, the parameters, and their gradients.

    ``groups``: for each parameter which of the rows of ``numbers`` numbers is its own.
    ``order``: of the gradients, if they come together in a list. Returns the parameters, and
    then what is kept for each.
    """

    def __init__(
        self,
        rule: Callable[..., Any],
        options: Options,
        groups: Sequence[int],
        numbers: int,
        kept: int,
        order: Sequence[int],
    ) -> None:
        self.rule = rule
        self.options = options
        self.groups = groups
        self.numbers = numbers
        self.kept = kept
        self.order = order

    def __call__(self, scale: Any, *given: Any) -> list[Any]:
        count = len(self.groups)
        start = self.numbers * (1 + max(self.groups))
        end = start + self.kept * count
        numbers, kept, parameters = given[:start], given[start:end], given[end : end + count]
        gradients = given[end + count :]
        if self.order:
            gradients = tuple([gradients[0][n] for n in self.order])
        found: list[Any] = []
        changed: list[Any] = []
        for n, group in enumerate(self.groups):
            own = kept[n * self.kept : (n + 1) * self.kept]
            row = numbers[group * self.numbers : (group + 1) * self.numbers]
            x, *rest = self.rule(parameters[n], gradients[n] * scale, own, row, **self.options)
            found.append(x)
            changed += rest
        return found + changed


class Optimizer:
    """``step()`` changes the parameters by their gradients, all of them by one native call.

    ``params``: Parameters, or arrays that ``attach_grad`` or ``requires_grad_`` marked, in a list
    or a dict; a Trainer gives them later. ``learning_rate`` (or ``lr``): of all; another one
    compiles nothing anew. ``wd`` (or ``weight_decay``): times the parameter is added to its
    gradient. ``clip_gradient``: the largest size of an element of a gradient.
    ``lr_scheduler``: the learning rate as a function of the number of updates before.
    """

    kept = 0
    """Arrays that are kept for each parameter, zero at first."""

    def __init__(
        self,
        params: Any = None,
        learning_rate: float | None = None,
        *,
        lr: float | None = None,
        wd: float = 0.0,
        weight_decay: float | None = None,
        clip_gradient: float | None = None,
        lr_scheduler: Schedule | None = None,
    ) -> None:
        if lr is not None and learning_rate is not None:
            raise error("type", text="lr is another name of learning_rate: give one of them")
        rate = lr if learning_rate is None else learning_rate
        self._rate = self.usual_rate if rate is None else _rate(rate)
        self.lr_scheduler = lr_scheduler
        self.options: dict[str, Any] = {
            "wd": float(wd if weight_decay is None else weight_decay),
            "clip": None if clip_gradient is None else float(clip_gradient),
        }
        self.num_update = 0
        self._params: list[Parameter | Array] = []
        self._arrays: list[Array] = []
        self._kept: list[np.ndarray] = []
        self._counts: list[int] = []
        self._ops: dict[Any, Op] = {}
        self._ops_for: Options = {}
        if params is not None:
            self.add(params)

    usual_rate = 0.01

    # --- what a subclass defines --------------------------------------------------------------

    @staticmethod
    def rule(x: Any, g: Any, kept: Sequence[Any], numbers: Sequence[Any], **options: Any) -> Any:
        """The new parameter and the new arrays that are kept, as NumPy functions of the old."""
        raise NotImplementedError

    def numbers(self, count: int) -> tuple[float, ...]:
        """The numbers of the ``count``-th update of a parameter; the learning rate first."""
        return (self.learning_rate,)

    # --- parameters ---------------------------------------------------------------------------

    def add(self, params: Any) -> None:
        """Takes further parameters."""
        given = list(params.values()) if isinstance(params, Mapping) else params
        if isinstance(given, Parameter | Array) or not isinstance(given, Iterable):
            raise error("type", text="params is a list or a dict of parameters")
        for item in given:
            if not isinstance(item, Parameter | Array):
                text = f"a parameter is a Parameter or an adjit.Array, not a {type(item).__name__}"
                raise error("type", text=text)
            if isinstance(item, Array) and item._mark is None:
                raise error("autograd_unmarked")
            if not any(item is known for known in self._params):
                self._params.append(item)

    def arrays(self) -> list[Array]:
        """The arrays of the parameters; it is an error if one has none yet."""
        for item in self._params[len(self._arrays) :]:
            array = item.array if isinstance(item, Parameter) else item
            self._arrays.append(array)
            self._kept += [np.zeros(array.shape, array.dtype) for _ in range(self.kept)]
            self._counts.append(0)
        return self._arrays

    def zero_grad(self) -> None:
        """Sets the gradients to zero; by the rules of PyTorch, to None."""
        for array in self.arrays():
            mark = array._mark
            if mark is None or mark.grad is None:
                continue
            if mark.family is Family.REQUIRED:
                mark.grad = None
            else:
                mark.grad.zero_()

    # --- learning rate ------------------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        if self.lr_scheduler is not None:
            return float(self.lr_scheduler(self.num_update))
        return self._rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: float) -> None:
        self.set_learning_rate(learning_rate)

    def set_learning_rate(self, learning_rate: float) -> None:
        """Sets the learning rate from the next update on."""
        if self.lr_scheduler is not None:
            raise error("runtime", text="the learning rate is that of the lr_scheduler")
        self._rate = _rate(learning_rate)

    # --- updates ------------------------------------------------------------------------------

    def step(self, batch_size: float = 1) -> None:
        """One update, by the gradients divided by ``batch_size``.

        What has been recorded up to here is computed by the same native call. Parameters that
        have no gradient, or whose ``grad_req`` is "null", stay as they are.
        """
        arrays, kept, counts = self.arrays(), self._kept, self._counts
        gradients: list[Node] = []
        missing: list[int] = []
        for n, x in enumerate(arrays):
            mark = x._mark
            grad = None if mark is None else mark.grad
            if grad is None:
                missing.append(n)
            else:
                gradients.append(grad._node if grad.base is None else grad.node)
        if not gradients:
            return
        active: Sequence[int] = range(len(arrays))
        if missing:
            active = [n for n in active if n not in missing]
            arrays = [arrays[n] for n in active]
            kept = [array for n in active for array in self._kept_for(n)]
            counts = [counts[n] for n in active]
        rows = list(dict.fromkeys(counts))
        values: list[Any] = [1.0 / batch_size]
        for count in rows:
            values += self.numbers(count + 1)
        groups = [0] * len(arrays) if len(rows) == 1 else [rows.index(count) for count in counts]
        nodes = [x._node for x in arrays]
        whole, order = whole_of(gradients)
        nodes += gradients if whole is None else [whole]
        self._take(active, compute(self._op(tuple(groups), order), values + kept, nodes))

    def _kept_for(self, n: int) -> list[np.ndarray]:
        return self._kept[n * self.kept : (n + 1) * self.kept]

    def _op(self, groups: tuple[int, ...], order: tuple[int, ...]) -> Op:
        if self._ops_for != self.options:
            self._ops, self._ops_for = {}, dict(self.options)
        op = self._ops.get((groups, order))
        if op is None:
            key = ("update", self.rule, *self.options.values(), self.kept, groups, order)
            numbers = len(self.numbers(1))
            update = Update(self.rule, self._ops_for, groups, numbers, self.kept, order)
            op = self._ops[groups, order] = op_of(key, lambda: Op(update, "update"))
        return op

    def _take(self, active: Sequence[int], values: Sequence[Any]) -> None:
        self.num_update += 1
        count = len(active)
        arrays, counts, each = self._arrays, self._counts, self.kept
        for n, value in zip(active, values, strict=False):
            hold(arrays[n], value)
            counts[n] += 1
        if count == len(arrays):
            self._kept = list(values[count:])
        else:
            for place, n in enumerate(active):
                start = count + place * each
                self._kept[n * each : (n + 1) * each] = values[start : start + each]

    # --- files --------------------------------------------------------------------------------

    def save_states(self, path: str | PathLike[str]) -> None:
        """Writes what the optimizer keeps to a file, ``.npz`` or ``.safetensors``."""
        self.arrays()
        arrays = {
            "counts": np.array([self.num_update, *self._counts]),
            "learning_rate": np.array(self._rate),
        }
        write(path, arrays | self._named())

    def _named(self) -> dict[str, np.ndarray]:
        """What is kept, by the numbers of the parameters and of what is kept for each."""
        return {
            f"{n}.{m}": np.asarray(array)
            for n in range(len(self._arrays))
            for m, array in enumerate(self._kept_for(n))
        }

    def load_states(self, path: str | PathLike[str]) -> None:
        """Reads what ``save_states`` has written for the same parameters."""
        found = read(path)
        self.arrays()
        wanted = self._named()
        fits = len(found.get("counts", ())) == 1 + len(self._arrays) and all(
            name in found and found[name].shape == array.shape and found[name].dtype == array.dtype
            for name, array in wanted.items()
        )
        if not fits or len(found) != len(wanted) + 2:
            text = f"{path} is not of a {type(self).__name__} of these parameters"
            raise error("value", text=text)
        self.num_update, *self._counts = (int(count) for count in found["counts"])
        self._rate = float(found["learning_rate"])
        self._kept = [found[name] for name in wanted]


def _rate(rate: float) -> float:
    rate = float(rate)
    if not rate >= 0:
        raise error("value", text=f"a learning rate is not negative: {rate}")
    return rate


def clipped(x: Any, g: Any, wd: float, clip: float | None) -> Any:
    """The gradient with its elements clipped and the weight decay added, in this order."""
    if clip is not None:
        g = np.clip(g, -clip, clip)
    return g + wd * x if wd else g
