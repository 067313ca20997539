"""Cross-validation: each sentence is labelled by a model that was trained without its fold, and all labels are scored.

`folds` decides which sentences are held out together and writes the data of a fold, `labelling` trains on it and labels
what is held out, `out_of_fold` is the folder with these labels, `scoring` scores all of them. `review` ranks probable
label errors by them.
"""

__all__ = ["crossval_params", "out_of_fold", "summary"]
