"""Programs that compute nothing: what a call, and a process, costs in any case."""
