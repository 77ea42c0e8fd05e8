"""The names that adjit sets out to cover, by family; each has a row in the table."""

from __future__ import annotations

NAMES: dict[str, str] = {
    "Unary": """
        abs absolute fabs sign negative positive reciprocal square sqrt cbrt exp exp2 expm1 log
        log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh
        sinc deg2rad rad2deg degrees radians floor ceil trunc rint round fix real imag conj
        conjugate angle real_if_close nan_to_num isnan isinf isfinite iscomplex signbit astype
        clip heaviside logical_and logical_or logical_not logical_xor bitwise_and bitwise_or
        bitwise_xor invert left_shift right_shift""",
    "Binary": """
        add subtract multiply divide true_divide floor_divide power float_power mod remainder fmod
        divmod arctan2 hypot logaddexp logaddexp2 maximum minimum fmax fmin copysign nextafter
        where select piecewise equal not_equal less less_equal greater greater_equal allclose
        isclose array_equal""",
    "Reductions and scans": """
        sum prod mean average var std max min ptp nansum nanmean nanmax nanmin median quantile
        percentile argmax argmin any all count_nonzero cumsum cumprod maximum.accumulate
        minimum.accumulate add.reduce multiply.reduce maximum.reduce minimum.reduce
        logaddexp.reduce add.accumulate multiply.accumulate add.outer subtract.outer
        multiply.outer power.outer maximum.outer add.at subtract.at multiply.at maximum.at trace
        linalg.norm""",
    "Shape and index": """
        reshape ravel flatten squeeze expand_dims transpose T swapaxes moveaxis rollaxis roll flip
        flipud fliplr rot90 repeat tile pad diff ediff1d gradient trapezoid interp sort argsort
        partition searchsorted take take_along_axis put_along_axis choose compress delete insert
        append concatenate stack vstack hstack dstack column_stack block split array_split vsplit
        hsplit dsplit atleast_1d atleast_2d atleast_3d broadcast_to broadcast_arrays meshgrid r_ c_
        ix_ diag diagonal diagflat tril triu tri eye identity ones zeros full empty ones_like
        zeros_like full_like empty_like arange linspace logspace geomspace array asarray copy
        __getitem__ __setitem__""",
    "Products": """
        dot vdot matmul @ inner outer kron cross tensordot einsum convolve correlate
        linalg.multi_dot linalg.matrix_power""",
    "numpy.linalg": """
        linalg.cholesky linalg.det linalg.slogdet linalg.inv linalg.solve linalg.lstsq linalg.pinv
        linalg.eig linalg.eigh linalg.eigvalsh linalg.svd linalg.qr linalg.norm linalg.cond
        linalg.matrix_rank""",
    "scipy.linalg": """
        scipy.linalg.solve_triangular scipy.linalg.cho_factor scipy.linalg.cho_solve
        scipy.linalg.lu_factor scipy.linalg.lu_solve scipy.linalg.solve_banded scipy.linalg.expm
        scipy.linalg.sqrtm scipy.linalg.block_diag scipy.linalg.toeplitz""",
    "numpy.fft": """
        fft.fft fft.ifft fft.fft2 fft.ifft2 fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfft2
        fft.irfft2 fft.rfftn fft.irfftn fft.hfft fft.fftshift fft.ifftshift""",
    "scipy.special": """
        gamma gammaln loggamma digamma psi polygamma multigammaln beta betaln betainc gammainc
        gammaincc erf erfc erfcx erfinv erfcinv expit logit log_ndtr ndtr ndtri xlogy xlog1py entr
        rel_entr kl_div i0 i1 i0e i1e iv ive j0 j1 jn jv y0 y1 yn logsumexp softmax log_softmax""",
    "scipy.stats": """
        norm.pdf norm.logpdf norm.cdf norm.logcdf t.pdf t.logpdf t.cdf t.logcdf beta.pdf
        beta.logpdf beta.cdf beta.logcdf gamma.pdf gamma.logpdf gamma.cdf gamma.logcdf chi2.pdf
        chi2.logpdf chi2.cdf chi2.logcdf expon.pdf expon.logpdf expon.cdf expon.logcdf poisson.pmf
        poisson.logpmf poisson.cdf poisson.logcdf multivariate_normal.logpdf dirichlet.logpdf""",
    "scipy.signal and scipy.ndimage": "scipy.signal.convolve scipy.ndimage.convolve1d",
    "dtypes": """
        float64 float32 complex128 complex64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
        float16 longdouble""",
    "Mutation and views": """
        A[i]=v A[1:]+=v A[mask]=v A[positions]=v A[positions]+=v add.at(A) out= copyto fill
        sort-method in-place-operators views-of-views overlap argument""",
}
"""Family -> names. Those of `scipy.special` and `scipy.stats` stand without their module."""

MODULES = {"scipy.special": "scipy.special", "scipy.stats": "scipy.stats"}


def rows() -> list[tuple[str, str]]:
    """``(family, name)`` of every row, as a user writes the name."""
    found = []
    for family, text in NAMES.items():
        module = MODULES.get(family)
        found += [(family, f"{module}.{name}" if module else name) for name in text.split()]
    return found
