"""`tagline compare`: runs of revisions and which of their differences are significant, as text and JSON.

`revisions` reads runs, `outdated` notes changes without `dvc repro`, `runs` finds their common sentences, and `splits`
compares these.
"""

# DVC's own name for the current files.
WORKSPACE = "workspace"
# What is compared unless one split is named, with the further test sets; the headline is about the last one.
SPLITS = ("validation", "test")
# All sentences, as the models of a cross-validation label them.
CROSSVAL = "cross-validated"
