"""The audit: finds entities whose gold label is improbable by models that have not learnt it.

Its models are trained as those of `tagline.crossval`, and `labelling` adds the model that was trained on all of train.
`review` compares their labels with gold.
"""
