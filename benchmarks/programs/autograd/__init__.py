"""Programs for autograd, which has no in-place updates, where they differ from NumPy."""
