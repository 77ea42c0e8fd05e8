"""Passes: pure functions from Graph to Graph, one file each, named as their file."""
