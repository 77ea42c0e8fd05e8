"""Scripts with adjit, from the import to the first gradient."""
