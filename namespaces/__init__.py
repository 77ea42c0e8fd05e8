"""Modules that people import as ``adjit.<name>``, where a folder of that name at the root would
hide a library (numpy, autograd) from whoever runs Python there. ``adjit.__path__`` leads here."""
