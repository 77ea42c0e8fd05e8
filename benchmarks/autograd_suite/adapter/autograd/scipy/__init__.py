"""SciPy itself: adjit records it as it is."""
