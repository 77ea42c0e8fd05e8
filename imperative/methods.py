"""What arrays have from NumPy as it is: operators, and methods by their names."""

from __future__ import annotations

import numpy as np

from .operators import binary, equality, looking, method, power, unary, viewing, writing


class Methods:
    """Tables of operators and methods; `operators` says what each kind does."""

    # operators
    __add__, __radd__, __iadd__ = binary(np.add)
    __sub__, __rsub__, __isub__ = binary(np.subtract)
    __mul__, __rmul__, __imul__ = binary(np.multiply)
    __truediv__, __rtruediv__, __itruediv__ = binary(np.true_divide)
    __floordiv__, __rfloordiv__, __ifloordiv__ = binary(np.floor_divide)
    __mod__, __rmod__, __imod__ = binary(np.remainder)
    __divmod__, __rdivmod__ = binary(np.divmod)[:2]
    __rpow__, __ipow__ = binary(np.power)[1:]
    __pow__ = power
    __matmul__, __rmatmul__, __imatmul__ = binary(np.matmul)
    __and__, __rand__, __iand__ = binary(np.bitwise_and)
    __or__, __ror__, __ior__ = binary(np.bitwise_or)
    __xor__, __rxor__, __ixor__ = binary(np.bitwise_xor)
    __lshift__, __rlshift__, __ilshift__ = binary(np.left_shift)
    __rshift__, __rrshift__, __irshift__ = binary(np.right_shift)
    __lt__ = binary(np.less)[0]
    __le__ = binary(np.less_equal)[0]
    __gt__ = binary(np.greater)[0]
    __ge__ = binary(np.greater_equal)[0]
    __eq__ = equality(np.equal, False)
    __ne__ = equality(np.not_equal, True)
    __neg__ = unary(np.negative)
    __pos__ = unary(np.positive)
    __abs__ = unary(np.absolute)
    __invert__ = unary(np.invert)

    # of new arrays
    all = method("all")
    any = method("any")
    argmax = method("argmax")
    argmin = method("argmin")
    argpartition = method("argpartition")
    argsort = method("argsort")
    choose = method("choose")
    clip = method("clip")
    compress = method("compress")
    copy = method("copy")
    cumprod = method("cumprod")
    cumsum = method("cumsum")
    dot = method("dot")
    flatten = method("flatten")
    max = method("max")
    mean = method("mean")
    min = method("min")
    nonzero = method("nonzero")
    prod = method("prod")
    repeat = method("repeat")
    round = method("round")
    searchsorted = method("searchsorted")
    std = method("std")
    sum = method("sum")
    take = method("take")
    trace = method("trace")
    var = method("var")
    _astype = method("astype")

    # of views
    transpose = viewing("transpose")
    reshape = viewing("reshape")
    ravel = viewing("ravel")
    swapaxes = viewing("swapaxes")
    squeeze = viewing("squeeze")
    diagonal = viewing("diagonal")

    # that write
    fill = writing("fill")
    partition = writing("partition")
    put = writing("put")
    sort = writing("sort")

    # that look at the value
    item = looking("item")
    tolist = looking("tolist")
    tobytes = looking("tobytes")
    tofile = looking("tofile")
    dump = looking("dump")
    dumps = looking("dumps")
    __bool__ = looking("__bool__")
    __float__ = looking("__float__")
    __int__ = looking("__int__")
    __index__ = looking("__index__")
    __complex__ = looking("__complex__")
