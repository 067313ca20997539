"""Cross-validation: each sentence is labelled by a model trained without its fold, and all labels are scored.

`folds` decides which sentences are held out together, `runner` trains in folders, `scoring` scores the labels of all
folds, `suspicions` ranks probable label errors.
"""

__all__ = ["crossval_params", "runner", "summary", "suspicions"]
