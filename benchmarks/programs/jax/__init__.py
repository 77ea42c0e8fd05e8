"""Programs in JAX, where they differ from NumPy with another module in the place of `np`."""
