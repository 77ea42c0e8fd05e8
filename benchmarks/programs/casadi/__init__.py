"""Programs in CasADi: each returns a number, in terms of CasADi's matrix symbols.

CasADi's matrices are in column order, so that a program sees each array transposed.
"""
