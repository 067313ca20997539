"""The audit: finds entities whose gold label is improbable by models that have not learnt it.

`folds` decides which sentences are held out together and writes the data of a fold, `labelling` trains on it and labels
what is held out. `review` compares these labels with gold.
"""
