"""Modules that of all stages only `evaluate` uses: entities and their scores, where a model fails, plots, the page."""
