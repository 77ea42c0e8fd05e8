"""NumPy programs, as a user of adjit writes them: each returns a number."""
