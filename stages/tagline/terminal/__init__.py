"""Errors, signals, progress and the command line: what a person sees, and no output of a stage has."""
