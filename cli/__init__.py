"""The command line: one module per command; `__main__` puts them together."""
