"""A folder for the path of one process: its packages take the place of installed ones."""
