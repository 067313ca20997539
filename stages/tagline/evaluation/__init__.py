"""The stage evaluate: predictions, promises, scores and what goes into which file."""

__all__ = ["altered_forms", "evaluate_params", "score_table"]
