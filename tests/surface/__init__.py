"""What of NumPy and SciPy can be recorded and differentiated: measured, for `docs/coverage.md`.

`python tests/surface` runs every sample and writes the page again; a few minutes.
"""
