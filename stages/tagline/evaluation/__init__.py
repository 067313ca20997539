"""The stage evaluate: predictions, operating point, scores and what goes into which file."""

__all__ = ["altered_forms", "evaluate_params", "score_table"]
