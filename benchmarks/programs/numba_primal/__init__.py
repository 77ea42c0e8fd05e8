"""The loop cases in numba without derivatives: what the aim for gradients is stated in."""
