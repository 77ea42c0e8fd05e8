"""The op table, one module per family; importing this package fills ``ir.op.OPS``."""

from ..op import CONST, INPUT, OPS, Masked, Op, Unknown, const, constant_of
from .bessel import i0, i0e, i1, i1e, iv, ive, j0, j1, jv, k0, k1, kv, y0, y1, yv
from .bits import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    exponent,
    gcd,
    invert,
    lcm,
    ldexp,
    left_shift,
    nextafter,
    right_shift,
)
from .complex_matrices import det_phase
from .contract import contract
from .control import affine, cond, dim, dim_of, empty, get, index, loop
from .custom import CUSTOM_JVP, CUSTOM_VJP
from .factorizations import (
    cholesky,
    lu,
    lu_pivots,
    qr_complete,
    qr_q,
    qr_r,
    swap_rows,
    triangular_solve,
)
from .fourier import fft, irfft, rfft
from .functions import expm, sqrtm
from .general_spectra import general_eigenvalues, general_eigenvectors
from .hermitian import hermitian_values, hermitian_vectors
from .incomplete import betainc, betaincc, gammainc, gammaincc, stdtr
from .logic import (
    eq,
    fmax,
    fmin,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    lt,
    maximum,
    minimum,
    ne,
    where,
)
from .losses import (
    boxcox,
    boxcox1p,
    exprel,
    inv_boxcox,
    inv_boxcox1p,
    kl_div,
    pseudo_huber,
    rel_entr,
)
from .order import argsort, searchsorted
from .parts import complex_, imag, real
from .pointwise import (
    abs_,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cast,
    cbrt,
    ceil,
    copysign,
    cos,
    cosh,
    div,
    exp,
    exp2,
    expit,
    expm1,
    floor,
    floor_divide,
    fmod,
    hypot,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    mod,
    mul,
    neg,
    pow_,
    rint,
    sign,
    sin,
    sinh,
    sqrt,
    stop_gradient,
    sub,
    tan,
    tanh,
    trunc,
)
from .reduce import all_, any_, max_, min_, prod, sum_
from .special import (
    beta,
    betaln,
    digamma,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    gamma,
    lgamma,
    ndtri,
    poch,
    polygamma,
    rgamma,
)
from .spectra import (
    eigenvalues,
    eigenvectors,
    singular_values,
    svd_left,
    svd_right,
    svd_square,
)
from .structure import (
    accumulate,
    broadcast,
    iota,
    reshape,
    slice_,
    sum_to,
    transpose,
    update,
    zeros,
)
from .systems import cofactors, det, det_sign, logdet, pinv, solve
