"""The splits that are evaluated, beside further test sets."""

VALIDATION, TEST = "validation", "test"
SPLITS = (VALIDATION, TEST)
