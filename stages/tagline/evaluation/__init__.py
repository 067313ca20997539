"""The stage evaluate: predictions, operating point, scores and what goes into which file."""
