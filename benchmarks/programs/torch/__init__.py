"""Programs in PyTorch: each returns a scalar tensor."""
