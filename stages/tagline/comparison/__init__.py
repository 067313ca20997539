"""`tagline compare`: runs of revisions, their differences and what is significant in them, as text, Markdown and JSON.

`revisions` reads runs, `outdated` notes changes without `dvc repro`, `runs` finds the sentences that they share,
and `splits` compares these, with the tests of `tagline.metrics.significance`.
"""

# DVC's own name for the current files.
WORKSPACE = "workspace"
# The compared splits; the headline is about the last one.
SPLITS = ("validation", "test")
# All sentences, as the models of a cross-validation label them.
CROSSVAL = "cross-validated"
