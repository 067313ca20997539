"""The review of probable label errors.

`disagreements` finds where they can be, `ranking` the most probable ones, `suspicions` those of this repository's data.
"""

__all__ = ["ranking", "suspicions"]
