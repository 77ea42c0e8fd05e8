"""Recording: a Python call on NumPy proxies becomes a Graph."""
